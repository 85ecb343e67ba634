"""Match two clusterings of the same samples: clusters by their members, maps by their shape."""

from __future__ import annotations

import itertools

import numpy as np
from scipy.linalg import orthogonal_procrustes

from dec_core.analysis.metrics import contingency_table, match


def counterparts(labels: np.ndarray, reference: np.ndarray, n_clusters: int, n_reference: int) -> np.ndarray:
    """For each cluster the one of the reference that shares most samples with it: the Hungarian method, one to one.

    Parameters
    ----------
    labels, reference : ndarray of int, shape (n,)
        The clusters of the same samples, 0 <= labels < n_clusters and 0 <= reference < n_reference.

    Returns
    -------
    ndarray of int, shape (n_clusters,)
        A cluster of the reference, or -1 where there is none left that shares a sample.

    Raises
    ------
    ValueError
        If lengths differ, or a label is out of range.
    """
    counts = contingency_table(reference, labels, n_reference, n_clusters)
    matched = match(counts)
    shared = counts[matched, np.arange(n_clusters)]
    return np.where((matched >= 0) & (shared > 0), matched, -1)


def aligned_order(counterpart: np.ndarray, reference_order: np.ndarray) -> np.ndarray:
    """The place of each cluster in the order of names and colours: its counterpart's, or else one beyond.

    Parameters
    ----------
    counterpart : ndarray of int, shape (n_clusters,)
        Of `counterparts`.
    reference_order : ndarray of int, shape (n_reference,)
        The place of each cluster of the reference.
    """
    known = np.where(counterpart >= 0, reference_order[counterpart], -1)
    others = itertools.count(len(reference_order))  # never the name of a cluster of the reference
    return np.array([place if place >= 0 else next(others) for place in known.tolist()])


def procrustes_align(plane: np.ndarray, points: np.ndarray, targets: np.ndarray) -> np.ndarray:
    """Rotate and mirror a map, without stretching it, onto another: the orthogonal Procrustes problem.

    Parameters
    ----------
    plane : ndarray, shape (n, 2)
    points, targets : ndarray, shape (m, 2)
        The same samples on this map and on the other one (Schönemann, *A generalized solution of the orthogonal
        Procrustes problem*, 1966).

    Returns
    -------
    ndarray, shape (n, 2)
        Centred at the mean of `points`.
    """
    points, targets = np.asarray(points, float), np.asarray(targets, float)
    rotation, _ = orthogonal_procrustes(points - points.mean(axis=0), targets - targets.mean(axis=0))
    return (plane - points.mean(axis=0)) @ rotation
