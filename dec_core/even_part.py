"""The even part of very many samples that stands for all of them: centers are found on it, screens show it."""

from __future__ import annotations

import numpy as np

MANY = 300_000  # samples that are all looked at; of more, so many:
PART = 100_000


def part_of_many(n: int) -> slice | np.ndarray:
    """Which of `n` samples stand for all: all of them, or of more than `MANY` an even `PART`, ascending."""
    return slice(None) if n <= MANY else even_part(n, PART)


def even_part(n: int, most: int) -> np.ndarray:
    """Indices of all n, or of `most` of them spread evenly, ascending."""
    return np.linspace(0, n - 1, min(n, most)).round().astype(int)
