"""`worker`: how the app starts a process that trains. Help does not list it."""

from __future__ import annotations

import argparse
from typing import Any


def add_parser(commands: Any) -> None:
    commands.add_parser("worker").set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    from dec_core.work.worker import main

    return main()
