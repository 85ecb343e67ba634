"""Very many images, part by part: what is found on a part of them, and in which order files are read.

k-means, UMAP and a mixture look at all images up to `MOST`, and at an even part of more; the network places the rest.
What is computed of all samples is computed block by block, so that memory grows by z and p alone.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

MOST = 300_000  # images that centers are sought among; of more, so many:
PART = 100_000
BLOCK = 100_000  # samples at a time, where all are gone through
PIECE = 256  # images that are read in one go from a file
PIECES = 512  # shuffled together: 100 MB of MNIST's images


def part(n: int) -> np.ndarray:
    """Indices of the images of `n` that centers and the first target are found on: all, or `PART`, spread evenly."""
    return np.arange(n) if n <= MOST else np.linspace(0, n - 1, PART).round().astype(int)


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
