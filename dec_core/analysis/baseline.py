"""What clustering without a network reaches: k-means on the pixels themselves."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from sklearn.cluster import KMeans


def kmeans_on_pixels(x: np.ndarray, n_clusters: int, n_init: int, random_state: int) -> Iterator[np.ndarray]:
    """Run k-means from `n_init` starts; after each, yield the tightest clustering so far.

    A generator, so that whoever waits for all the starts can stop between two of them.

    Parameters
    ----------
    x : ndarray of uint8, shape (n, n_features)

    Yields
    ------
    labels : ndarray of int, shape (n,)
    """
    pixels = x.astype(np.float32) / 255
    best = None
    for i in range(n_init):
        kmeans = KMeans(n_clusters, n_init=1, random_state=random_state + i).fit(pixels)
        if best is None or kmeans.inertia_ < best.inertia_:
            best = kmeans
        yield best.labels_
