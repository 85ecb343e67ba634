"""A run that has ended, step by step as it went: after how many of its records what was to be seen.

Every snapshot is a step, and between two snapshots some of the points of the curves are.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from dec_core.analysis.verdict import thousands
from dec_core.runs.history import History

MOST_STEPS = 90
ADDED = ("ProjectionReady", "InspectionReady", "UmapsReady")  # records of what a worker has made of the end


@dataclass(frozen=True)
class Step:
    """One step: after `n_records` records, `seconds` of training; `text` says where training is."""

    n_records: int
    seconds: float
    text: str


def steps_of(records: Sequence[dict[str, Any]]) -> list[Step]:
    """The steps of a run of which these are the records, from the first snapshot to the end.

    Parameters
    ----------
    records : sequence of dict
        All of the run, as they were written.
    """
    during = [record for record in records if record["event"] not in ADDED]
    cuts = [i + 1 for i, record in enumerate(during) if record["event"] == "SnapshotTaken"]
    if not cuts:
        return []
    points = [i + 1 for i, record in enumerate(during) if "seconds" in record and i >= cuts[0]]
    room = max(MOST_STEPS - len(cuts), 0)
    chosen = [points[i] for i in np.linspace(0, len(points) - 1, min(room, len(points))).round().astype(int)]
    return [_step(during, n) for n in sorted({*cuts, *chosen, len(during)})]


def history_after(records: Sequence[dict[str, Any]], n_records: int) -> History:
    """What was known of the run after so many records."""
    return History().with_records(*[record for record in records if record["event"] not in ADDED][:n_records])


def _step(records: Sequence[dict[str, Any]], n: int) -> Step:
    before = records[:n]
    seconds = next((float(record["seconds"]) for record in reversed(before) if "seconds" in record), 0.0)
    return Step(n, seconds, _text(before))


def _text(before: Sequence[dict[str, Any]]) -> str:
    """Where training is, by the newest record that says so."""
    for record in reversed(before):
        if "iteration" in record and record["event"] in ("TargetUpdated", "ClusterProgress"):
            return f"clustering, gradient step {thousands(record['iteration'])}{_acc(before)}"
        if record["event"] == "Finished":
            return f"the end, after {thousands(record['n_iterations'])} gradient steps{_acc(before)}"
        if record["event"] == "PretrainProgress":
            return f"pretraining, epoch {record['epoch']} of {record['n_epochs']}"
    return ""


def _acc(before: Sequence[dict[str, Any]]) -> str:
    acc = next((record["acc"] for record in reversed(before) if "acc" in record and "sizes" in record), None)
    return "" if acc is None else f", {100 * acc:.1f} % right"
