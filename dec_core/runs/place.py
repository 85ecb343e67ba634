"""Where runs are kept, for the app and for commands alike."""

from __future__ import annotations

import os
from pathlib import Path


def runs_root() -> Path:
    """The folder of runs: the environment's DEC_RUNS, else `runs` below the working directory."""
    return Path(os.environ.get("DEC_RUNS") or "runs")
