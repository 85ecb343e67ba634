"""`resume`: continue a run that was stopped, interrupted or has failed."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from dec_core.cli.options import add_command, add_json_option, add_umap_option, checked_run


def add_parser(commands: Any) -> None:
    parser = add_command(commands, "resume", "continue a stopped, interrupted or failed run")
    parser.add_argument("run_dir", type=Path, metavar="RUN_DIR", help="folder of the run")
    add_umap_option(parser)
    add_json_option(parser)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Resume the run. Raises ValueError if there is nothing to resume, or another process trains it."""
    from dec_core.cli.progress import train_and_print
    from dec_core.runs.folder import RunFolder

    return train_and_print(RunFolder(checked_run(options.run_dir).resolve()), umap=options.umap, as_json=options.json)
