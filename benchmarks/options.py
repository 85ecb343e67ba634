"""Options that several benchmarks share."""

from __future__ import annotations

import argparse
from pathlib import Path


def add_docs_folder(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--docs", type=Path, default=Path("docs"), metavar="DIR",
                        help="folder of the page to write (default: docs)")  # fmt: skip
