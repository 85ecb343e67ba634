"""One sample of a snapshot: its neighbours, the path from it to a center, and why it is where it is."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from dec_core.analysis.inspection import straight_path
from dec_core.analysis.story import story

if TYPE_CHECKING:
    from dec_core.reading.snapshot import Snapshot


def neighbours(snapshot: Snapshot, index: int, n: int = 5) -> np.ndarray:
    """The samples nearest in z to one sample, itself left out, int, shape (n,).

    As the worker found them, or where it has not, or not so many, by comparing with all whose z is known.
    """
    known = snapshot.run.added.get("neighbours") if snapshot.newest else None
    if known is not None and n <= known.shape[1]:
        return known[index, :n]
    z = snapshot.z(index)
    apart = np.concatenate([np.linalg.norm(snapshot.z(rows) - z, axis=1) for rows in snapshot.in_chunks()])
    apart = np.where((snapshot.rows == index) | np.isnan(apart), np.inf, apart)
    return snapshot.rows[np.argsort(apart, kind="stable")[: min(n, int(np.isfinite(apart).sum()))]]


def path(snapshot: Snapshot, index: int, cluster: int, n_steps: int) -> np.ndarray | None:
    """Images on the way from a sample to a center in z, decoded; None where no decoder or no z is known."""
    start = snapshot.z(index)
    if np.isnan(start).any() or snapshot.run.decoder is None:
        return None
    return snapshot.run.decode(straight_path(start, snapshot.centers[cluster], n_steps))


def why(snapshot: Snapshot, index: int) -> str:
    """Why a sample lies where it lies, in a sentence."""
    run, rivals = snapshot.run, snapshot.rivals
    iterations = [run.snapshots[number]["iteration"] for number in run.clustered]
    return story(
        true=None if run.y is None else run.classes[run.y[index]],
        wrong=None if snapshot.wrong is None else bool(snapshot.wrong[index]),
        noun=run.noun,
        cluster=snapshot.name_of(int(snapshot.labels[index])),
        second=snapshot.name_of(max(int(rivals.second[index]), 0)),  # left out where q is not known
        confidence=float(rivals.confidence[index]),
        runner_up=float(rivals.runner_up[index]),
        strip=[run.letters[cluster] for cluster in snapshot.strip(index)],
        iterations=iterations[: len(snapshot.label_history)],
    )
