"""`predict`: the clusters of new images, by a finished run."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

from dec_core.cli.options import add_command, add_json_option, add_skip_option, check_target, checked_run


def add_parser(commands: Any) -> None:
    parser = add_command(commands, "predict", "assign new images to the clusters of a finished run")
    parser.add_argument("run_dir", type=Path, metavar="RUN_DIR", help="folder of the run")
    parser.add_argument("file", type=Path, metavar="FILE", help="the images, in any format that train --data reads")
    parser.add_argument("--csv", type=Path, metavar="FILE", help="write all rows to FILE, with q of every cluster")
    add_skip_option(parser)
    add_json_option(parser)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Print where the images belong, in words or JSON, and write a CSV if one is named. Raises ValueError."""
    run_dir, target = checked_run(options.run_dir), options.csv
    check_target("--csv", target)
    from dec_core.cli.prediction_table import as_json, table_text, write_csv
    from dec_core.data.readers import read
    from dec_core.runs.folder import RunFolder

    reading = read(options.file, skip_unreadable=options.skip_unreadable, at_least=1)
    from dec_core.work.prediction import predict

    prediction = predict(RunFolder(run_dir.resolve()), reading.dataset.images)
    for note in (*reading.notes, *prediction.notes):
        print(note, file=sys.stderr)
    print(as_json(prediction) if options.json else table_text(prediction))
    if target is not None:
        with target.open("w", newline="", encoding="utf-8") as file:
            write_csv(prediction, file)
        print(f"{len(prediction.labels)} rows in {target}", file=sys.stderr)
    return 0
