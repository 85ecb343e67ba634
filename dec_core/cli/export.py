"""`export`: runs as a report in HTML, as a notebook that trains them again, or for TensorBoard."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

from dec_core.cli.options import add_command


def add_parser(commands: Any) -> None:
    parser = add_command(commands, "export", "write runs as HTML report or notebook, or for TensorBoard")
    parser.add_argument("run_dirs", type=Path, nargs="+", metavar="RUN_DIR", help="folders of the runs")
    parser.add_argument("--to", choices=("html", "notebook", "tensorboard"), required=True,
                        help="html compares several runs in one file")  # fmt: skip
    parser.add_argument("--out", dest="target", type=Path, metavar="PATH",
                        help="file or folder to write (default: in RUN_DIR)")  # fmt: skip
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Write the runs and print the paths of what was written.

    Without `--out` it goes into the folder of the run; a comparison goes into the current folder.
    Raises ValueError if one is no run, or the target cannot be written.
    """
    from dec_core.cli.export_files import WRITERS
    from dec_core.reading.summary import summary

    runs = [summary(path) for path in options.run_dirs]
    for one in runs:
        if one.sizes is None:
            print(f"{one.id} has no clusters yet; the export holds what has been recorded.", file=sys.stderr)
    try:
        for path in WRITERS[options.to](runs, options.run_dirs, options.target):
            print(path)
    except OSError as error:
        place = options.target or error.filename
        raise ValueError(f"--out: {place} cannot be written: {error.strerror or error}") from None
    return 0
