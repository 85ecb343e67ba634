"""What can be said of a clustering without labels."""

from __future__ import annotations

import numpy as np
from scipy import sparse
from sklearn.metrics import silhouette_score


def silhouette(z: np.ndarray, labels: np.ndarray, n_sample: int = 2000, random_state: int = 0) -> float:
    """Mean silhouette (Rousseeuw 1987) of a sample: 1 if clusters are tight and far apart, 0 if they touch.

    Parameters
    ----------
    z : ndarray, shape (n, latent_dim)
    labels : ndarray of int, shape (n,)
    n_sample : int
        How many points are looked at; the cost grows with its square.

    Returns
    -------
    float
        -1..1, or 0 where there is but one cluster.
    """
    chosen = np.arange(len(z))
    if len(z) > n_sample:
        chosen = np.random.default_rng(random_state).choice(len(z), n_sample, replace=False)
    if not 1 < len(np.unique(labels[chosen])) < len(chosen):
        return 0.0
    return float(silhouette_score(z[chosen], labels[chosen]))


def confidence(q: np.ndarray) -> float:
    """Mean over the samples of their largest soft assignment: 1 / n_clusters..1.

    Parameters
    ----------
    q : ndarray, shape (n, n_clusters)
    """
    return float(q.max(axis=1).mean())


def modularity(graph: sparse.csr_matrix, labels: np.ndarray, n_clusters: int) -> float:
    """Newman's modularity (2006, resolution 1): edges inside clusters, as a share of all, beyond what chance gives.

    Over the graph of nearest neighbours among the *images* it says how far the clusters agree with what lies near
    what before any network; so it can be compared between networks.

    Parameters
    ----------
    graph : sparse matrix, shape (n, n)
        Symmetric, without loops, as `merge_split_check.neighbour_graph` makes it.
    labels : ndarray of int, shape (n,)
        0..n_clusters - 1.

    Returns
    -------
    float
        -1/2..1; 0 where there is but one cluster, or no edge.
    """
    edges = graph.tocoo()
    inside = np.bincount(labels[edges.row], edges.data * (labels[edges.row] == labels[edges.col]), n_clusters)
    ends = np.bincount(labels[edges.row], edges.data, n_clusters)
    total = max(edges.data.sum(), 1)
    return float((inside / total - (ends / total) ** 2).sum()) if edges.nnz else 0.0
