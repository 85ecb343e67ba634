"""Clustering that trains no network: what deep clustering has to beat.

Pixels -> PCA -> UMAP (McInnes, Healy and Melville 2018) -> Gaussian mixture. UMAP on top of an autoencoder's z,
then a mixture, is N2D (McConville, Santos-Rodriguez, Piechocki and Craddock, *N2D: (Not Too) Deep Clustering via
Clustering the Local Manifold of an Autoencoded Embedding*, 2019); here there is no autoencoder.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from sklearn.decomposition import PCA
from sklearn.mixture import GaussianMixture

from dec_core.analysis.projection import umap_start

PIXEL_COMPONENTS = 50  # of PCA: the neighbours of UMAP are sought among so many numbers
DIMENSIONS = 10  # of UMAP
EPOCHS = 200  # of UMAP's layout


@dataclass(frozen=True)
class UmapGmm:
    """What came out.

    Attributes
    ----------
    z : ndarray of float32, shape (n, 10)
        UMAP of the images.
    responsibilities : ndarray of float32, shape (n, n_clusters)
        Probability of each component, given z; rows sum to one.
    """

    z: np.ndarray
    responsibilities: np.ndarray


def umap_gmm(x: np.ndarray, n_clusters: int, n_neighbors: int = 10, n_init: int = 8, random_state: int = 0) -> UmapGmm:
    """Lay the images out by UMAP and find the groups by a mixture of Gaussians with full covariances.

    Parameters
    ----------
    x : ndarray of uint8, shape (n, n_features)
    n_clusters : int
    n_neighbors : int
        Neighbours of each image that UMAP keeps close; n - 1 if there are not so many.
    n_init : int
        The mixture is fitted so many times, and the one of highest likelihood kept.
    random_state : int
        The same seed gives the same result, for which UMAP runs on one thread.
    """
    import umap

    pixels = x.astype(np.float32) / 255
    with np.errstate(invalid="ignore"):  # no variance at all, where the images are alike
        reduced = PCA(min(PIXEL_COMPONENTS, *pixels.shape), random_state=random_state).fit_transform(pixels)
    layout = umap.UMAP(
        n_neighbors=min(n_neighbors, len(x) - 1),
        n_components=DIMENSIONS,
        min_dist=0.0,
        n_epochs=EPOCHS,
        init=umap_start(reduced, DIMENSIONS, random_state),
        random_state=random_state,
        n_jobs=1,
    )
    z = layout.fit_transform(reduced).astype(np.float32)
    fits = (
        GaussianMixture(n_clusters, random_state=random_state + i, reg_covar=1e-5).fit(z.astype(float))
        for i in range(n_init)
    )
    best = max(fits, key=lambda mixture: mixture.lower_bound_)
    return UmapGmm(z, best.predict_proba(z.astype(float)).astype(np.float32))
