"""Which samples of a moment pass the filters of a `Selection`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from dec_core.analysis.inspection import inside
from dec_core.reading.selection import Selection, SelectionError

if TYPE_CHECKING:
    from dec_core.reading.inspection import Inspection
    from dec_core.reading.moment import Moment

HERE_AND_THERE = {"both": (True, True), "here": (True, False), "there": (False, True), "neither": (False, False)}


def passing(now: Moment, wanted: Selection, beside: Moment | None = None) -> np.ndarray:
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
        for part in _of_clusters(now, wanted, beside):
            passed &= part
    return passed


def _of_samples(now: Moment, wanted: Selection) -> Iterator[np.ndarray]:
    if wanted.index:
        by_index = np.zeros(now.run.n, dtype=bool)
        by_index[[number for number in wanted.index if number < now.run.n]] = True
        yield by_index
    if wanted.true:
        yield now.run.y == _class(now.run, wanted.true)
    if wanted.lasso:
        with np.errstate(invalid="ignore"):
            yield inside(np.reshape(wanted.lasso, (-1, 2)), now.plane(wanted.space))


def _of_clusters(now: Moment, wanted: Selection, beside: Moment | None) -> Iterator[np.ndarray]:
    run = now.run
    if wanted.cluster:
        yield now.labels == _cluster(run, wanted.cluster)
    if wanted.second:
        yield now.rivals.second == _cluster(run, wanted.second)
    if wanted.side:
        if now.wrong is None:
            raise SelectionError(f"side: received {wanted.side!r}, but labels are not known; expected nothing")
        yield now.wrong == (wanted.side == "wrong")
    if (wanted.least, wanted.most) != (0.0, 1.0):
        shown = np.round(now.confidence, 4)  # a range that ends at 1 takes what rounding made more
        yield (shown >= wanted.least) & (shown <= wanted.most)
    if wanted.changed:
        yield now.changed
    if wanted.unsettled:
        yield now.unsettled
    if wanted.was:
        yield now.labels_then(wanted.since) == _cluster(run, wanted.was)
    if wanted.versus:
        yield _against(now, beside, wanted.versus)


def _against(now: Moment, beside: Moment | None, versus: str) -> np.ndarray:
    """Whether the two moments have each sample as `versus` says."""
    if beside is None or beside.labels is None or beside.run.n != now.run.n:
        raise SelectionError(
            f"versus: received {versus!r} without a second moment; expected one that has clusters of the same "
            f"{now.run.n} samples: pin one"
        )
    if versus in ("agree", "differ"):
        return now.agrees_with(beside) == (versus == "agree")
    if now.wrong is None:
        raise SelectionError(f"versus: received {versus!r}, but labels are not known; expected 'agree' or 'differ'")
    here, there = HERE_AND_THERE[versus]
    return (now.wrong != here) & (beside.wrong != there)


def _class(run: Inspection, name: str) -> int:
    if run.y is None or name not in run.classes:
        known = ", ".join(run.classes) if run.y is not None else "none, for labels are not known"
        raise SelectionError(f"true: received {name!r}, the classes are {known}")
    return run.classes.index(name)


def _cluster(run: Inspection, name: str) -> int:
    if name not in run.letters:
        raise SelectionError(f"cluster: received {name!r}, expected one of {', '.join(sorted(run.letters))}")
    return run.letters.index(name)
