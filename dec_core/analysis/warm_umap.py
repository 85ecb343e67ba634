"""UMAP that goes on from a layout: where z moves, points travel, and what does not move stays where it is.

`umap.UMAP` stretches a given start to ten by ten before it lays anything out, so that its layouts of two moments differ
all over. Here the same two steps of the library, the graph and the optimization, are called without that.

UMAP is imported when a function is called, as in `dec_core.analysis.projection`.
"""

from __future__ import annotations

from functools import cache

import numpy as np
from scipy import sparse

from dec_core.analysis.projection import neighbours, umap_start
from dec_core.analysis.umap_internals import in_turn, prepare

N_NEIGHBORS = 15
MIN_DIST = 0.1
FIRST_EPOCHS, EPOCHS = 100, 30  # passes of a layout from principal components, and of one from a layout
LEARNING_RATE = 0.5  # of the latter: UMAP's 1.0 throws points about that do not move in z, a small one lags behind z
NEGATIVE_SAMPLES = 5  # of each edge, as in UMAP


def first_layout(z: np.ndarray, plane: np.ndarray, random_state: int = 0) -> np.ndarray:
    """UMAP of z that starts from `plane`, for instance of `pca_plane`; see `next_layout`."""
    return _optimized(z, umap_start(plane, 2), FIRST_EPOCHS, 1.0, random_state)


def next_layout(z: np.ndarray, before: np.ndarray, random_state: int = 0, n_epochs: int = EPOCHS) -> np.ndarray:
    """UMAP of z that goes on from a layout of the same samples, in few and small steps.

    Runs on one thread and, but for moments, without Python's lock; the same arguments give the same layout.

    Parameters
    ----------
    z : ndarray, shape (n, latent_dim)
    before : ndarray, shape (n, 2)
        The layout of the moment before, or of the one after.
    random_state : int
    n_epochs : int
        Passes; more of them forget more of `before`.

    Returns
    -------
    ndarray of float32, shape (n, 2)
    """
    return _optimized(z, before, n_epochs, LEARNING_RATE, random_state)


def extended_layout(z: np.ndarray, before: np.ndarray, index: np.ndarray, n_epochs: int = EPOCHS) -> np.ndarray:
    """UMAP of z that goes on from a layout of a part of it; the other samples start at the nearest in z of that part.

    Parameters
    ----------
    z : ndarray, shape (n, latent_dim)
    before : ndarray, shape (n_part, 2)
    index : ndarray of int, shape (n_part,)
        Which samples of z `before` is of.
    n_epochs : int

    Returns
    -------
    ndarray of float32, shape (n, 2)
    """
    nearest = neighbours(z[index], 1, z)[0][:, 0]
    noise = np.random.default_rng(0).normal(scale=1e-3, size=(len(z), 2))  # points at one place do not repel
    start = before[nearest] + noise
    start[index] = before
    return next_layout(z, start, n_epochs=n_epochs)


def _optimized(z: np.ndarray, start: np.ndarray, n_epochs: int, learning_rate: float, random_state: int) -> np.ndarray:
    import umap
    from umap.umap_ import make_epochs_per_sample

    prepare(umap)
    layout = np.array(start, dtype=np.float32, order="C")  # a copy: optimized in place
    with in_turn():
        graph = _graph(z, n_epochs)
    if not graph.nnz:
        return layout  # a single sample has no neighbours
    seeds = np.random.RandomState(random_state).randint(-(2**31) + 1, 2**31 - 1, 3).astype(np.int64)
    return umap.layouts.optimize_layout_euclidean(
        layout,
        layout,
        graph.row,
        graph.col,
        n_epochs,
        len(layout),
        make_epochs_per_sample(graph.data, n_epochs),
        *_curve(),
        seeds,
        initial_alpha=learning_rate,
        negative_sample_rate=NEGATIVE_SAMPLES,
        move_other=True,
    )


def _graph(z: np.ndarray, n_epochs: int) -> sparse.coo_matrix:
    """UMAP's graph of z, (n, n), without the edges that are too weak to be used in so many epochs."""
    from umap.umap_ import fuzzy_simplicial_set

    indices, distances = neighbours(z, N_NEIGHBORS)
    graph = fuzzy_simplicial_set(
        z, indices.shape[1], np.random.RandomState(0), "euclidean", knn_indices=indices, knn_dists=distances
    )[0].tocoo()
    graph.data[graph.data < graph.data.max(initial=0.0) / n_epochs] = 0.0
    graph.eliminate_zeros()
    return graph


@cache
def _curve() -> tuple[float, float]:
    """a and b of UMAP's similarity 1 / (1 + a d^(2 b)) of points at the distance d in the plane."""
    from umap.umap_ import find_ab_params

    return find_ab_params(1.0, MIN_DIST)
