"""Names and colours of clusters, the same on every screen: letters, so that none is taken for a digit."""

from __future__ import annotations

import itertools

import numpy as np

from dec_core.analysis.metrics import Confusion


def letter(number: int) -> str:
    """A, B, ... Z, AA, AB, ...: the name of the cluster at place `number`."""
    name = ""
    number += 1
    while number:
        number, rest = divmod(number - 1, 26)
        name = chr(ord("A") + rest) + name
    return name


def cluster_order(first: Confusion | None, n_clusters: int) -> np.ndarray:
    """The place of each cluster in the order of names, int of shape (n_clusters,), for a whole run.

    Clusters are ordered by the classes matched to them when they were born. Only names depend on it, nothing that is
    trained.

    Parameters
    ----------
    first : Confusion or None
        At the first moment that has clusters; None where labels are not known: then clusters keep their own order.
    n_clusters : int
    """
    order = np.arange(n_clusters)
    if first is not None:
        order[first.clusters] = np.arange(n_clusters)
    return order


def colour_by_place(newest: Confusion | None, order: np.ndarray) -> np.ndarray:
    """The number of the colour of the cluster at each place, int of shape (n_clusters,), for a whole run.

    A cluster has the colour of the class that is matched to it at the newest moment, so that a map coloured by clusters
    is read as one coloured by classes; one without a class has a colour that is no other's. Names stay as they were.

    Parameters
    ----------
    newest : Confusion or None
        At the newest moment that has clusters; None where labels are not known: then colours follow the names.
    order : ndarray of int, shape (n_clusters,)
        Of `cluster_order`.
    """
    if newest is None:
        return np.arange(len(order))
    matched = newest.class_of[np.argsort(order)].tolist()
    free = (number for number in itertools.count() if number not in matched)
    return np.array([number if number >= 0 else next(free) for number in matched])
