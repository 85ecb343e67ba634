"""Which digits are mixed up? The confusion matrix in matched order; errors stand out."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go

from dec_core.analysis.metrics import Confusion
from dec_core.figures.palette import RIGHT, WRONG, colour, letter

COLOURS = [
    [0, WRONG],
    [0.3, "#f4ae7b"],
    [0.47, "#fdeadb"],
    [0.5, "rgba(128,128,128,0.06)"],
    [0.53, "#e3eefa"],
    [1, RIGHT],
]


def confusion_figure(
    confusion: Confusion, places: np.ndarray, names: Sequence[str], kind: str = "digit", height: int = 300
) -> go.Figure:
    """Counts of true class by cluster. Agreement is blue on the diagonal, errors orange.

    Parameters
    ----------
    confusion : Confusion
    places : ndarray of int, shape (n_clusters,)
        For each cluster its place in the order of names and colours.
    names : sequence of str
        Names of the classes.
    kind : str
        What a class is, in a word.
    height : int
        Pixels.
    """
    counts, right = confusion.counts, confusion.right
    share = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    shade = np.where(
        right, 0.1 + 0.9 * share, -np.minimum(1, 0.1 + 4 * share)
    )  # an error of a fifth is as dark as can be
    shade = np.where(counts == 0, 0, shade)
    letters = [letter(places[cluster]) for cluster in confusion.clusters]
    ticks = [f"<span style='color:{colour(places[c])}'>■</span> {letter(places[c])}" for c in confusion.clusters]
    classes = [names[value] for value in confusion.classes]
    hover = [
        [
            f"{n:,} of {kind} {digit} lie in cluster {name}".replace(",", "\u2009")
            for name, n in zip(letters, row, strict=True)
        ]
        for digit, row in zip(classes, counts.tolist(), strict=True)
    ]
    text = [[f"{n:,}".replace(",", "\u2009") if n else "" for n in row] for row in counts.tolist()]
    figure = go.Figure(
        go.Heatmap(
            z=shade,
            text=text,
            hovertext=hover,
            hoverinfo="text",
            texttemplate="%{text}",
            xgap=1,
            ygap=1,
            zmin=-1,
            zmax=1,
            colorscale=COLOURS,
            showscale=False,
            textfont={"size": 11 if len(letters) <= 12 else 8},
        )
    )
    figure.update_layout(height=height, margin={"l": 44, "r": 6, "t": 6, "b": 40}, uirevision="confusion")
    figure.update_xaxes(
        title={"text": "cluster", "standoff": 2, "font": {"size": 12}},
        tickvals=list(range(len(ticks))),
        ticktext=ticks,
        showgrid=False,
        zeroline=False,
        tickangle=0,
    )
    figure.update_yaxes(
        title={"text": f"true {kind}", "standoff": 8, "font": {"size": 12}},
        tickvals=list(range(len(classes))),
        ticktext=classes,
        autorange="reversed",
        showgrid=False,
        zeroline=False,
    )
    return figure


def sizes_figure(sizes: np.ndarray, places: np.ndarray, height: int = 300) -> go.Figure:
    """Cluster sizes as bars: what can be shown where labels are not known."""
    order = np.argsort(places)
    names = [letter(places[cluster]) for cluster in order]
    bars = go.Bar(
        x=names,
        y=np.asarray(sizes)[order],
        marker_color=[colour(places[c]) for c in order],
        text=np.asarray(sizes)[order],
    )
    figure = go.Figure(bars)
    figure.update_layout(height=height, margin={"l": 48, "r": 6, "t": 10, "b": 36}, uirevision="sizes")
    figure.update_xaxes(title="cluster")
    return figure
