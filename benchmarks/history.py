"""Where figures go that a benchmark has taken: to the screen, and to a file that keeps all of before."""

from __future__ import annotations

import argparse
import json
import sys
import time
from pathlib import Path
from typing import Any

from dec_core.runs.folder import RunFolder


def add_history_option(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--history", type=Path, metavar="FILE", help="append the figures to this JSON file")


def hand_out(figures: dict[str, Any], text: str, history: Path | None, *, as_json: bool) -> int:
    """Print `text`, keep the figures where that was asked for, print them as JSON; the exit status."""
    print(text, file=sys.stderr if as_json else sys.stdout)
    if history is not None:
        add_to_history(history, figures)
    if as_json:
        print(json.dumps(figures))
    return 0


def add_to_history(history: Path, figures: dict[str, Any]) -> None:
    """Append to a JSON list of what was measured, when, and on what."""
    kept = json.loads(history.read_text(encoding="utf-8")) if history.exists() else []
    kept.append({"date": time.strftime("%Y-%m-%d"), **figures})
    RunFolder.write(history, lambda file: file.write(json.dumps(kept, indent=1).encode()))
