"""The baseline without a network: k-means on the pixels."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from sklearn.cluster import KMeans

from dec_core.analysis.blas_threads import one_blas_thread
from dec_core.analysis.features import pixels

MOST = 10_000  # images from which centers are found; more of them move the centers little and cost minutes


def kmeans_on_pixels(x: np.ndarray, n_clusters: int, n_init: int, random_state: int) -> Iterator[np.ndarray]:
    """Run k-means from `n_init` starts; after each, yield the tightest clustering so far.

    Centers are found among at most `MOST` images, evenly spread over x, and all images assigned to them.
    A generator, so that whoever waits for all the starts can stop between two of them.

    Parameters
    ----------
    x : ndarray of uint8, shape (n, n_features)

    Yields
    ------
    labels : ndarray of int, shape (n,)
    """
    some = pixels(x[:: -(-len(x) // MOST)])
    best = None
    for i in range(n_init):
        with one_blas_thread():
            kmeans = KMeans(n_clusters, n_init=1, random_state=random_state + i).fit(some)
            if best is None or kmeans.inertia_ < best.inertia_:
                parts = (kmeans.predict(pixels(x[first : first + MOST])) for first in range(0, len(x), MOST))
                best, labels = kmeans, np.concatenate(list(parts))
        yield labels
