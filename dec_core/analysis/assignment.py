"""From embedded points to soft assignments q and their sharpened target p (DEC, equations 1 and 3).

How q follows differs by method: whoever wants a q asks `q_by`, and a method with another kind of q gets a case there.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from scipy.spatial.distance import cdist
from scipy.special import softmax

PRIOR = ("mixture_weights", "mixture_variances")  # what a mixture in z has besides its means, the centers
TINY = 1e-30  # no logarithm of 0
CLEAR = 0.5  # q of the nearest cluster, from which on that is an answer


def q_by(
    kind: str,
    z: np.ndarray,
    cluster_centers: np.ndarray,
    alpha: float,
    kept: np.ndarray | None = None,
    prior: Mapping[str, np.ndarray] | None = None,
) -> np.ndarray:
    """q of a method: `kind` is what its `dec_core.methods.Method.q` says.

    Parameters
    ----------
    kind : {"student_t", "mixture", "responsibilities"}
    z : ndarray, shape (n, latent_dim)
    cluster_centers : ndarray, shape (n_clusters, latent_dim)
    alpha : float
        Degrees of freedom of Student's t.
    kept : ndarray, shape (n, n_clusters), or None
        Responsibilities that were found with the centers. A q that follows from z does without.
    prior : mapping of str to ndarray, or None
        Of a mixture in z, whose means are the centers: `PRIOR` names what it holds.

    Returns
    -------
    q : ndarray of float, shape (n, n_clusters)
        Each row sums to one.

    Raises
    ------
    ValueError
        If there is no such kind, or q is what was kept and nothing was.
    """
    if kind == "student_t":
        return soft_assignment(z, cluster_centers, alpha)
    if kind == "responsibilities":
        if kept is None:
            raise ValueError("q: received no responsibilities, expected those kept with the centers; z gives no others")
        return kept
    if kind == "mixture":
        if not prior or set(prior) != set(PRIOR):
            raise ValueError(f"q: received {sorted(prior or ())} with the centers, expected {', '.join(PRIOR)}")
        return mixture_assignment(z, cluster_centers, *(prior[name] for name in PRIOR))
    raise ValueError(f"q: received {kind!r}, expected student_t, mixture or responsibilities; add a case to q_by")


def mixture_assignment(z: np.ndarray, means: np.ndarray, weights: np.ndarray, variances: np.ndarray) -> np.ndarray:
    """p(j | z), how much each component of a Gaussian mixture holds itself responsible: gamma of VaDE.

    Parameters
    ----------
    z : ndarray, shape (n, latent_dim)
    means, variances : ndarray, shape (n_clusters, latent_dim)
        The covariances are diagonal.
    weights : ndarray, shape (n_clusters,)

    Returns
    -------
    q : ndarray of float64, shape (n, n_clusters)
        Each row sums to one.
    """
    z, means, variances = (np.asarray(each, dtype=float) for each in (z, means, variances))
    logarithms = np.empty((len(z), len(means)))  # up to a constant
    for j, (mean, variance) in enumerate(zip(means, variances, strict=True)):
        logarithms[:, j] = -0.5 * (((z - mean) ** 2 / variance).sum(axis=1) + np.log(variance).sum())
    return softmax(logarithms + np.log(np.maximum(weights, TINY)), axis=1)


def soft_assignment(z: np.ndarray, cluster_centers: np.ndarray, alpha: float = 1.0) -> np.ndarray:
    """q, Student's t similarity of every point to every center: equation 1 of the DEC paper.

    Far from all centers a large alpha makes every weight less than the smallest number, and q would be 0/0. So it is
    computed in logarithms, but for the paper's alpha of 1, whose weights fall by the square of the distance alone.

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
    if alpha != 1.0:
        return softmax(-(alpha + 1.0) / 2.0 * np.log1p(squared / alpha), axis=1)
    q = (1.0 + squared / alpha) ** (-(alpha + 1.0) / 2.0)
    return q / q.sum(axis=1, keepdims=True)


def target_distribution(q: np.ndarray, sizes: np.ndarray | None = None) -> np.ndarray:
    """p, the sharpened target: equation 3 of the DEC paper, over the whole data set at once.

    Squaring strengthens confident assignments; dividing by the soft cluster sizes keeps large clusters
    from distorting the embedding (DEC, section 3.1.2).

    Parameters
    ----------
    q : ndarray, shape (n, n_clusters)
        Soft assignments of *all* samples: the cluster sizes are sums over them.
    sizes : ndarray, shape (n_clusters,), or None
        Those sums, where `q` is of some of the samples.

    Returns
    -------
    p : ndarray, shape (n, n_clusters)
        Each row sums to one.
    """
    sizes = q.sum(axis=0) if sizes is None else sizes  # f_j
    weight = np.divide(q**2, sizes, out=np.zeros_like(q), where=sizes > 0)
    return weight / weight.sum(axis=1, keepdims=True)
