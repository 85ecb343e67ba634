"""`figures`: a run's results as image files for reports and slides."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from dec_core.cli.options import add_command, checked_run


def add_parser(commands: Any) -> None:
    parser = add_command(commands, "figures", "write the figures of a run to files")
    parser.add_argument("run_dir", type=Path, metavar="RUN_DIR", help="folder of the run")
    parser.add_argument("--out", type=Path, metavar="DIR", help="folder to write (default: figures, in RUN_DIR)")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Write the figures and print their paths. Raises ValueError for what is no run, or has no clusters yet."""
    path = checked_run(options.run_dir)
    from dec_core.cli.figure_files import figures_of
    from dec_core.figures.paper import save
    from dec_core.runs.folder import RunFolder

    folder = path / "figures" if options.out is None else options.out
    for name, figure in figures_of(RunFolder(path.resolve())):  # its parent must be known, even of "."
        save(figure, folder / name)
        print(folder / name)
    return 0
