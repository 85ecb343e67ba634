"""A score over several seeds, and what may be said of the difference of two."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

CHANCE = 0.1  # of a false alarm, at most


@dataclass(frozen=True)
class Spread:
    """A score of several runs."""

    values: tuple[float, ...]

    @property
    def n(self) -> int:
        """Of how many runs."""
        return len(self.values)

    @property
    def mean(self) -> float:
        return sum(self.values) / self.n

    @property
    def low(self) -> float:
        return min(self.values)

    @property
    def high(self) -> float:
        return max(self.values)


def spread_of(values: Sequence[float]) -> Spread | None:
    """Of the scores of several runs; None without any."""
    return Spread(tuple(values)) if values else None


@dataclass(frozen=True)
class Difference:
    """How a score differs from that of the reference.

    Attributes
    ----------
    change : float
        Between the means.
    certain : bool
        Whether it stands out from the spread of the seeds.
    same : bool
        Whether it lies within that spread: no difference is shown.
    words : str
        What can be said: "" for a certain difference.
    """

    change: float
    certain: bool
    same: bool
    words: str


def difference(here: Spread, reference: Spread) -> Difference:
    """Of two spreads of a score. A difference within the spread is none.

    It stands out by the ranks of all seeds (the U test of Mann and Whitney, 1947, both sides, at `CHANCE`): three seeds
    against three must lie apart, twenty against twenty may overlap. Two against two never do, wherever they lie.
    """
    change = here.mean - reference.mean
    if here.n < 2 and reference.n < 2:
        return Difference(change, False, False, "one seed each: it may be chance")
    apart = here.low > reference.high or here.high < reference.low
    if min(here.n, reference.n) > 1 and _chance(here, reference) <= CHANCE:
        return Difference(change, True, False, "")
    if not apart:
        return Difference(change, False, True, "no difference: it lies within the spread of the seeds")
    if min(here.n, reference.n) < 2:
        return Difference(change, False, False, "one seed against several: it may be chance")
    return Difference(change, False, False, "the seeds lie apart, but they are so few that it may be chance")


def _chance(here: Spread, reference: Spread) -> float:
    """Of ranks that differ so much, where nothing differs."""
    from scipy.stats import mannwhitneyu  # takes a second to import: only for who has several seeds

    if len({*here.values, *reference.values}) == 1:
        return 1.0
    return round(float(mannwhitneyu(here.values, reference.values).pvalue), 6)
