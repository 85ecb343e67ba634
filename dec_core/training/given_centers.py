"""The first centers among the z, by any clusterer of scikit-learn's kind."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.base import clone

from dec_core.analysis.blas_threads import one_blas_thread
from dec_core.config import RunConfig
from dec_core.even_part import part_of_many


def given_centers(initial: Any, config: RunConfig, z: np.ndarray) -> np.ndarray:
    """Centers of the clusters that a copy of `initial` finds, float32, shape (n_clusters, latent_dim).

    They are its `cluster_centers_`, or else the means of the z of each label; noise counts for none. A clusterer whose
    `random_state` is None gets that of the config, as do the steps of a pipeline.

    Parameters
    ----------
    initial : clusterer
        Not changed. It has `fit_predict`, and gives whole numbers.
    z : ndarray of float32, shape (n, latent_dim)
        Of very many, an even part is looked at.

    Raises
    ------
    ValueError
        If it finds another number of clusters than the config has, gives something else than labels, or centers that
        are no numbers.
    """
    clusterer, some = clone(initial), z[part_of_many(len(z))]
    unset = [name for name, value in clusterer.get_params().items() if value is None]
    seeds = [name for name in unset if name.rpartition("__")[2] == "random_state"]
    if seeds:
        clusterer.set_params(**dict.fromkeys(seeds, config.random_state))
    with one_blas_thread():
        labels = np.asarray(clusterer.fit_predict(some))
    name = type(initial).__name__
    if labels.shape != (len(some),) or labels.dtype.kind not in "iu":
        raise ValueError(
            f"initial: {name} gave {labels.dtype} of shape {labels.shape}, expected whole numbers of shape "
            f"({len(some)},)"
        )
    found = np.unique(labels[labels >= 0])  # what is noise has a label below 0
    if len(found) != config.n_clusters:
        raise ValueError(
            f"initial: {name} found {len(found)} clusters among the z, expected n_clusters={config.n_clusters}; "
            f"change its parameters, or DEC's n_clusters"
        )
    centers = getattr(clusterer, "cluster_centers_", None)
    if np.shape(centers) != (config.n_clusters, z.shape[1]):
        centers = [some[labels == label].mean(axis=0) for label in found]
    centers = np.asarray(centers, dtype=np.float32)
    if not np.isfinite(centers).all():
        raise ValueError(f"initial: {name} has cluster_centers_ with values that are no numbers, expected finite ones")
    return centers
