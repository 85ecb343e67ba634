"""`train`: one run, with a progress bar."""

from __future__ import annotations

import argparse
import shutil
from pathlib import Path
from typing import Any

from dec_core.cli.options import (
    add_command,
    add_config_options,
    add_json_option,
    add_runs_folder,
    add_umap_option,
    config_from,
)
from dec_core.fields import fields


def add_parser(commands: Any) -> None:
    parser = add_command(
        commands, "train", "train a preset", epilog=_field_help(), formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add_config_options(parser)
    parser.add_argument("--seed", type=int, metavar="N", help="seed of the random numbers (random_state)")
    parser.add_argument("--pretrained", type=Path, metavar="RUN_DIR", help="start from the autoencoder of that run")
    add_runs_folder(parser)
    add_umap_option(parser)
    add_json_option(parser)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Train in a new folder below `--out`, perhaps with the autoencoder of another run. Raises ValueError."""
    config = config_from(options)
    from dec_core.cli.progress import say_if_known, train_and_print
    from dec_core.runs.folder import RunFolder, is_run

    if options.pretrained is not None and not is_run(options.pretrained):
        raise ValueError(f"--pretrained: {options.pretrained} cannot be read as a run; expected the folder of one")
    say_if_known(options.out, config)
    folder = RunFolder.create(options.out, config, "running")
    if options.pretrained is not None:
        try:
            folder.begin_with(RunFolder(options.pretrained))
        except ValueError:
            shutil.rmtree(folder.path)
            raise
    return train_and_print(folder, umap=options.umap, as_json=options.json)


def _field_help() -> str:
    lines = [f"  {name} ({described['default']})\n      {described['help']}" for name, described in fields().items()]
    return "fields for --set, with the tutorial's values:\n" + "\n".join(lines)
