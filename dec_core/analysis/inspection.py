"""Which cluster each sample belongs to, how confidently and since when: the parts of an inspection of a clustering.

Arrays in, arrays out. One moment is described by q, shape (n, n_clusters), and labels, shape (n,); the whole training
by the labels at each target update, shape (n_moments, n). `dec_core.reading.run` reads them from a run.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from dec_core.analysis.metrics import contingency_table

LAST_PART = 0.25  # of the moments: who still changes cluster in them has not settled
ORDERS = ("wrong", "uncertain", "typical", "outliers", "index")


@dataclass(frozen=True)
class Rivals:
    """The cluster of each sample and the one that it was closest to joining.

    Attributes
    ----------
    second : ndarray of int, shape (n,)
        The cluster of the largest q but the sample's own; its own where there is but one; -1 where q is not known.
    confidence, runner_up : ndarray of float, shape (n,)
        q of its own cluster, and of the second.
    """

    second: np.ndarray
    confidence: np.ndarray
    runner_up: np.ndarray


def rivals(q: np.ndarray, labels: np.ndarray) -> Rivals:
    """For each sample the cluster that it was second closest to joining.

    Parameters
    ----------
    q : ndarray, shape (n, n_clusters)
    labels : ndarray of int, shape (n,)
        The cluster of each sample. It is asked for because q may be rounded, and a tie must not change the cluster.
    """
    rows = np.arange(len(q))
    if q.shape[1] == 1:
        return Rivals(np.asarray(labels), q[:, 0], np.zeros(len(q)))
    others = np.array(q, dtype=float)
    others[rows, labels] = -1.0
    second = others.argmax(axis=1)
    runner_up = others[rows, second]
    return Rivals(np.where(np.isnan(runner_up), -1, second), q[rows, labels], runner_up)


def most_telling(
    order: str, confidence: np.ndarray, distance: np.ndarray, wrong: np.ndarray | None, chosen: np.ndarray
) -> np.ndarray:
    """The chosen samples, the most telling first. Samples that are alike keep the order of their indices.

    Parameters
    ----------
    order : {"wrong", "uncertain", "typical", "outliers", "index"}
        Most confident errors first, then correct ones from the least confident on; least confident first; closest to
        their own center first; farthest from it first; by index.
    confidence, distance : ndarray of float, shape (n,)
        q of each sample's own cluster, and the distance to its center.
    wrong : ndarray of bool, shape (n,), or None
        Whether a sample lies in the cluster of another class; None without labels: then "wrong" is "uncertain".
    chosen : ndarray of int, shape (m,)
        Which samples, ascending.

    Returns
    -------
    ndarray of int, shape (m,)

    Raises
    ------
    ValueError
        If there is no such order.
    """
    if order not in ORDERS:
        raise ValueError(f"order: received {order!r}, expected one of {', '.join(ORDERS)}")
    sure, far = confidence[chosen], distance[chosen]
    if order == "wrong" and wrong is not None:
        errors = wrong[chosen]
        return chosen[np.lexsort((np.where(errors, -sure, sure), ~errors))]
    key = {"typical": far, "outliers": -far, "index": np.zeros(len(chosen))}.get(order, sure)
    return chosen[np.argsort(key, kind="stable")]


def last_change(history: np.ndarray) -> np.ndarray:
    """At which moment each sample came to the cluster in which it has been since: int, shape (n,); 0 if it never moved.

    Parameters
    ----------
    history : ndarray of int, shape (n_moments, n)
    """
    if not len(history):
        return np.zeros(history.shape[1], dtype=int)
    moved = np.zeros(history.shape, dtype=bool)
    moved[1:] = history[1:] != history[:-1]
    last = len(history) - 1 - moved[::-1].argmax(axis=0)
    return np.where(moved.any(axis=0), last, 0)


def unsettled(history: np.ndarray) -> np.ndarray:
    """Whether a sample has changed cluster in the last quarter of the moments: bool, shape (n,)."""
    n_moments = len(history)
    first = n_moments - max(1, round(LAST_PART * n_moments))
    return (last_change(history) >= max(first, 1)) & (n_moments > 1)


def cell_counts(counts: np.ndarray, right: np.ndarray, rows: np.ndarray, columns: np.ndarray, side: str) -> np.ndarray:
    """How many samples lay in some cells of the confusion matrix, moment by moment.

    Parameters
    ----------
    counts : ndarray of int, shape (n_moments, n_rows, n_columns)
    right : ndarray of bool, shape (n_moments, n_rows, n_columns)
        Whether the column is matched to the row at that moment.
    rows, columns : ndarray of bool, shapes (n_rows,) and (n_columns,)
        The cells are those of these rows and these columns.
    side : {"", "right", "wrong"}
        Only the matched ones of them, or only the others.

    Returns
    -------
    ndarray of int, shape (n_moments,)
    """
    cells = rows[:, None] & columns[None, :] & {"right": right, "wrong": ~right}.get(side, np.ones_like(right))
    return np.where(cells, counts, 0).sum(axis=(1, 2))


def flows(before: np.ndarray, now: np.ndarray, n_clusters: int) -> np.ndarray:
    """How many samples went from each cluster to each: int, shape (n_clusters, n_clusters), [from, to]."""
    return contingency_table(before, now, n_clusters, n_clusters)


def straight_path(start: np.ndarray, end: np.ndarray, n_steps: int) -> np.ndarray:
    """Points from `start` to `end`, both included, evenly spaced on a line in z: (n_steps, latent_dim), n_steps > 1."""
    return np.linspace(np.asarray(start, dtype=float), np.asarray(end, dtype=float), n_steps)


def inside(polygon: np.ndarray, plane: np.ndarray) -> np.ndarray:
    """Which points lie within a closed polygon, by the even-odd rule: bool, shape (n,).

    Parameters
    ----------
    polygon : ndarray, shape (n_corners, 2)
    plane : ndarray, shape (n, 2)
    """
    from matplotlib.path import Path  # takes a tenth of a second to import: only for a lasso

    return Path(polygon).contains_points(plane)


def right_and_wrong(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Two clusterings of the same samples, counted: int, shape (2, 2).

    Parameters
    ----------
    a, b : ndarray of bool, shape (n,)
        Which samples each has right.

    Returns
    -------
    ndarray
        [[both right, only a right], [only b right, both wrong]].
    """
    return contingency_table((~a).astype(int), (~b).astype(int), 2, 2)


def steadiness(planes: list[np.ndarray], embeddings: list[np.ndarray]) -> float:
    """How far samples that hardly moved in z wander on the screen, against the spread of the picture.

    Between every two moments: the mean displacement in the plane of the tenth of the samples whose z moved least,
    divided by the root mean square distance of all points to their middle. Their mean; 0 is perfectly still.

    Parameters
    ----------
    planes : list of ndarray, shape (n, 2)
    embeddings : list of ndarray, shape (n, latent_dim)
        z at the same moments.

    Raises
    ------
    ValueError
        If there are fewer than two moments.
    """
    if len(planes) < 2:
        raise ValueError(f"planes: received {len(planes)}, expected two moments or more")
    wandered = []
    for i in range(1, len(planes)):
        moved = np.linalg.norm(embeddings[i].astype(float) - embeddings[i - 1], axis=1)
        least = np.argsort(moved, kind="stable")[: max(1, len(moved) // 10)]
        shift = np.linalg.norm(planes[i][least].astype(float) - planes[i - 1][least], axis=1).mean()
        spread = np.sqrt(np.square(planes[i] - planes[i].mean(axis=0)).sum(axis=1).mean())
        wandered.append(shift / spread if spread > 0 else 0.0)
    return float(np.mean(wandered))
