"""`presets`: the named configs, for people or as JSON."""

from __future__ import annotations

import argparse
import json
from typing import Any

from dec_core.cli.options import add_command
from dec_core.presets import DESCRIPTIONS, PRESETS


def add_parser(commands: Any) -> None:
    parser = add_command(commands, "presets", "list the presets")
    parser.add_argument("--json", action="store_true", help="print one JSON object with every field of every preset")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    if options.json:
        print(json.dumps({name: config.model_dump(mode="json") for name, config in PRESETS.items()}))
    else:
        for name in PRESETS:
            print(f"{name:25} {DESCRIPTIONS[name]}")
    return 0
