"""Where the app keeps things on disk: the folder of runs, and the files that browsers fetch."""

from __future__ import annotations

import os
from pathlib import Path

from dec_core.runs.place import runs_root

__all__ = ["PROJECT", "runs_root", "static_root"]

PROJECT = Path(__file__).parents[2]


def static_root() -> Path:
    """The folder whose files the app serves at `files/`: the environment's DEC_STATIC, else `static` in the project."""
    return Path(os.environ.get("DEC_STATIC", PROJECT / "static"))
