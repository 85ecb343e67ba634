"""From z to the plane of the screen: PCA that does not flip between frames, and UMAP.

UMAP is imported when it is called, and only worker processes call it: it takes seconds to import, and to
compile at its first call.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence

import numpy as np
from scipy.linalg import orthogonal_procrustes
from sklearn.neighbors import NearestNeighbors

from dec_core.analysis.umap_internals import in_turn, prepare

MOST_STRETCH = 1.6  # of one axis of a view against the other
MOST_EXACT = 150_000  # points among which all distances are compared; beyond, UMAP looks for neighbours by itself


def pca_plane(z: np.ndarray, previous: np.ndarray | None = None) -> np.ndarray:
    """The two principal components of z, rotated so that points stay close to where they were.

    The signs of principal components are arbitrary and their order changes when variances cross.
    The best rotation or reflection onto the previous frame (orthogonal Procrustes) undoes that.

    Parameters
    ----------
    z : ndarray, shape (n, latent_dim)
    previous : ndarray, shape (n, 2), or None
        The plane of the frame before, of the same points.

    Returns
    -------
    plane : ndarray of float32, shape (n, 2)
        Centred on zero. The second column is zero if latent_dim is 1.
    """
    centred = z.astype(float) - z.mean(axis=0)
    return (centred @ pca_axes(z, previous)).astype(np.float32)


def pca_axes(z: np.ndarray, previous: np.ndarray | None = None) -> np.ndarray:
    """The map of `pca_plane`, float32 of shape (latent_dim, 2): the plane is (z - mean of z) @ axes.

    With it, more points can be laid into the plane that some of them have made.
    """
    centred = z.astype(float) - z.mean(axis=0)
    _, vectors = np.linalg.eigh(centred.T @ centred)  # ascending variance
    axes = vectors[:, ::-1][:, :2]  # (latent_dim, 2)
    if axes.shape[1] < 2:
        axes = np.column_stack([axes, np.zeros(len(axes))])
    if previous is not None:
        axes = axes @ orthogonal_procrustes(centred @ axes, previous)[0]
    return axes.astype(np.float32)


def shared_pca_axes(embeddings: Sequence[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """One plane for many moments: the principal components of z of all of them together.

    As the map is the same for all, a sample that does not move in z does not move on the screen.

    Parameters
    ----------
    embeddings : sequence of ndarray, shape (n, latent_dim)
        z of the same samples at each moment.

    Returns
    -------
    middle : ndarray of float32, shape (latent_dim,)
    axes : ndarray of float32, shape (latent_dim, 2)
        The plane of a moment is (z - middle) @ axes.
    """
    every = np.concatenate([np.asarray(z, dtype=np.float32) for z in embeddings])
    return every.mean(axis=0), pca_axes(every)


def umap_plane(z: np.ndarray, start: np.ndarray, n_neighbors: int = 15, random_state: int | None = None) -> np.ndarray:
    """UMAP of z in the plane, started from `start` so that it looks similar. float32, shape (n, 2).

    Arguments as for `umap_layout`; `start` for instance of `pca_plane`.
    """
    return umap_layout(z, umap_start(start, 2), neighbours(z, n_neighbors), min_dist=0.1, random_state=random_state)


def neighbours(x: np.ndarray, n_neighbors: int, others: np.ndarray | None = None) -> tuple[np.ndarray, np.ndarray]:
    """The nearest points to each point, itself the first: indices and distances, shape (n, n_neighbors).

    With `others`, shape (m, d), the points of x that are nearest to each of those: shape (m, n_neighbors).

    Exact up to `MOST_EXACT` points, for each is compared with all others: 8 s for 70 000 of 50 numbers on
    two cores, no longer than an approximate search, which would first have to be compiled for 25 s.
    """
    n_neighbors = min(n_neighbors, len(x))
    if len(x) > MOST_EXACT and others is None:
        from umap.umap_ import nearest_neighbors

        with in_turn():
            return nearest_neighbors(x, n_neighbors, "euclidean", {}, False, np.random.RandomState(0))[:2]
    search = NearestNeighbors(n_neighbors=n_neighbors, algorithm="brute").fit(x)
    distances, indices = search.kneighbors(x if others is None else others)
    return indices, distances.astype(np.float32)


def but_itself(near: np.ndarray) -> np.ndarray:
    """Indices of `neighbours` without each point itself, which comes first unless others are identical to it.

    int, shape (n, n_neighbors) -> (n, n_neighbors - 1).
    """
    itself = near == np.arange(len(near))[:, None]
    itself[~itself.any(axis=1), -1] = True  # so many are alike that it is not among them: the last one goes
    return near[~itself].reshape(len(near), -1)


def nearest_of_both(
    near: tuple[np.ndarray, np.ndarray], more: tuple[np.ndarray, np.ndarray]
) -> tuple[np.ndarray, np.ndarray]:
    """Of two lists of neighbours of each point, as `neighbours` gives them, the nearest; none of them twice.

    A point that stands in both has the smaller distance. The lists are as long as the first.
    """
    n_neighbors = near[0].shape[1]
    indices, distances = (np.concatenate(pair, axis=1) for pair in zip(near, more, strict=True))
    itself = indices == np.arange(len(indices))[:, None]
    distances = np.where(itself, 0, distances)  # also where another one's distortion is closer than its own
    order = np.lexsort((distances, indices), axis=1)  # by index, the same ones by distance
    indices, distances = (np.take_along_axis(values, order, axis=1) for values in (indices, distances))
    repeated = np.zeros_like(itself)
    repeated[:, 1:] = indices[:, 1:] == indices[:, :-1]
    order = np.argsort(np.where(repeated, np.inf, distances), axis=1, kind="stable")[:, :n_neighbors]
    return np.take_along_axis(indices, order, axis=1), np.take_along_axis(distances, order, axis=1)


def umap_layout(
    x: np.ndarray,
    start: np.ndarray,
    near: tuple[np.ndarray, np.ndarray],
    min_dist: float,
    n_epochs: int | None = None,
    random_state: int | None = None,
) -> np.ndarray:
    """UMAP (McInnes, Healy and Melville 2018): a layout in which neighbours stay neighbours.

    Parameters
    ----------
    x : ndarray, shape (n, d)
    start : ndarray of float32, shape (n, n_dimensions)
        First positions, of `umap_start`.
    near : (indices, distances)
        Of `neighbours`.
    min_dist : float
        How close points may come: 0 packs clusters tightly, 0.1 lets single points be seen.
    n_epochs : int or None
        Passes of the layout; None leaves it to UMAP: 500, or 200 from 10 000 points on.
    random_state : int or None
        With a seed UMAP is repeatable and runs on one thread; None uses all of them.

    Returns
    -------
    ndarray of float32, shape of `start`
    """
    import umap

    prepare(umap)
    reducer = umap.UMAP(
        n_neighbors=near[0].shape[1],
        n_components=start.shape[1],
        min_dist=min_dist,
        n_epochs=n_epochs,
        init=start,
        random_state=random_state,
        n_jobs=-1 if random_state is None else 1,
        precomputed_knn=near,
    )
    with in_turn(), warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="precomputed_knn")  # no new points will be placed
        return reducer.fit_transform(x.astype(np.float32)).astype(np.float32)


def umap_start(positions: np.ndarray, n_dimensions: int, random_state: int = 0) -> np.ndarray:
    """`positions`, (n, d), as a start for UMAP: ten wide, (n, n_dimensions), and no two points the same."""
    start = np.random.default_rng(random_state).normal(scale=1e-3, size=(len(positions), n_dimensions))
    known = positions[:, :n_dimensions]
    start[:, : known.shape[1]] += 10 * known / (np.abs(known).max() or 1.0)
    return start.astype(np.float32)


def extent(plane: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Middle and half of the side of what is to be shown of a plane (n, 2): all but a few outliers; shape (2,) each.

    The axes of a projection have no unit, so the shorter one is stretched a little to fill its side.
    """
    if not len(plane):
        return np.zeros(2), np.ones(2)
    low, high = np.quantile(plane.astype(float), [0.005, 0.995], axis=0)
    reach = (high - low) / 2
    reach = np.maximum(reach, reach.max() / MOST_STRETCH)
    return (low + high) / 2, np.where(reach > 0, reach, 1.0)


def compile_umap() -> None:
    """Let numba compile UMAP, for some seconds; what it compiles is kept on disk for later processes."""
    rng = np.random.default_rng(0)
    for seed in (None, 0):  # on all threads, and on one, are different code
        umap_plane(rng.normal(size=(300, 10)), rng.normal(size=(300, 2)), random_state=seed)
