"""`worker`: how the app starts a process that trains. Help does not list it."""

from __future__ import annotations

import argparse
import sys
from typing import Any


def add_parser(commands: Any) -> None:
    commands.add_parser("worker").set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    sys.modules["matplotlib"] = None  # Keras would import it, to draw what no worker draws
    from dec_core.work.worker import main

    return main()
