"""The progress of a run in plain words, and the time left."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from heapq import heapify, heapreplace

from dec_core.config import RunConfig
from dec_core.reading.cost import ByPhase
from dec_core.runs.history import History
from dec_core.runs.status import RunStatus

UNKNOWN = ByPhase()
TRUST = 0.1  # of a run: after so much of it, how fast it is counts as much as how fast it was expected to be
KNOWN = 0.05  # of a phase, after which its own speed says when it ends


@dataclass(frozen=True)
class Progress:
    """`fraction`: 0..1 of the whole run. `step`: the phase's place in `PHASES`, 3 when done.

    `seconds_left` is 0 where nothing was expected.
    """

    status_line: str
    fraction: float
    step: int
    seconds_left: float = 0.0


def progress(status: RunStatus, history: History, config: RunConfig, expected: ByPhase = UNKNOWN) -> Progress:
    """What the state line says of a run that has not ended.

    `expected` is how many seconds each phase was expected to take before the run began; without it nothing is said of
    the time left.
    """
    newest = status.progress
    if status.phase == "pretraining":
        epochs = newest.get("epoch", 1) - 1 + newest.get("batch", 0) / max(newest.get("n_batches", 1), 1)
        share = epochs / config.pretrain_epochs
        doing, step = f"Autoencoder: epoch {newest.get('epoch', 1)} of {config.pretrain_epochs}", 0
    elif status.phase == "centers":
        share, step = 0.0, 1
        doing = newest.get("words") or "Initializing the cluster centers by k-means"
    else:
        iteration = newest.get("iteration", newest.get("n_iterations", 0))
        n_iterations = _expected_iterations(history, config)
        share, step = min(iteration / n_iterations, 1.0), 2
        number, about = max(len(history.updates), 1), math.ceil(n_iterations / config.update_interval)
        certain = "" if n_iterations == config.max_iterations and config.tol == 0 else "about "
        doing = f"Clustering: update {number} of {certain}{max(about, number)}"
    done, left = _seconds(step, share, status.seconds, expected)
    is_known = sum(expected) > 0
    remaining = f" · {duration(left)} left" if is_known else ""
    return Progress(doing + remaining, done / max(done + left, 1e-9), step, left if is_known else 0.0)


def _seconds(step: int, share: float, seconds: dict[str, float], expected: ByPhase) -> tuple[float, float]:
    """How long a run has trained and will go on to, `share` of the phase number `step` being done.

    What is to come takes as much longer than expected as what was. A phase that moves says when it ends.
    """
    took = ByPhase(*(seconds.get(phase, 0.0) for phase in ByPhase._fields))
    prior = TRUST * sum(expected)
    # the centers are as fast as UMAP, which is none of the network's arithmetic
    past = [(took[i], expected[i] * (1.0 if i < step else share)) for i in (0, 2) if i <= step]
    pace = (sum(t for t, _ in past) + prior) / max(sum(e for _, e in past) + prior, 1e-9)
    left = pace * (1 - share) * expected[step] if step != 1 else max(0.0, expected.centers - took.centers)
    if share > 0:
        trusted = min(share / KNOWN, 1.0)
        left = (1 - trusted) * left + trusted * took[step] * (1 - share) / share
    to_come = sum(expected[i] * (pace if i == 2 else 1.0) for i in range(step + 1, 3))
    return sum(took), left + to_come


def _expected_iterations(history: History, config: RunConfig) -> int:
    """When changes fall below tol, if they go on to shrink as they did; at most max_iterations."""
    changes = [(r["iteration"], r["delta_label"]) for r in history.updates if r.get("delta_label", 0) > 0][-6:]
    if len(changes) < 3 or config.tol == 0:
        return config.max_iterations
    (first, before), (last, now) = changes[0], changes[-1]
    if now >= before or now <= config.tol:
        return config.max_iterations if now > config.tol else last + config.update_interval
    rate = math.log(before / now) / (last - first)  # per iteration
    return min(config.max_iterations, math.ceil(last + math.log(now / config.tol) / rate))


def seconds_until_begun(training: Sequence[float], waiting: Sequence[float], slots: int) -> float:
    """When a run begins that waits behind others.

    `training` are the seconds that each run in training has left; `waiting` those that each run takes which begins
    before this one, in their order; so many as `slots` train at a time.
    """
    ends = [*training, *[0.0] * (slots - len(training))]
    heapify(ends)
    for seconds in waiting:
        heapreplace(ends, ends[0] + seconds)
    return ends[0]


def duration(seconds: float) -> str:
    """18 s, 4 min, 1 h 10 min: as exact as an estimate deserves."""
    if seconds < 90:
        return f"about {max(1, round(seconds))} s"
    minutes = round(seconds / 60)
    if minutes < 60:
        return f"about {minutes} min"
    return f"about {minutes // 60} h {minutes % 60} min" if minutes % 60 else f"about {minutes // 60} h"
