"""The tutorial's confusion matrix: seaborn's heatmap of counts, true labels against clusters."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import seaborn as sns
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from dec_core.analysis.metrics import Confusion

CELL = 0.58  # inches along a side
LARGEST = 30  # inches, along all cells of a side: of more cells than fit, each is smaller,
READABLE = 0.4  # and below this has no number written into it


def heatmap(confusion: Confusion, *, names: Sequence[str] = ()) -> Figure:
    """Counts of every class in every cluster, each cluster below its class, so that agreement lies on the diagonal.

    Clusters go by their numbers, as in the tutorial.

    Parameters
    ----------
    confusion : Confusion
    names : sequence of str
        Names of the classes, by number; without them the numbers are shown.
    """
    counts = confusion.counts  # (n_classes, n_clusters)
    cell = min(CELL, LARGEST / max(counts.shape))
    size = 2.4 + cell * np.array(counts.shape[::-1])
    figure = Figure(figsize=np.maximum(size, (6, 4)), layout="constrained", facecolor="white")
    FigureCanvasAgg(figure)  # seaborn measures tick labels
    axes = figure.add_subplot()
    classes = [names[c] if len(names) else str(c) for c in confusion.classes.tolist()]
    ticks = {"xticklabels": confusion.clusters, "yticklabels": classes}
    sns.heatmap(counts, annot=cell >= READABLE, fmt="d", annot_kws={"size": 9}, ax=axes, **ticks)
    axes.tick_params(axis="y", rotation=0)
    axes.set_title("Confusion matrix", fontsize=14)
    axes.set_xlabel("Clustering label", fontsize=12)
    axes.set_ylabel("True label", fontsize=12)
    return figure
