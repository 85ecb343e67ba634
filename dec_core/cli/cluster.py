"""`cluster`: how the app starts the process that speaks with a Dask cluster. Help does not list it."""

from __future__ import annotations

import argparse
from typing import Any


def add_parser(commands: Any) -> None:
    parser = commands.add_parser("cluster")
    parser.add_argument("address")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    from dec_core.work.cluster_process import main

    return main(options.address)
