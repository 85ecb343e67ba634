"""A queued run's place in the line, and when it begins, in words."""

from __future__ import annotations

import time
from functools import lru_cache
from pathlib import Path

from dec_core.config import RunConfig
from dec_core.reading.progress import duration, progress, seconds_until_begun
from dec_core.runs.folder import RunFolder, config_of
from dec_core.runs.history import History
from pages.shared import focus
from pages.shared.expected import expected_seconds, rates_of_server
from pages.shared.text import count_of

EVERY = 2.0  # seconds: so old an estimate may be


def place_in_line(run: RunFolder) -> str:
    """As in "Waiting: 2 runs before this one, about 3 min"; without a time where it cannot be known."""
    supervisor = focus.supervisor()
    if supervisor.standstill:
        return f"Waiting. {supervisor.standstill}"
    n_ahead = supervisor.ahead_of(run)
    if not n_ahead:
        return "Starting …"
    training, waiting = supervisor.before(run)
    as_of = time.monotonic() // EVERY
    of_training = [_seconds_left(other.path, True, as_of) for other in training]
    of_waiting = [_seconds_left(other.path, False, as_of) for other in waiting]
    sentence = f"Waiting: {count_of(n_ahead, 'run')} before this one"
    if not all([*of_training, *of_waiting]):
        return sentence
    seconds, owner = seconds_until_begun(of_training, of_waiting, max(supervisor.slots, 1)), run.owner
    if supervisor.room.limits(owner):  # one after the other, however many places there are
        before = zip([*training, *waiting], [*of_training, *of_waiting], strict=True)
        seconds = max(seconds, sum(of_run for other, of_run in before if other.owner == owner))
    return f"{sentence}, {duration(seconds)}"


@lru_cache(maxsize=500)
def _seconds_left(path: Path, has_begun: bool, as_of: float) -> float:
    """How long a run will go on to train; 0 where that cannot be known.

    All who wait ask it of all who wait before them.
    """
    run, config = RunFolder(path), _config(path)
    if config is None:
        return 0.0
    history = focus.reader(run.id).refresh() if has_begun else History()
    return progress(run.status, history, config, expected_seconds(config, rates_of_server(config))).seconds_left


@lru_cache(maxsize=500)
def _config(path: Path) -> RunConfig | None:
    return config_of(RunFolder(path))
