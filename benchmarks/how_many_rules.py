"""Rules of others for the number of clusters: on the same UMAP and graph as ours, or by a network that they train."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from scipy import sparse
from scipy.sparse.linalg import eigsh
from sklearn.cluster import HDBSCAN, KMeans
from sklearn.mixture import GaussianMixture

from dec_core.analysis.label_free import modularity, silhouette
from dec_core.analysis.metrics import contingency_table

NUMBERS = range(2, 21)  # that are tried
STRONG = 0.8  # prediction strength from which a number of clusters counts as supported: Tibshirani and Walther's
MIN_SAMPLES = 5


def eigengap(z: np.ndarray, graph: sparse.csr_matrix) -> int:
    """The largest gap between eigenvalues of the graph's normalized Laplacian (von Luxburg 2007), from two on."""
    degrees = np.asarray(graph.sum(axis=1)).ravel()
    scale = sparse.diags_array(1 / np.sqrt(np.maximum(degrees, 1)))
    most = NUMBERS.stop
    values = np.sort(eigsh(scale @ graph @ scale, k=most, which="LA", v0=np.ones(len(z)), return_eigenvectors=False))
    falls = -np.diff(values[::-1])  # falls[k - 1]: between the k-th eigenvalue and the next
    return int(falls[1:].argmax()) + 2


def hdbscan(share: float) -> Callable[[np.ndarray, sparse.csr_matrix], int]:
    """HDBSCAN with a smallest size, as a share of the samples."""

    def rule(z: np.ndarray, graph: sparse.csr_matrix) -> int:
        fit = HDBSCAN(min_cluster_size=round(share * len(z)), min_samples=MIN_SAMPLES, copy=True).fit(z)
        return max(int(fit.labels_.max()) + 1, 1)

    return rule


def best_silhouette(z: np.ndarray, graph: sparse.csr_matrix) -> int:
    """The k-means whose silhouette is largest (Rousseeuw 1987)."""
    return _best(lambda k: silhouette(z, _kmeans(z, k)))


def best_modularity(z: np.ndarray, graph: sparse.csr_matrix) -> int:
    """The k-means that agrees best with the graph: the objective of sweeps without labels."""
    return _best(lambda k: modularity(graph, _kmeans(z, k), k))


def prediction_strength(z: np.ndarray, graph: sparse.csr_matrix) -> int:
    """The most clusters that one half of the samples predicts of the other (Tibshirani and Walther 2005)."""
    order = np.random.default_rng(0).permutation(len(z))
    train, test = z[order[::2]], z[order[1::2]]
    return max([k for k in NUMBERS if _strength(train, test, k) >= STRONG], default=1)


def _strength(train: np.ndarray, test: np.ndarray, k: int) -> float:
    """Of the cluster for which it is least: the share of its pairs that the other half's clusters keep together."""
    predicted = KMeans(k, n_init=3, random_state=0).fit(train).predict(test)
    counts = contingency_table(predicted, _kmeans(test, k), k, k)  # (predicted, own)
    n_own = counts.sum(axis=0)
    pairs = (counts * (counts - 1)).sum(axis=0) / np.maximum(n_own * (n_own - 1), 1)
    return float(pairs.min())


def best_bic(z: np.ndarray, graph: sparse.csr_matrix) -> int:
    """The Gaussian mixture with full covariances whose BIC is best (Schwarz 1978)."""
    return _best(lambda k: -GaussianMixture(k, random_state=0, reg_covar=1e-5).fit(z.astype(float)).bic(z))


def _kmeans(z: np.ndarray, k: int) -> np.ndarray:
    return KMeans(k, n_init=3, random_state=0).fit_predict(z)


def _best(value: Callable[[int], float]) -> int:
    return max(NUMBERS, key=value)


RULES: dict[str, Callable[[np.ndarray, sparse.csr_matrix], int]] = {
    "HDBSCAN, groups of 1 % or more": hdbscan(0.01),
    "HDBSCAN, groups of 2 % or more": hdbscan(0.02),
    "eigengap of the images' graph": eigengap,
    "modularity of k-means": best_modularity,
    "silhouette of k-means": best_silhouette,
    "prediction strength ≥ .8": prediction_strength,
    "BIC of a Gaussian mixture": best_bic,
}


def dipdeck(x: np.ndarray) -> int:
    """ClustPy's DipDECK (Leiber et al. 2021), with its defaults: from 35 clusters down, by Hartigan's dip test.

    x is a uint8 array of shape (n, n_features). Raises ImportError where ClustPy is not installed.
    """
    from clustpy.deep import DipDECK

    return int(DipDECK(random_state=0).fit(x.astype(np.float32) / 255).n_clusters_)


TRAINED: dict[str, Callable[[np.ndarray], int]] = {"DipDECK": dipdeck}
