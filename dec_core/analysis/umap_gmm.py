"""Clustering without a network: what deep clustering has to beat, and what it can start from.

Features -> PCA -> UMAP (McInnes, Healy and Melville 2018) -> Gaussian mixture. UMAP on top of an autoencoder's z,
then a mixture, is N2D (McConville, Santos-Rodriguez, Piechocki and Craddock, *N2D: (Not Too) Deep Clustering via
Clustering the Local Manifold of an Autoencoded Embedding*, 2019); here there is no autoencoder.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from sklearn.decomposition import PCA
from sklearn.mixture import GaussianMixture

from dec_core.analysis.deformed import nearest_deformed
from dec_core.analysis.features import distortions, gradients, moved, pixels
from dec_core.analysis.projection import nearest_of_both, neighbours, umap_layout, umap_start
from dec_core.architecture import is_one_line

FEATURES = ("pixels", "gradients", "deformed")
COMPONENTS = 50  # of PCA: neighbours are sought among so many numbers
DIMENSIONS = 10  # of UMAP
CHUNK = 8192  # images at a time, where they are distorted
CANDIDATES = 3  # times as many neighbours are found by gradients as are kept of them, where they are deformed
EPOCHS = 100  # of UMAP's layout


@dataclass(frozen=True)
class NeighbourGraph:
    """Images as UMAP sees them.

    Attributes
    ----------
    reduced : ndarray of float32, shape (n, up to 50)
        Principal components of what they are compared by.
    near : (indices, distances), each of shape (n, n_neighbors)
        Of `dec_core.analysis.projection.neighbours`.
    """

    reduced: np.ndarray
    near: tuple[np.ndarray, np.ndarray]


@dataclass(frozen=True)
class UmapGmm:
    """The embedding and the mixture's responsibilities.

    Attributes
    ----------
    z : ndarray of float32, shape (n, 10)
        UMAP of the images.
    responsibilities : ndarray of float32, shape (n, n_clusters)
        Probability of each component, given z; rows sum to one.
    """

    z: np.ndarray
    responsibilities: np.ndarray


def umap_gmm(
    x: np.ndarray,
    n_clusters: int,
    n_neighbors: int = 10,
    n_init: int = 8,
    random_state: int = 0,
    features: str = "pixels",
    image_shape: Sequence[int] | None = None,
    distorted: bool = False,
    tell: Callable[[str], None] = lambda status: None,
) -> UmapGmm:
    """Lay the images out by UMAP and find the groups by a mixture of Gaussians with full covariances.

    Parameters
    ----------
    x : ndarray of uint8 or float32, shape (n, n_features)
    n_clusters : int
    n_neighbors : int
        Neighbours of each image that UMAP keeps close; n - 1 if there are not so many.
    n_init : int
        The mixture is fitted so many times, and the one of highest likelihood kept.
    random_state : int
        The same seed gives the same result, for which UMAP runs on one thread.
    features : {"pixels", "gradients", "deformed"}
        What images are compared by: see `dec_core.analysis.features`. "deformed": by gradients, and of the nearest by
        these, three times as many as wanted, those are taken that deformed are most alike
        (`dec_core.analysis.deformed`).
    image_shape : (height, width[, channels]), needed for "gradients", "deformed" and `distorted`
    distorted : bool
        Let each image look for its neighbours also when it is turned, sheared, widened or stretched a little: nine
        searches instead of one.
    tell : callable
        Called with the current step in words, whenever that changes.

    Raises
    ------
    ValueError
        If the features are unknown, or the image's shape is needed and missing, or not that of x, or that of one line
        of pixels.
    """
    tell("images are compared")
    return group(compare(x, n_neighbors, features, image_shape, distorted), n_clusters, n_init, random_state, tell)


def compare(
    x: np.ndarray,
    n_neighbors: int = 10,
    features: str = "pixels",
    image_shape: Sequence[int] | None = None,
    distorted: bool = False,
) -> NeighbourGraph:
    """The first half of `umap_gmm`: nearest neighbours of each image. Arguments and errors as there."""
    if features not in FEATURES:
        raise ValueError(f"features: received {features!r}, expected one of {', '.join(FEATURES)}")
    needed = features != "pixels" or distorted
    if needed and (image_shape is None or np.prod(image_shape) != x.shape[1]):
        raise ValueError(f"image_shape: received {image_shape}, expected the shape of images of {x.shape[1]} values")
    if needed and is_one_line(image_shape):
        raise ValueError(f"image_shape: received {image_shape}, expected two pixels or more a side; choose pixels")
    extract = pixels if features == "pixels" else lambda images: gradients(images, image_shape)
    extracted = extract(x)
    pca = PCA(min(COMPONENTS, *extracted.shape), random_state=0)
    with np.errstate(invalid="ignore"):  # no variance at all, where the images are alike
        reduced = pca.fit_transform(extracted)
    del extracted  # as large as the images in floats
    n_neighbors = min(n_neighbors, len(x) - 1)
    n_sought = min(CANDIDATES * n_neighbors, len(x) - 1) if features == "deformed" else n_neighbors
    near = neighbours(reduced, n_sought)
    if distorted:
        for distortion in distortions(image_shape):
            others = _reduced(x, lambda images, by=distortion: extract(moved(images, by)), pca)
            near = nearest_of_both(near, neighbours(reduced, n_sought, others))
    if features == "deformed":
        near = nearest_deformed(x, image_shape, near[0], n_neighbors)
    return NeighbourGraph(reduced, near)


def _reduced(x: np.ndarray, extract: Callable[[np.ndarray], np.ndarray], pca: PCA) -> np.ndarray:
    """Principal components of the features of x, a chunk of images at a time to bound memory."""
    return np.concatenate([pca.transform(extract(x[first : first + CHUNK])) for first in range(0, len(x), CHUNK)])


def group(
    images: NeighbourGraph,
    n_clusters: int,
    n_init: int = 8,
    random_state: int = 0,
    tell: Callable[[str], None] = lambda status: None,
) -> UmapGmm:
    """The second half of `umap_gmm`: the layout, and the mixture. Arguments as there."""
    z = lay_out(images, random_state, tell)
    return UmapGmm(z, mix(z, n_clusters, n_init, random_state, tell))


def lay_out(
    images: NeighbourGraph, random_state: int = 0, tell: Callable[[str], None] = lambda status: None
) -> np.ndarray:
    """The UMAP of the images, float32 of shape (n, 10); it knows nothing of clusters. Arguments as in `umap_gmm`."""
    tell("UMAP lays the images out")
    start = umap_start(images.reduced, DIMENSIONS, random_state)
    return umap_layout(images.reduced, start, images.near, min_dist=0.0, n_epochs=EPOCHS, random_state=random_state)


def mix(
    z: np.ndarray,
    n_clusters: int,
    n_init: int = 8,
    random_state: int = 0,
    tell: Callable[[str], None] = lambda status: None,
) -> np.ndarray:
    """Responsibilities of a mixture of Gaussians in z, float32 of shape (n, n_clusters). Arguments as in `umap_gmm`."""
    best = None
    for i in range(n_init):
        tell(f"a mixture finds the groups: start {i + 1} of {n_init}")
        fit = GaussianMixture(n_clusters, random_state=random_state + i, reg_covar=1e-5).fit(z.astype(float))
        best = fit if best is None or fit.lower_bound_ > best.lower_bound_ else best
    return best.predict_proba(z.astype(float)).astype(np.float32)
