"""Where runs are kept, for the app and for commands alike."""

from __future__ import annotations

import os
from functools import lru_cache
from pathlib import Path


def runs_root() -> Path:
    """The folder of runs: the environment's DEC_RUNS, else `runs` below the working directory."""
    return _folder(os.environ.get("DEC_RUNS") or "runs")


@lru_cache(maxsize=8)
def _folder(name: str) -> Path:
    """One path for all who ask: a redraw does a hundred times, and to take a name apart costs more than all else."""
    return Path(name)
