"""Which samples of a snapshot pass the filters of a `Selection`, and in which order."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from dec_core.analysis.inspection import ORDERS, inside, most_telling
from dec_core.reading.selection import Selection, SelectionError

if TYPE_CHECKING:
    from dec_core.reading.run import Run
    from dec_core.reading.snapshot import Snapshot

RIGHT_IN = {  # whether this snapshot, and whether the other one, has the sample right
    "both": (True, True),
    "here": (True, False),
    "there": (False, True),
    "neither": (False, False),
}


def passing(now: Snapshot, wanted: Selection, other: Snapshot | None = None) -> np.ndarray:
    """Whether each sample passes all filters, bool, shape (n,).

    Before there are clusters, filters that ask about them let all pass.

    Raises
    ------
    SelectionError
        If a filter names a class, cluster, moment or projection that the run does not have.
    """
    passed = np.ones(now.run.n, dtype=bool)
    for part in _of_samples(now, wanted):
        passed &= part
    if now.labels is not None:
        for part in _of_clusters(now, wanted, other):
            passed &= part
    return passed


def _of_samples(now: Snapshot, wanted: Selection) -> Iterator[np.ndarray]:
    if wanted.index:
        by_index = np.zeros(now.run.n, dtype=bool)
        by_index[[number for number in wanted.index if number < now.run.n]] = True
        yield by_index
    if wanted.true:
        yield now.run.y == _class(now.run, wanted.true)
    if wanted.lasso:
        with np.errstate(invalid="ignore"):
            yield inside(np.reshape(wanted.lasso, (-1, 2)), now.plane(wanted.space))


def _of_clusters(now: Snapshot, wanted: Selection, other: Snapshot | None) -> Iterator[np.ndarray]:
    run = now.run
    if wanted.cluster:
        yield now.labels == _cluster(run, wanted.cluster)
    if wanted.second:
        yield now.rivals.second == _cluster(run, wanted.second)
    if wanted.side:
        if now.wrong is None:
            raise SelectionError(f"side: received {wanted.side!r}, but labels are not known; expected nothing")
        yield now.wrong == (wanted.side == "wrong")
    if (wanted.min_confidence, wanted.max_confidence) != (0.0, 1.0):
        shown = np.round(now.confidence, 4)  # a range that ends at 1 takes what rounding made more
        yield (shown >= wanted.min_confidence) & (shown <= wanted.max_confidence)
    if wanted.changed:
        yield now.changed
    if wanted.unsettled:
        yield now.unsettled
    if wanted.was:
        yield now.labels_then(wanted.since) == _cluster(run, wanted.was)
    if wanted.versus:
        yield _versus(now, other, wanted.versus)


def _versus(now: Snapshot, other: Snapshot | None, versus: str) -> np.ndarray:
    """Whether the two snapshots have each sample as `versus` says."""
    if other is None or other.labels is None or other.run.n != now.run.n:
        raise SelectionError(
            f"versus: received {versus!r} without a second moment; expected one that has clusters of the same "
            f"{now.run.n} samples: pin one"
        )
    if versus in ("agree", "differ"):
        return now.agrees_with(other) == (versus == "agree")
    if now.wrong is None:
        raise SelectionError(f"versus: received {versus!r}, but labels are not known; expected 'agree' or 'differ'")
    right_now, right_in_other = RIGHT_IN[versus]
    return (now.wrong != right_now) & (other.wrong != right_in_other)


def in_order(now: Snapshot, index: np.ndarray, order: str, group: str = "") -> np.ndarray:
    """Samples in the order of `most_telling`, and in groups; before there are clusters, as they come."""
    if now.labels is not None or order not in ORDERS:
        index = most_telling(order, now.confidence, now.distance, now.wrong, index)
    return index[np.argsort(group_of(now, index, group), kind="stable")] if group else index


def group_of(now: Snapshot, index: np.ndarray, group: str) -> np.ndarray:
    """The class of each of these samples, or the place of its cluster in the order of letters, int, shape (m,).

    Raises SelectionError for what is not known.
    """
    groups = {} if now.run.y is None else {"digit": now.run.y}
    if now.labels is not None:
        groups["cluster"] = now.run.cluster_order[now.labels]
    if group not in groups:
        raise SelectionError(f"group: received {group!r}, expected one of {', '.join(groups) or 'nothing'}")
    return groups[group][index]


def _class(run: Run, name: str) -> int:
    if run.y is None or name not in run.classes:
        known = ", ".join(run.classes) if run.y is not None else "none, for labels are not known"
        raise SelectionError(f"true: received {name!r}, the classes are {known}")
    return run.classes.index(name)


def _cluster(run: Run, name: str) -> int:
    if name not in run.letters:
        raise SelectionError(f"cluster: received {name!r}, expected one of {', '.join(sorted(run.letters))}")
    return run.letters.index(name)
