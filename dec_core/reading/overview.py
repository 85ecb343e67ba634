"""All snapshots of a run at a glance: how classes lie in clusters at each, in words and in numbers."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from dec_core.analysis.metrics import Confusion, cluster_sizes, confusion
from dec_core.analysis.verdict import thousands

if TYPE_CHECKING:
    from dec_core.reading.run import Run

MOST_TURNS = 6
LEAST_TURN = 0.0005  # of accuracy


@dataclass(frozen=True)
class Glance:
    """One snapshot. Clusters stand in the order of their letters, classes ascending.

    Attributes
    ----------
    caption : str
        Such as "step 40 · ACC 93.1 % · 12 changed cluster".
    sizes : ndarray of int, shape (n_clusters,), or None
        Samples in each cluster; None before there are clusters.
    counts : ndarray of int, shape (n_classes, n_clusters), or None
        None without labels, too; so are the next two.
    class_of : ndarray of int, shape (n_clusters,), or None
        The class matched to each cluster, -1 for none.
    acc : float or None
    """

    caption: str
    sizes: np.ndarray | None = None
    counts: np.ndarray | None = None
    class_of: np.ndarray | None = None
    acc: float | None = None

    @property
    def clustered(self) -> bool:
        return self.sizes is not None


@dataclass(frozen=True)
class Turn:
    """A snapshot at which accuracy changed much since the one before."""

    number: int
    change: float
    caption: str


@dataclass(frozen=True)
class Overview:
    """Of a run.

    Attributes
    ----------
    classes : ndarray of int, shape (n_classes,)
        Those that occur, ascending; none without labels.
    order : ndarray of int, shape (n_clusters,)
        The clusters in the order of their letters.
    snapshots : tuple of Glance
    turns : tuple of Turn
        The largest changes of accuracy, ascending by their numbers.
    """

    classes: np.ndarray
    order: np.ndarray
    snapshots: tuple[Glance, ...]
    turns: tuple[Turn, ...]


def overview(run: Run) -> Overview:
    """Every snapshot of a run, read once."""
    order = np.argsort(run.cluster_order)
    labels, before, glances = iter(run.labels), None, []
    for record in run.snapshots:
        if not record["clustered"]:
            glances.append(Glance(_of_pretraining(run, record)))
            continue
        now = next(labels)
        glances.append(_glance(run, record, now, before, order))
        before = now
    classes = np.arange(0) if run.y is None else np.unique(run.y)
    return Overview(classes, order, tuple(glances), tuple(_turns(glances)))


def _of_pretraining(run: Run, record: dict[str, Any]) -> str:
    caption = f"pretraining, epoch {record['epoch']}"
    kept = f" · {thousands(len(run.view))} of {thousands(run.n)} stored"
    return caption + (kept if len(run.view) < run.n else "")


def _glance(
    run: Run, record: dict[str, Any], labels: np.ndarray, before: np.ndarray | None, order: np.ndarray
) -> Glance:
    k = run.config.n_clusters
    matched = None if run.y is None else confusion(run.y, labels, k)
    caption, sizes = _caption(record, matched, labels, before), cluster_sizes(labels, k)[order]
    if matched is None:
        return Glance(caption, sizes)
    return Glance(caption, sizes, matched.table[:, order], matched.class_of[order], matched.acc)


def _caption(record: dict[str, Any], matched: Confusion | None, labels: np.ndarray, before: np.ndarray | None) -> str:
    parts = [f"step {thousands(record['iteration'])}"]
    parts += [f"ACC {100 * matched.acc:.1f} %"] if matched else []
    parts += [f"{thousands(int((before != labels).sum()))} changed cluster"] if before is not None else []
    return " · ".join(parts)


def _turns(glances: list[Glance]) -> list[Turn]:
    turns = []
    for number, (before, now) in enumerate(itertools.pairwise(glances), 1):
        change = 0.0 if now.acc is None or before.acc is None else now.acc - before.acc
        if abs(change) >= LEAST_TURN:
            turns.append(Turn(number, change, f"{now.caption}: {100 * change:+.1f} % since the previous snapshot"))
    largest = sorted(turns, key=lambda turn: -abs(turn.change))[:MOST_TURNS]
    return sorted(largest, key=lambda turn: turn.number)
