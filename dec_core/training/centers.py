"""Where the first centers lie among the z: found by k-means or a clusterer, or those of images drawn at random."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy.spatial.distance import cdist
from sklearn.cluster import KMeans

from dec_core.analysis.blas_threads import one_blas_thread
from dec_core.config import RunConfig
from dec_core.even_part import part_of_many
from dec_core.methods import uses_kmeans
from dec_core.training.given_centers import given_centers
from dec_core.training.parts import blocks


def first_centers(config: RunConfig, z: np.ndarray, initial: Any = None) -> tuple[np.ndarray, np.ndarray, float]:
    """Centers (n_clusters, latent_dim), the nearest one of each z (n,), and the sum of squared distances to it.

    Of k-means they are the tightest of `kmeans_n_init` starts. A clusterer, `initial`, takes its place.
    """
    if initial is not None:
        centers = given_centers(initial, config, z)
        return centers, *nearest(z, centers)
    if uses_kmeans(config):
        some = z[part_of_many(len(z))]
        with one_blas_thread():
            kmeans = KMeans(config.n_clusters, n_init=config.kmeans_n_init, random_state=config.random_state).fit(some)
        if len(some) == len(z):
            return kmeans.cluster_centers_, kmeans.labels_, float(kmeans.inertia_)
        return kmeans.cluster_centers_, *nearest(z, kmeans.cluster_centers_)
    drawn = np.random.default_rng(config.random_state).choice(len(z), config.n_clusters, replace=False)
    return z[drawn], *nearest(z, z[drawn])


def nearest(z: np.ndarray, centers: np.ndarray) -> tuple[np.ndarray, float]:
    """The nearest center of each z (n,), and the sum of squared distances to it."""
    labels, inertia = np.empty(len(z), dtype=np.int32), 0.0
    for block in blocks(len(z)):
        squared = cdist(z[block], centers, "sqeuclidean")  # (block, n_clusters)
        labels[block] = squared.argmin(axis=1)
        inertia += squared.min(axis=1).sum()
    return labels, float(inertia)
