"""The subset of the images that snapshots hold and screens show: fixed for a data set, so that no run stores it."""

from __future__ import annotations

import numpy as np

from dec_core.even_part import even_part

VIEW_SIZE = 10_000
LIVE_SIZE = 3_000  # of a UMAP while training: a sixth of a second on one core of an EPYC
N_EXAMPLES = 10


def view_index(n: int) -> np.ndarray:
    """Indices of the samples that snapshots hold: all, or 10 000 of them spread over the data, ascending."""
    if n <= VIEW_SIZE:
        return np.arange(n)
    return np.sort(np.random.default_rng(0).choice(n, VIEW_SIZE, replace=False))


def live_index(n_view: int) -> np.ndarray:
    """Which of the samples of the view a UMAP shows while training: all, or 3 000 spread evenly, ascending."""
    return even_part(n_view, LIVE_SIZE)


def example_index(n: int, y: np.ndarray | None) -> np.ndarray:
    """The samples shown with their reconstructions, up to ten: the first of each class, where classes are known."""
    if y is None:
        return np.arange(min(n, N_EXAMPLES))
    return np.unique(y, return_index=True)[1][:N_EXAMPLES]
