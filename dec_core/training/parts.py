"""Very many images: what is computed of all is computed block by block, and files are read in an order of their own.

So memory grows by z and p alone. What is found on a part of them is found on that of `even_part`.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

BLOCK = 100_000  # samples at a time, where all are gone through
PIECE = 256  # images that are read in one go from a file
PIECES = 512  # shuffled together: 100 MB of MNIST's images


def blocks(n: int) -> Iterator[slice]:
    """All of `n` samples, in order, `BLOCK` at a time."""
    return (slice(first, min(first + BLOCK, n)) for first in range(0, n, BLOCK))


def shuffled(x: np.ndarray, seed: int, epoch: int) -> np.ndarray:
    """The order in which an epoch sees the images: int, shape (n,). It follows from the seed and the epoch.

    Images in memory are shuffled as a whole. A disk reads what lies together, so of a memory map pieces of `PIECE`
    images are shuffled, and then the images of each `PIECES` of them.
    """
    rng, n = np.random.default_rng([seed, epoch]), len(x)
    if not isinstance(x, np.memmap):
        return rng.permutation(n)
    pieces = rng.permutation(-(-n // PIECE))
    groups = np.array_split(pieces, max(len(pieces) // PIECES, 1))
    spread = ((group[:, None] * PIECE + np.arange(PIECE)).ravel() for group in groups)
    return np.concatenate([rng.permutation(group[group < n]) for group in spread])
