"""How well clusters agree with labels: contingency, the Hungarian matching, ACC, NMI and ARI."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.optimize import linear_sum_assignment
from sklearn.metrics import adjusted_rand_score, normalized_mutual_info_score


@dataclass(frozen=True)
class Scores:
    """Agreement of a clustering with the true classes, 0 (chance or worse) to 1 (perfect)."""

    acc: float
    nmi: float
    ari: float


def contingency_table(rows: np.ndarray, columns: np.ndarray, n_rows: int, n_columns: int) -> np.ndarray:
    """How many samples have each pair of labels, pairs that never occur included.

    Parameters
    ----------
    rows, columns : ndarray of int, shape (n,)
        Two labels of each sample, 0 <= rows < n_rows and 0 <= columns < n_columns.

    Returns
    -------
    ndarray of int, shape (n_rows, n_columns)

    Raises
    ------
    ValueError
        If lengths differ, or a label is out of range.
    """
    rows, columns = np.asarray(rows), np.asarray(columns)
    if rows.shape != columns.shape or rows.ndim != 1:
        raise ValueError(f"received labels of shapes {rows.shape} and {columns.shape}, expected two equal lengths")
    for labels, n in ((rows, n_rows), (columns, n_columns)):
        if labels.size and (labels.min() < 0 or labels.max() >= n):
            raise ValueError(f"labels: received {labels.min()}..{labels.max()}, expected 0..{n - 1}")
    pairs = rows.astype(np.int64) * n_columns + columns
    return np.bincount(pairs, minlength=n_rows * n_columns).reshape(n_rows, n_columns)


def contingency(y: np.ndarray, labels: np.ndarray, n_clusters: int) -> tuple[np.ndarray, np.ndarray]:
    """Counts of every (class, cluster) pair of the classes that occur, empty clusters included.

    Parameters
    ----------
    y : ndarray of int, shape (n,)
        True classes.
    labels : ndarray of int, shape (n,)
        Cluster of each sample, 0 <= label < n_clusters.

    Returns
    -------
    classes : ndarray, shape (n_classes,)
        The classes that occur, ascending.
    counts : ndarray of int, shape (n_classes, n_clusters)

    Raises
    ------
    ValueError
        If lengths differ, there are no samples, or a label is out of range.
    """
    y, labels = np.asarray(y), np.asarray(labels)
    if y.shape != labels.shape or y.ndim != 1 or not len(y):
        raise ValueError(f"received y {y.shape} and labels {labels.shape}, expected two equal lengths of at least one")
    classes, rows = np.unique(y, return_inverse=True)
    return classes, contingency_table(rows, labels, len(classes), n_clusters)


def match(counts: np.ndarray) -> np.ndarray:
    """The class each cluster stands for, so that most samples agree: the Hungarian method, one to one.

    Parameters
    ----------
    counts : ndarray, shape (n_classes, n_clusters)

    Returns
    -------
    matched : ndarray of int, shape (n_clusters,)
        Row of `counts` for each cluster, or -1 where there are more clusters than classes.
    """
    rows, columns = linear_sum_assignment(counts, maximize=True)
    matched = np.full(counts.shape[1], -1)
    matched[columns] = rows
    return matched


def score(y: np.ndarray, labels: np.ndarray, n_clusters: int) -> Scores:
    """ACC (DEC paper, equation 10), NMI and ARI of a clustering.

    ACC is the fraction of samples in the cluster matched to their class; clusters beyond the number
    of classes count as wrong. Raises as `contingency` does.
    """
    return Scores(
        confusion(y, labels, n_clusters).acc,
        float(normalized_mutual_info_score(y, labels)),
        float(adjusted_rand_score(y, labels)),
    )


@dataclass(frozen=True)
class Confusion:
    """Classes against clusters in matched order: agreement lies on the diagonal.

    Attributes
    ----------
    classes : ndarray, shape (n_classes,)
    clusters : ndarray of int, shape (n_clusters,)
        Original numbers of the clusters, in the order of the columns.
    counts : ndarray of int, shape (n_classes, n_clusters)
    n_matched : int
        How many columns have a class; the first so many cells of the diagonal are right.
    """

    classes: np.ndarray
    clusters: np.ndarray
    counts: np.ndarray
    n_matched: int

    @property
    def right(self) -> np.ndarray:
        """True where a cell joins a class to the cluster matched to it, shape of `counts`."""
        right = np.zeros(self.counts.shape, dtype=bool)
        diagonal = np.arange(self.n_matched)
        right[diagonal, diagonal] = True
        return right

    @property
    def acc(self) -> float:
        """Accuracy (DEC, equation 10): the share of the samples that lie in a cluster matched to their class, 0..1."""
        return float(self.counts[self.right].sum() / self.counts.sum())

    @property
    def class_of(self) -> np.ndarray:
        """The class matched to each cluster, by the cluster's number; -1 where it has none. Shape (n_clusters,)."""
        class_of = np.full(len(self.clusters), -1)
        class_of[self.clusters[: self.n_matched]] = self.classes[: self.n_matched]
        return class_of

    @property
    def table(self) -> np.ndarray:
        """The counts with classes ascending and clusters by their numbers, shape (n_classes, n_clusters)."""
        return self.counts[np.ix_(np.argsort(self.classes), np.argsort(self.clusters))]


def least_whole(confusion: Confusion) -> float:
    """The smallest share of a class that lies in its cluster, or of a cluster that belongs to its class: 0..1.

    Near one where every class has a cluster of its own; small where two were merged or one was split. Clusters
    without a class count as zero.
    """
    right = np.where(confusion.right, confusion.counts, 0)
    shares = [right.sum(axis=axis) / np.maximum(confusion.counts.sum(axis=axis), 1) for axis in (0, 1)]
    return float(min(share.min() for share in shares))


def confusion(y: np.ndarray, labels: np.ndarray, n_clusters: int) -> Confusion:
    """The confusion matrix in matched order, classes without a cluster last. Raises as `contingency` does."""
    classes, counts = contingency(y, labels, n_clusters)
    matched = match(counts)
    with_class, without = np.flatnonzero(matched >= 0), np.flatnonzero(matched < 0)
    with_class = with_class[np.argsort(matched[with_class])]
    rows = np.concatenate([matched[with_class], np.setdiff1d(np.arange(len(classes)), matched)]).astype(int)
    columns = np.concatenate([with_class, without])
    return Confusion(classes[rows], columns, counts[np.ix_(rows, columns)], len(with_class))


def cluster_sizes(labels: np.ndarray, n_clusters: int) -> np.ndarray:
    """Number of samples in each cluster, shape (n_clusters,)."""
    return np.bincount(labels, minlength=n_clusters)


def fraction_changed(labels: np.ndarray, before: np.ndarray) -> float:
    """The tutorial's delta_label: the fraction of samples whose cluster is not what it was."""
    return float(np.mean(np.asarray(labels) != np.asarray(before)))
