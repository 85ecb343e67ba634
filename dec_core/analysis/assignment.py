"""From embedded points to soft assignments q and their sharpened target p (DEC, equations 1 and 3)."""

from __future__ import annotations

import numpy as np
from scipy.spatial.distance import cdist


def soft_assignment(z: np.ndarray, cluster_centers: np.ndarray, alpha: float = 1.0) -> np.ndarray:
    """q, Student's t similarity of every point to every center: equation 1 of the DEC paper.

    Parameters
    ----------
    z : ndarray, shape (n, latent_dim)
    cluster_centers : ndarray, shape (n_clusters, latent_dim)
    alpha : float
        Degrees of freedom.

    Returns
    -------
    q : ndarray of float64, shape (n, n_clusters)
        Each row sums to one.
    """
    squared = cdist(z.astype(float), cluster_centers.astype(float), "sqeuclidean")  # (n, n_clusters)
    q = (1.0 + squared / alpha) ** (-(alpha + 1.0) / 2.0)
    return q / q.sum(axis=1, keepdims=True)


def target_distribution(q: np.ndarray) -> np.ndarray:
    """p, the sharpened target: equation 3 of the DEC paper, over the whole data set at once.

    Squaring strengthens confident assignments; dividing by the soft cluster sizes keeps large
    clusters from growing at the expense of small ones.

    Parameters
    ----------
    q : ndarray, shape (n, n_clusters)
        Soft assignments of *all* samples: the cluster sizes are sums over them.

    Returns
    -------
    p : ndarray, shape (n, n_clusters)
        Each row sums to one.
    """
    sizes = q.sum(axis=0, keepdims=True)  # f_j, (1, n_clusters)
    weight = np.divide(q**2, sizes, out=np.zeros_like(q), where=sizes > 0)
    return weight / weight.sum(axis=1, keepdims=True)
