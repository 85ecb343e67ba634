"""Is it getting better? Loss while pretraining; scores and changes while clustering."""

from __future__ import annotations

import plotly.graph_objects as go
from plotly.subplots import make_subplots

from dec_core.figures.palette import GREY, TEN

SCORES = {"acc": ("Accuracy", TEN[0], "solid"), "nmi": ("NMI", TEN[4], "solid"), "ari": ("ARI", TEN[5], "solid")}


def curves(history, height: int = 300) -> go.Figure:
    """Two panels that share a figure: the autoencoder's loss, and the clustering's scores in per cent.

    `layout.meta["narrow"]` holds what the layout becomes on a narrow screen.

    Parameters
    ----------
    history : dec_core.runs.history.History, or anything with its `pretrain`, `updates`, `centers`, `baseline`
    height : int
        Pixels.
    """
    figure = make_subplots(
        1,
        2,
        column_widths=[0.34, 0.66],
        horizontal_spacing=0.11,
        subplot_titles=["Reconstruction error", "Clusters, %"],
    )
    _loss(figure, history.pretrain)
    _scores(figure, history)
    figure.update_layout(
        height=height,
        margin={"l": 44, "r": 8, "t": 24, "b": 36},
        uirevision="curves",
        hovermode="x unified",
        legend={
            "orientation": "h",
            "x": 1,
            "xanchor": "right",
            "y": 0.22,
            "yanchor": "bottom",
            "font": {"size": 11},
            "bgcolor": "rgba(0,0,0,0)",
        },
    )
    figure.layout.meta = {"narrow": {"legend": {"orientation": "v", "y": 0.14, "font": {"size": 10}}}}
    figure.update_annotations(font_size=12, selector={"showarrow": False, "xanchor": "center"})
    figure.update_xaxes(showgrid=False, zeroline=False, rangemode="tozero")
    return figure


def _loss(figure: go.Figure, records: list[dict]) -> None:
    x = [r["epoch"] - 1 + r["batch"] / r["n_batches"] for r in records]
    figure.add_scatter(
        x=x,
        y=[r["loss"] for r in records],
        mode="lines+markers" if len(x) < 3 else "lines",
        name="error",
        line={"color": TEN[0], "width": 2},
        showlegend=False,
        row=1,
        col=1,
        hovertemplate="%{y:.4f}",
    )
    n_epochs = records[-1]["n_epochs"] if records else 1
    figure.update_xaxes(title={"text": "epoch", "standoff": 4, "font": {"size": 12}}, range=[0, n_epochs], row=1, col=1)
    figure.update_yaxes(rangemode="tozero", nticks=5, row=1, col=1)


def _scores(figure: go.Figure, history) -> None:
    updates = history.updates
    x = [r["iteration"] for r in updates]
    for key, (name, colour, dash) in SCORES.items():
        scored = [r for r in updates if key in r]
        figure.add_scatter(
            x=[r["iteration"] for r in scored],
            y=[100 * r[key] for r in scored],
            mode="lines+markers",
            name=name,
            line={"color": colour, "width": 2, "dash": dash},
            marker={"size": 4},
            row=1,
            col=2,
            hovertemplate="%{y:.1f} %",
        )
    changed = [r for r in updates if r["iteration"] > 0 and "delta_label" in r]
    figure.add_scatter(
        x=[r["iteration"] for r in changed],
        y=[100 * r["delta_label"] for r in changed],
        mode="lines",
        name="changed",
        line={"color": GREY, "width": 2, "dash": "dot"},
        row=1,
        col=2,
        hovertemplate="%{y:.2f} %",
    )
    lines = [(r["acc"], name) for r, name in ((history.baseline, "pixels"), (history.centers, "z")) if r and "acc" in r]
    for acc, _ in lines:
        figure.add_hline(100 * acc, line={"color": GREY, "width": 1, "dash": "dash"}, row=1, col=2)
    if lines:  # one label for both, below the lower line: the curves run above
        text = "k-means: " + ", ".join(f"on {name} {100 * acc:.1f}" for acc, name in sorted(lines, reverse=True))
        place = {"x": 1, "xref": "x2 domain", "y": 100 * min(lines)[0], "yref": "y2", "xanchor": "right"}
        figure.add_annotation(text=text, showarrow=False, yanchor="top", font={"size": 11}, **place)
    longest = max([*x, 1])
    figure.update_xaxes(
        title={"text": "gradient steps", "standoff": 4, "font": {"size": 12}}, range=[0, longest * 1.02], row=1, col=2
    )
    figure.update_yaxes(range=[0, 101], nticks=6, row=1, col=2)


def curves_in_words(history) -> str:
    """The finding of the curves, for who cannot see them."""
    scored = [r for r in history.updates if "acc" in r]
    if scored:
        return f"Accuracy went from {100 * scored[0]['acc']:.1f} % to {100 * scored[-1]['acc']:.1f} %."
    if history.pretrain:
        return f"Reconstruction error is {history.pretrain[-1]['loss']:.4f} in epoch {history.pretrain[-1]['epoch']}."
    return "No curve yet."
