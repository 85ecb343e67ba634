"""Options that several benchmarks share."""

from __future__ import annotations

import argparse
from pathlib import Path


def add_visitors(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--visitors", type=_at_least_one, default=30, metavar="N",
                        help="how many at once (default: 30)")  # fmt: skip


def _at_least_one(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"received {text}, expected 1 or more")
    return int(text)


def add_docs_folder(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--docs", type=Path, default=Path("docs"), metavar="DIR",
                        help="folder of the page to write (default: docs)")  # fmt: skip
