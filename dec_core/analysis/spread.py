"""A score over several seeds, and what may be said of the difference of two."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Spread:
    """A score over `n` runs: mean, least and greatest."""

    mean: float
    low: float
    high: float
    n: int


def spread_of(values: Sequence[float]) -> Spread | None:
    """Of the scores of several runs; None without any."""
    return Spread(sum(values) / len(values), min(values), max(values), len(values)) if values else None


@dataclass(frozen=True)
class Difference:
    """How a score differs from that of the reference.

    Attributes
    ----------
    change : float
        Between the means.
    certain : bool
        Whether the ranges over the seeds lie apart, with two seeds or more on both sides.
    same : bool
        Whether it lies within the spread: no difference.
    words : str
        What can be said: "" for a certain difference.
    """

    change: float
    certain: bool
    same: bool
    words: str


def difference(here: Spread, reference: Spread) -> Difference:
    """Of two spreads of a score. A difference within the spread is none."""
    change = here.mean - reference.mean
    apart = here.low > reference.high or here.high < reference.low
    if here.n < 2 and reference.n < 2:
        return Difference(change, False, False, "one seed each: it may be chance")
    if not apart:
        return Difference(change, False, True, "no difference: it lies within the spread of the seeds")
    if min(here.n, reference.n) < 2:
        return Difference(change, False, False, "one seed against several: it may be chance")
    return Difference(change, True, False, "")
