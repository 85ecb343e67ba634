"""Names of clusters, the same on every screen and in the library: letters, so that none is taken for a digit."""

from __future__ import annotations

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
    """The place of each cluster in the order of names and colours, int of shape (n_clusters,), for a whole run.

    Clusters are ordered by the classes matched to them when they were born, so that colours of clusters and digits
    start out alike. Only names depend on it, nothing that is trained.

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
