"""The progress of a run in plain words, and the time left."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from heapq import heapify, heapreplace

from dec_core.config import RunConfig
from dec_core.methods import uses_kmeans
from dec_core.reading.cost import ByPhase
from dec_core.runs.history import History
from dec_core.runs.status import RunStatus

UNKNOWN = ByPhase()
TRUST = 0.05  # of a run: after so much of it, how fast it is counts as much as how fast it was expected to be
RECORDING = 0.1  # of the seconds of training go to snapshots and scores besides, before a run has shown how many
KNOWN = 0.1  # of a phase: after so much of it, its own speed counts as much as what was expected of it


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
        doing = newest.get("words") or f"Initializing the cluster centers{' by k-means' if uses_kmeans(config) else ''}"
    else:
        iteration = newest.get("iteration", newest.get("n_iterations", 0))
        n_iterations = _expected_iterations(history, config)
        share, step = min(iteration / n_iterations, 1.0), 2
        number, about = max(len(history.updates), 1), math.ceil(n_iterations / config.update_interval)
        certain = "" if n_iterations == config.max_iterations and config.tol == 0 else "about "
        doing = f"Clustering: update {number} of {certain}{max(about, number)}"
    done, to_train = _seconds(step, share, _begun(step, status, history, config), status.seconds, expected)
    seconds_left = to_train * _recording(status, expected)
    is_known = sum(expected) > 0
    remaining = f" · {duration(seconds_left)} left" if is_known else ""
    return Progress(doing + remaining, done / max(done + to_train, 1e-9), step, seconds_left if is_known else 0.0)


def _seconds(
    step: int, share: float, begun: tuple[float, float], seconds: dict[str, float], expected: ByPhase
) -> tuple[float, float]:
    """How long a run has trained and will go on to, `share` of the phase number `step` being done.

    What is to come takes as much longer than expected as what was. A phase that moves says when it ends, by its speed
    since it had `begun`: its seconds and its share then, in which functions were compiled.
    """
    took = ByPhase(*(seconds.get(phase, 0.0) for phase in ByPhase._fields))
    prior = TRUST * sum(expected)
    # the centers are as fast as UMAP, which is none of the network's arithmetic
    past = [(took[i], expected[i] * (1.0 if i < step else share)) for i in (0, 2) if i <= step]
    pace = (sum(t for t, _ in past) + prior) / max(sum(e for _, e in past) + prior, 1e-9)
    moved = took[step] - begun[0] + KNOWN * pace * expected[step], share - begun[1] + KNOWN
    of_phase = (1 - share) * moved[0] / moved[1] if step != 1 else 0.0
    of_clustering = pace * expected.clustering if step < 2 else 0.0
    return sum(took), of_phase + _centers_left(step, took, of_phase, expected) + of_clustering


def _recording(status: RunStatus, expected: ByPhase) -> float:
    """How many times as long as training alone all takes, snapshots and scores included."""
    prior = TRUST * sum(expected)
    return 1 + (status.recording + RECORDING * prior) / max(sum(status.seconds.values()) + prior, 1e-9)


def _centers_left(step: int, took: ByPhase, pretraining_left: float, expected: ByPhase) -> float:
    """How long a mixture will be waited for, which began with the pretraining."""
    if step == 2 or not expected.centers:
        return 0.0
    mixture = expected.pretraining + expected.centers
    return max(0.0, mixture - took.pretraining - took.centers - pretraining_left)


def _begun(step: int, status: RunStatus, history: History, config: RunConfig) -> tuple[float, float]:
    """The seconds and the share of a phase at its first record, from which on its speed is its own; 0, 0 without."""
    if step == 0 and len(history.pretrain) > 1:
        first = history.pretrain[0]
        return first["seconds"], first["epoch"] / config.pretrain_epochs
    records = (history.kl or history.updates[1:]) if step == 2 else ()
    if not records:
        return 0.0, 0.0
    before = sum(status.seconds.get(phase, 0.0) for phase in ("pretraining", "centers"))
    return records[0]["seconds"] - before, records[0]["iteration"] / _expected_iterations(history, config)


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
