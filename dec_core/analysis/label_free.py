"""What can be said of a clustering without labels."""

from __future__ import annotations

import numpy as np
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
