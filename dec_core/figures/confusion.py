"""Which digits are mixed up? The confusion matrix in matched order; errors stand out."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import Any

import numpy as np
import plotly.graph_objects as go

from dec_core.analysis.metrics import Confusion
from dec_core.analysis.naming import letter
from dec_core.analysis.verdict import thousands
from dec_core.figures.palette import GREY, RIGHT, TEN, WRONG, faint

COLOURS = [  # few are faint on any background, a dark one as well
    [0, faint(WRONG, 1)],
    [0.3, faint(WRONG, 0.5)],
    [0.47, faint(WRONG, 0.16)],
    [0.5, faint(GREY, 0.06)],
    [0.53, faint(RIGHT, 0.16)],
    [1, faint(RIGHT, 1)],
]


def confusion_figure(
    confusion: Confusion,
    cluster_order: np.ndarray,
    names: Sequence[str],
    kind: str = "digit",
    height: int = 300,
    tones: Sequence[str] = TEN,
) -> go.Figure:
    """Counts of true class by cluster. Agreement is blue on the diagonal, errors orange.

    Parameters
    ----------
    confusion : Confusion
    cluster_order : ndarray of int, shape (n_clusters,)
        For each cluster its place in the order of names.
    names : sequence of str
        Names of the classes.
    kind : str
        What a class is, in a word.
    height : int
        Pixels.
    tones : sequence of str
        The colour of the cluster at each place; repeated where there are more.
    """
    classes = [escape(names[value], quote=False) for value in confusion.classes]  # plotly takes some of HTML
    places = [int(cluster_order[cluster]) for cluster in confusion.clusters]
    letters = [letter(place) for place in places]
    figure = go.Figure(_cells(confusion, classes, letters, names, kind))
    figure.update_layout(height=height, margin={"l": 44, "r": 6, "t": 6, "b": 40}, uirevision="confusion")
    squares = [f"<span style='color:{tones[place % len(tones)]}'>■</span>" for place in places]
    ticks = [f"{square} {name}" for square, name in zip(squares, letters, strict=True)]
    figure.update_xaxes(title={"text": "cluster", "standoff": 2}, tickangle=0, **_named(ticks))
    figure.update_yaxes(title={"text": f"true {kind}", "standoff": 8}, autorange="reversed", **_named(classes))
    return figure


def _cells(confusion: Confusion, classes: list[str], letters: list[str], names: Sequence[str], kind: str) -> go.Heatmap:
    """A cell for each class and cluster: its count and shade, what it says under the pointer, what a click means."""
    counts = confusion.counts.tolist()
    return go.Heatmap(
        z=_shades(confusion.counts, confusion.right),
        text=[[thousands(n) if n else "" for n in row] for row in counts],
        texttemplate="%{text}",
        textfont={"size": 11 if len(letters) <= 12 else 8},
        hovertext=[
            [
                f"{thousands(n)} of {kind} {name} are in cluster {cluster}"
                for cluster, n in zip(letters, row, strict=True)
            ]
            for name, row in zip(classes, counts, strict=True)
        ],
        hoverinfo="text",
        customdata=[[[names[value], cluster] for cluster in letters] for value in confusion.classes],
        xgap=1,
        ygap=1,
        zmin=-1,
        zmax=1,
        colorscale=COLOURS,
        showscale=False,
    )


def _shades(counts: np.ndarray, right: np.ndarray) -> np.ndarray:
    """From -1, an error of a fifth of its class and more, over 0, nothing, to 1, all of a class where it belongs."""
    share = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    shade = np.where(right, 0.1 + 0.9 * share, -np.minimum(1, 0.1 + 4 * share))
    return np.where(counts == 0, 0, shade)


def _named(ticks: list[str]) -> dict[str, Any]:
    """An axis with a name at each row or column."""
    plain = {"showgrid": False, "zeroline": False, "title_font_size": 12}
    return {"tickvals": list(range(len(ticks))), "ticktext": ticks, **plain}


def sizes_figure(
    sizes: np.ndarray, cluster_order: np.ndarray, height: int = 300, tones: Sequence[str] = TEN
) -> go.Figure:
    """Cluster sizes as bars: what can be shown where labels are not known. `tones` as in `confusion_figure`."""
    order = np.argsort(cluster_order)
    names = [letter(cluster_order[cluster]) for cluster in order]
    bars = go.Bar(
        x=names,
        y=np.asarray(sizes)[order],
        marker_color=[tones[cluster_order[c] % len(tones)] for c in order],
        text=np.asarray(sizes)[order],
    )
    figure = go.Figure(bars)
    figure.update_layout(height=height, margin={"l": 48, "r": 6, "t": 10, "b": 36}, uirevision="sizes")
    figure.update_xaxes(title="cluster")
    return figure
