"""The stops of each number's slider: where it may rest by hand. What is typed or linked may lie between or beyond them.

Rates, weights, sizes and counts go by orders of magnitude, the rest evenly.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable
from math import log

Number = int | float | None

STEPS = (1, 1.5, 2, 3, 5, 7)  # in each order of magnitude
WHOLE_STEPS = (1, 2, 3, 4, 5, 6, 8)


def _orders(least: float, most: float, steps: Iterable[float] = STEPS) -> tuple[float, ...]:
    """From `least` to `most` by orders of magnitude."""
    values = {float(f"{step}e{order}") for order in range(-6, 6) for step in steps}
    return tuple(sorted(value for value in values | {least, most} if least <= value <= most))


def _counts(least: int, most: int) -> tuple[int, ...]:
    """Whole numbers, by orders of magnitude from ten on."""
    return tuple(sorted({round(v) for v in _orders(least, most, WHOLE_STEPS)} | set(range(least, min(10, most) + 1))))


def _powers(first: int, last: int) -> tuple[int, ...]:
    """Powers of two, and the numbers half-way between."""
    both = {2**power for power in range(first, last + 1)} | {3 * 2**power for power in range(first - 1, last - 1)}
    return tuple(sorted(value for value in both if 2**first <= value <= 2**last))


UNITS = _powers(3, 12)
FILTERS = _powers(2, 9)

STOPS: dict[str, tuple[Number, ...]] = {
    "n_samples": (*(n for n in _counts(50, 60_000) if n >= 50), None),  # None: all
    "latent_dim": tuple(range(1, 65)),
    "pretrain_epochs": _counts(1, 500),
    "pretrain_learning_rate": _orders(1e-4, 10),
    "distortion": tuple(n / 10 for n in range(1, 41)),
    "batch_size": _powers(3, 12),
    "n_clusters": tuple(range(2, 31)),
    "first_target_steps": _counts(1, 20_000),
    "n_neighbors": _counts(2, 200),
    "gmm_n_init": _counts(1, 100),
    "update_interval": _counts(1, 2000),
    "cluster_learning_rate": _orders(1e-5, 10),
    "gamma": (0.0, *_orders(1e-3, 100)),
    "kmeans_weight": (0.0, *_orders(1e-3, 100)),
    "kl_weight": (0.0, *_orders(1e-6, 0.1)),
    "tol": (0.0, *_orders(1e-4, 0.5)),
    "max_iterations": _counts(1, 20_000),
    "alpha": _orders(0.1, 100),
    "kmeans_n_init": _counts(1, 100),
    "momentum": tuple(n / 100 for n in range(0, 100)),
}


def place(value: Number, stops: tuple[Number, ...]) -> float:
    """Where a value stands on its slider, in stops: 0 at the first, between two of them in proportion.

    What lies beyond an end stands at it.
    """
    if value is None or (stops[-1] is None and value > stops[-2]):
        return float(len(stops) - 1)
    numbers = [stop for stop in stops if stop is not None]
    if value <= numbers[0]:
        return 0.0
    after = bisect_left(numbers, value)
    if after == len(numbers):
        return float(len(numbers) - 1)
    low, high = numbers[after - 1], numbers[after]
    in_orders = low > 0 and high > 1.2 * low
    return after - 1 + (log(value / low) / log(high / low) if in_orders else (value - low) / (high - low))
