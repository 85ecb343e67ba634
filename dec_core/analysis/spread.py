"""A score over several seeds, and whether the difference of two such scores is more than chance."""

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
    caveat : str
        Why it may mean nothing; "" for a certain difference.
    """

    change: float
    certain: bool
    same: bool
    caveat: str


def difference(spread: Spread, reference: Spread, level: float = 0.0) -> Difference:
    """How a score differs from the reference's. A difference within the spread of the seeds is none.

    Of one seed each no spread is known; up to `level` they do not differ either.

    The ranks of all seeds decide (the U test of Mann and Whitney, 1947, two-sided, at `CHANCE`): three seeds against
    three must not overlap, twenty against twenty may. Two against two never suffice, wherever they lie.
    """
    change = spread.mean - reference.mean
    if spread.n < 2 and reference.n < 2:
        if 0 < abs(change) <= level:
            return Difference(change, False, True, "no difference beyond what another seed alone makes (one seed each)")
        return Difference(change, False, False, "one seed each: it may be chance")
    apart = spread.low > reference.high or spread.high < reference.low
    if min(spread.n, reference.n) > 1 and _p_value(spread, reference) <= CHANCE:
        return Difference(change, True, False, "")
    if not apart:
        return Difference(change, False, True, "no difference beyond the spread of the seeds")
    if min(spread.n, reference.n) < 2:
        return Difference(change, False, False, "one seed against several: it may be chance")
    return Difference(change, False, False, "the seeds do not overlap, but with so few it may be chance")


def _p_value(spread: Spread, reference: Spread) -> float:
    """The probability of ranks that differ as much if both came from one distribution."""
    from scipy.stats import mannwhitneyu  # takes a second to import: only for several seeds

    if len({*spread.values, *reference.values}) == 1:
        return 1.0
    return round(float(mannwhitneyu(spread.values, reference.values).pvalue), 6)
