"""`resume`: continue a run that was stopped, interrupted or has failed."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from dec_core.cli.options import add_command, add_json_option, add_umap_option, checked_run

RESUMABLE = ("stopped", "failed", "interrupted")


def add_parser(commands: Any) -> None:
    parser = add_command(commands, "resume", "continue a stopped, interrupted or failed run")
    parser.add_argument("run_dir", type=Path, metavar="RUN_DIR", help="folder of the run")
    add_umap_option(parser)
    add_json_option(parser)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Go on with the run. Raises ValueError if there is nothing to go on with."""
    from dec_core.cli.progress import train_and_print
    from dec_core.runs.folder import RunFolder

    folder = RunFolder(checked_run(options.run_dir).resolve())
    state = folder.status.state
    if state not in RESUMABLE:
        raise ValueError(f"run_dir: {options.run_dir} is {state}; only stopped, failed or interrupted runs can go on")
    return train_and_print(folder, umap=options.umap, as_json=options.json)
