"""The tutorial's confusion matrix: seaborn's heatmap of counts, true labels against clusters."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import seaborn as sns
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from dec_core.analysis.metrics import Confusion


def heatmap(confusion: Confusion, *, matched: bool = True, names: Sequence[str] = ()) -> Figure:
    """Counts of every class in every cluster. Clusters go by their numbers, as in the tutorial.

    Parameters
    ----------
    confusion : Confusion
    matched : bool
        With each cluster below its class, so that agreement lies on the diagonal; otherwise classes and
        clusters ascend, as in the tutorial.
    names : sequence of str
        Names of the classes, by number; without them the numbers are shown.
    """
    rows, columns = _order(confusion, matched)
    counts = confusion.counts[np.ix_(rows, columns)]  # (n_classes, n_clusters)
    size = 2.4 + 0.58 * np.array(counts.shape[::-1])
    figure = Figure(figsize=np.maximum(size, (6, 4)), layout="constrained", facecolor="white")
    FigureCanvasAgg(figure)  # seaborn measures tick labels
    axes = figure.add_subplot()
    classes = [names[c] if len(names) else str(c) for c in confusion.classes[rows].tolist()]
    ticks = {"xticklabels": confusion.clusters[columns], "yticklabels": classes}
    sns.heatmap(counts, annot=True, fmt="d", annot_kws={"size": 9}, ax=axes, **ticks)
    axes.tick_params(axis="y", rotation=0)
    axes.set_title("Confusion matrix", fontsize=14)
    axes.set_xlabel("Clustering label", fontsize=12)
    axes.set_ylabel("True label", fontsize=12)
    return figure


def _order(confusion: Confusion, matched: bool) -> tuple[np.ndarray, np.ndarray]:
    """Rows and columns of the counts in the order in which they are drawn."""
    if matched:
        return np.arange(len(confusion.classes)), np.arange(len(confusion.clusters))
    return np.argsort(confusion.classes), np.argsort(confusion.clusters)
