"""From z to the plane of the screen: PCA that does not flip between frames, and UMAP.

UMAP is imported when it is called, and only worker processes call it: it is slow to import and its
first call in a process compiles for some 25 s.
"""

from __future__ import annotations

import numpy as np


def pca_plane(z: np.ndarray, previous: np.ndarray | None = None) -> np.ndarray:
    """The two principal components of z, turned so that points stay close to where they were.

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
    _, axes = np.linalg.eigh(centred.T @ centred)  # ascending variance
    plane = centred @ axes[:, ::-1][:, :2]  # (n, 2)
    if plane.shape[1] < 2:
        plane = np.column_stack([plane, np.zeros(len(plane))])
    if previous is not None:
        u, _, vt = np.linalg.svd(plane.T @ previous)
        plane = plane @ (u @ vt)
    return plane.astype(np.float32)


def umap_plane(z: np.ndarray, start: np.ndarray, n_neighbors: int = 15, random_state: int | None = None) -> np.ndarray:
    """UMAP of z (McInnes, Healy and Melville 2018), started from `start` so that it looks akin.

    Parameters
    ----------
    z : ndarray, shape (n, latent_dim)
    start : ndarray, shape (n, 2)
        Initial positions, for instance of `pca_plane`.
    random_state : int or None
        With a seed UMAP is repeatable and runs on one thread; None uses all of them.

    Returns
    -------
    plane : ndarray of float32, shape (n, 2)
    """
    import umap

    reducer = umap.UMAP(
        n_neighbors=min(n_neighbors, len(z) - 1),
        min_dist=0.1,
        init=umap_start(start, 2),
        random_state=random_state,
    )
    return reducer.fit_transform(z.astype(np.float32)).astype(np.float32)


def umap_start(positions: np.ndarray, n_dimensions: int, random_state: int = 0) -> np.ndarray:
    """`positions`, (n, d), as UMAP likes to begin: ten wide, (n, n_dimensions), and no two points the same."""
    start = np.random.default_rng(random_state).normal(scale=1e-3, size=(len(positions), n_dimensions))
    known = positions[:, :n_dimensions]
    start[:, : known.shape[1]] += 10 * known / (np.abs(known).max() or 1.0)
    return start.astype(np.float32)
