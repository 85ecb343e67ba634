"""Whether a clustering has merged two groups or split one, judged without labels.

The images themselves say where groups are: images of one kind have their nearest neighbours among each other.
In the graph of nearest neighbours, where two groups meet there are few edges. So two things are suspicious:

- a border between two clusters that crosses many more edges than the best cut through the same images: it
  runs through a group instead of around it;
- a cluster much larger than the others with a valley inside, where few edges cross: it holds two groups.

A cut is measured by its conductance, edges cut as a share of those on the smaller side (Shi and Malik,
*Normalized Cuts and Image Segmentation*, 2000), and sought along the second eigenvector of the graph. The graph
knows the images, not the network, so that a network that is confident of its mistakes is detected as well.

How often this is right was measured: see docs/recipes.md.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from scipy import sparse
from scipy.sparse.linalg import LinearOperator, eigsh

from dec_core.analysis.projection import but_itself
from dec_core.analysis.umap_gmm import compare
from dec_core.architecture import is_one_line

N_NEIGHBORS = 15
N_BORDERS = 5  # the longest, which are looked at
LEAST = 0.3  # of the mean cluster's size: a cut that takes less from a cluster does not halve it
LEAST_OF_TWO = 0.2  # of two clusters together, likewise
SMOOTHED = 9  # places of the order over which edges are averaged, before a valley is measured
MOST_EXCESS = 1.2  # of a border's edges over those of the best cut
SLACK = 0.012  # of all edges, below which an excess is noise
MOST_SIZE = 1.4  # of the largest cluster, in mean clusters
FAR_TOO_LARGE = 2.25  # mean clusters, with or without a valley
MOST_VALLEY = 0.65  # of the edges at a valley, as a share of those at the lower hill next to it


@dataclass(frozen=True)
class MergeSplitCheck:
    """The strongest evidence against a clustering.

    Attributes
    ----------
    pair : (int, int)
        The two clusters with the most suspicious border.
    border, best : float
        Share of the edges that cross that border, and that cross the best cut through the same images: 0..1.
    cluster : int
        The largest cluster.
    size : float
        Its size, in mean clusters.
    valley : float
        Edges at the best cut through it, as a share of those at the lower one of the hills to both sides:
        near 1 if it is one group, near 0 if it is two.
    """

    pair: tuple[int, int]
    border: float
    best: float
    cluster: int
    size: float
    valley: float

    def to_dict(self) -> dict[str, Any]:
        """As a record: its attributes, which of the two suspicions holds, and whether `cluster` has a valley."""
        return {**asdict(self), "splits": self.splits, "merges": self.merges, "apart": self.apart}

    @property
    def excess(self) -> float:
        """By how much the border is longer than one would expect."""
        return self.border - MOST_EXCESS * self.best

    @property
    def splits(self) -> bool:
        """Whether the border of `pair` most likely runs through a group."""
        return self.excess > SLACK

    @property
    def apart(self) -> bool:
        """Whether there is a valley inside `cluster`."""
        return self.valley < MOST_VALLEY

    @property
    def merges(self) -> bool:
        """Whether `cluster` most likely holds two groups."""
        return self.size > FAR_TOO_LARGE or (self.size > MOST_SIZE and self.apart)

    @property
    def serious(self) -> bool:
        """Whether groups are most likely merged or split."""
        return self.splits or self.merges


@dataclass(frozen=True)
class Cut:
    """The best cut along an order of images: its conductance, and its valley as in `MergeSplitCheck`."""

    conductance: float
    valley: float


def neighbour_graph(x: np.ndarray, image_shape: Sequence[int]) -> sparse.csr_matrix:
    """Which images are near neighbours, compared by the directions of their strokes; images of one line by pixels.

    Parameters
    ----------
    x : ndarray of uint8 or float32, shape (n, n_features)
    image_shape : (height, width) or (height, width, channels)

    Returns
    -------
    sparse matrix of 0 and 1, shape (n, n)
        Symmetric: one of the two is among the 15 nearest of the other.
    """
    features = "pixels" if is_one_line(image_shape) else "gradients"
    return graph_of(compare(x, N_NEIGHBORS + 1, features, image_shape).near[0])


def graph_of(near: np.ndarray) -> sparse.csr_matrix:
    """The graph of `neighbour_graph` from the indices of `projection.neighbours`, int of shape (n, n_neighbors)."""
    near = but_itself(near)
    n, k = near.shape
    graph = sparse.csr_matrix((np.ones(n * k), (np.repeat(np.arange(n), k), near.ravel())), shape=(n, n))
    return graph.maximum(graph.T).tocsr()


def merge_split_check(graph: sparse.csr_matrix, labels: np.ndarray, n_clusters: int) -> MergeSplitCheck:
    """Look for the worst border and for a cluster that holds two groups.

    Parameters
    ----------
    graph : sparse matrix, shape (n, n)
        Of `neighbour_graph`.
    labels : ndarray of int, shape (n,)
        0..n_clusters - 1.
    """
    shares = borders(graph, labels, n_clusters)
    longest = [np.unravel_index(i, shares.shape) for i in np.argsort(-shares, axis=None)[:N_BORDERS]]
    candidates = []
    for a, b in longest:
        members = np.flatnonzero((labels == a) | (labels == b))
        best = best_cut(graph, members, int(LEAST_OF_TWO * len(members))).conductance
        candidates.append((float(shares[a, b]), best, (int(a), int(b))))
    border, best, pair = max(candidates, key=lambda item: item[0] - MOST_EXCESS * item[1])
    sizes = np.bincount(labels, minlength=n_clusters) * n_clusters / len(labels)
    largest = int(sizes.argmax())
    cut = best_cut(graph, np.flatnonzero(labels == largest), int(LEAST * len(labels) / n_clusters))
    return MergeSplitCheck(pair, border, best, largest, float(sizes[largest]), cut.valley)


def borders(graph: sparse.csr_matrix, labels: np.ndarray, n_clusters: int) -> np.ndarray:
    """Conductance between each two clusters, shape (n_clusters, n_clusters), only above the diagonal.

    Arguments as for `merge_split_check`.
    """
    n = len(labels)
    members = sparse.csr_matrix((np.ones(n), (np.arange(n), labels)), shape=(n, n_clusters))
    edges = (members.T @ graph @ members).toarray()
    volumes = edges.sum(axis=1)
    return np.triu(edges / np.maximum(np.minimum(volumes[:, None], volumes), 1), 1)


def best_cut(graph: sparse.csr_matrix, members: np.ndarray, least: int) -> Cut:
    """The cut of smallest conductance through some images that leaves at least `least` of them to both sides.

    They are ordered by the second eigenvector of the normalized adjacency matrix, to which a little of everything
    is added, so that a handful of loosely tied images is not taken for a group (Amini, Chen, Bickel and
    Levina 2013). Too few images cannot be cut.
    """
    n, least = len(members), max(least, 1)
    if n < max(2 * least + 1, 4):
        return Cut(1.0, 1.0)
    part = graph[members][:, members]
    degrees = np.asarray(part.sum(axis=1)).ravel()
    spread = max(degrees.mean(), 1e-9)
    scale = 1 / np.sqrt(degrees + spread)
    adjacency = LinearOperator((n, n), lambda v: scale * (part @ (scale * v.ravel()) + spread * (scale @ v) / n))
    values, vectors = eigsh(adjacency, k=2, which="LA", v0=np.ones(n), tol=1e-4)
    order = np.argsort(vectors[:, values.argmin()] * scale)
    edges = part[order][:, order].tocoo()
    ahead = edges.row < edges.col
    starts, ends = (np.bincount(side[ahead], edges.data[ahead], n) for side in (edges.row, edges.col))
    crossing = np.cumsum(starts - ends)[:-1]  # edges from the first 1, 2, ... images to the others
    volume = np.cumsum(degrees[order])[:-1]
    conductance = crossing / np.maximum(np.minimum(volume, degrees.sum() - volume), 1)
    at = least - 1 + int(conductance[least - 1 : n - least].argmin())
    smooth = np.convolve(crossing, np.ones(SMOOTHED) / SMOOTHED, "same")
    hills = min(smooth[: at + 1].max(), smooth[at:].max())
    return Cut(float(conductance[at]), float(smooth[at] / max(hills, 1e-9)))
