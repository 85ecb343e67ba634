"""`doctor`: whether this machine can serve the app, and what to do where not."""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import asdict
from typing import Any

from dec_core.cli.options import add_command, add_json_option
from dec_core.cli.serve import EVERYWHERE, LOOPBACK, PORT
from dec_core.runs.place import runs_root

MARKS = {"ok": "ok  ", "warn": "warn", "bad": "BAD "}


def add_parser(commands: Any) -> None:
    parser = add_command(commands, "doctor", "look whether this machine can serve, and say what to do")
    parser.add_argument("--room", action="store_true", help="for a room of people, as `serve --room`")
    parser.add_argument("--host", metavar="ADDRESS", help=f"(default: {LOOPBACK}; {EVERYWHERE} with --room)")
    parser.add_argument("--port", type=int, default=PORT, metavar="N", help=f"(default: {PORT})")
    add_json_option(parser)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """A line for each check, and one for what to do. 1 where something is bad."""
    from dec_core.work.checks import checks

    host = options.host or (EVERYWHERE if options.room else LOOPBACK)
    rows = checks(runs_root(), (host, options.port), for_room=options.room)
    table = sys.stderr if options.json else sys.stdout
    for row in rows:
        print(f"{MARKS[row.level]}  {row.what:12}  {row.value}", file=table)
        if row.remedy:
            print(f"{'':20}{row.remedy}", file=table)
    if options.json:
        print(json.dumps([asdict(row) for row in rows]))
    return int(any(row.level == "bad" for row in rows))
