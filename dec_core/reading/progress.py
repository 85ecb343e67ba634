"""The progress of a run in plain words, and the time left."""

from __future__ import annotations

import math
from dataclasses import dataclass

from dec_core.config import RunConfig
from dec_core.methods import METHODS
from dec_core.runs.history import History
from dec_core.runs.status import RunStatus

CLUSTER_SHARE = 0.3  # of the bar, before clustering has begun and its speed is known


@dataclass(frozen=True)
class Progress:
    """`fraction`: 0..1 of the whole run. `step`: the phase's place in `PHASES`, 3 when done."""

    status_line: str
    fraction: float
    step: int


def progress(status: RunStatus, history: History, config: RunConfig) -> Progress:
    """What the state line says of a run that has not ended."""
    newest, seconds = status.progress, status.seconds
    if status.phase == "pretraining":
        epochs = newest.get("epoch", 1) - 1 + newest.get("batch", 0) / max(newest.get("n_batches", 1), 1)
        share = epochs / config.pretrain_epochs
        remaining = _time_left(share, seconds.get("pretraining", 0.0), "clusters form in {}")
        status_line = f"Autoencoder: epoch {newest.get('epoch', 1)} of {config.pretrain_epochs}{remaining}"
        return Progress(status_line, (1 - CLUSTER_SHARE) * share, 0)
    if status.phase == "centers":
        status_line = newest.get("words") or "Initializing the cluster centers by k-means"
        return Progress(status_line, 1 - CLUSTER_SHARE if METHODS[config.method].has_network else 0.0, 1)
    iteration = newest.get("iteration", newest.get("n_iterations", 0))
    expected = _expected_iterations(history, config)
    share = min(iteration / expected, 1.0)
    remaining = _time_left(share, seconds.get("clustering", 0.0))
    number = max(len(history.updates), 1)
    about = math.ceil(expected / config.update_interval)
    certain = "" if expected == config.max_iterations and config.tol == 0 else "about "
    status_line = f"Clustering: update {number} of {certain}{max(about, number)}{remaining}"
    return Progress(status_line, 1 - CLUSTER_SHARE * (1 - share), 2)


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


def _time_left(share: float, seconds: float, template: str = "{} left") -> str:
    """The time left in a phase, once it can be estimated; else ""."""
    if share <= 0.02 or seconds < 1:
        return ""
    return " · " + template.format(duration(seconds * (1 - share) / share))


def duration(seconds: float) -> str:
    """18 s, 4 min, 1 h 10 min: as exact as an estimate deserves."""
    if seconds < 90:
        return f"about {max(1, round(seconds))} s"
    minutes = round(seconds / 60)
    if minutes < 60:
        return f"about {minutes} min"
    return f"about {minutes // 60} h {minutes % 60} min" if minutes % 60 else f"about {minutes // 60} h"
