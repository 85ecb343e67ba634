"""Which learns faster? The curves of several set-ups over each other, each a mean with a band over its seeds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from dec_core.config import RunConfig
from dec_core.figures.palette import GREY, faint
from dec_core.methods import held_steps

AXES = {"iteration": "gradient steps", "epoch": "epochs", "seconds": "seconds"}
SCORES = {  # name, factor, format of a value
    "acc": ("Accuracy", 100, ".1f"),
    "nmi": ("NMI", 1, ".3f"),
    "ari": ("ARI", 1, ".3f"),
    "silhouette": ("Silhouette", 1, ".3f"),
    "confidence": ("Confidence", 1, ".3f"),
    "delta_label": ("Changed", 100, ".2f"),
    "kl_divergence": ("KL(p‖q)", 1, ".4f"),
}
PER_CENT = ("acc", "delta_label")
N_GRID = 300  # points of a mean curve


@dataclass(frozen=True)
class Line:
    """The runs of one set-up.

    Attributes
    ----------
    name, colour : str
        The name is any text.
    histories : sequence of dec_core.runs.history.History, or anything with its records
    n_samples : int
        Images an epoch goes through.
    batch_size : int
    held : int
        Gradient steps for which the first target p is that of a mixture; 0 if p is always sharpened from q.
    """

    name: str
    colour: str
    histories: Sequence[Any]
    n_samples: int
    batch_size: int
    held: int = 0


def line_of(name: str, colour: str, histories: Sequence[Any], n_samples: int, config: RunConfig) -> Line:
    """The line of runs of this config but for the seed."""
    return Line(name, colour, histories, n_samples, config.batch_size, held_steps(config))


def overlay(lines: Sequence[Line], score: str, by: str, smoothing: float = 0.0, height: int = 300) -> go.Figure:
    """Two panels: reconstruction error while pretraining, and a score while clustering.

    Where clustering goes over from the mixture's p to p from q, a line has a diamond.

    Parameters
    ----------
    lines : sequence of Line
    score : str
        One of `SCORES`.
    by : {"iteration", "epoch", "seconds"}
        What runs along. Seconds are of training since the run began; the other two start anew with each phase.
    smoothing : float
        0 for the values themselves, towards 1 for an ever slower moving average; then the values stay as a thin line.
    height : int
        Pixels.

    Raises
    ------
    ValueError
        For a score or an axis that there is not.
    """
    if score not in SCORES or by not in AXES:
        raise ValueError(f"received {score!r} by {by!r}, expected one of {', '.join(SCORES)} by {', '.join(AXES)}")
    name, factor, digits = SCORES[score]
    titles = ["Reconstruction error", f"{name} during clustering"]
    figure = make_subplots(1, 2, column_widths=[0.34, 0.66], horizontal_spacing=0.11, subplot_titles=titles)
    for line in lines:
        _panel(figure, line, [_losses(history, by) for history in line.histories], 1, smoothing, ".4f")
        scored = [_scores(line, history, score, by, factor) for history in line.histories]
        _panel(figure, line, scored, 2, smoothing, digits + (" %" if score in PER_CENT else ""))
        _phases(figure, line, scored)
    unit = " %" if score in PER_CENT else ""
    if not any(trace.xaxis == "x2" for trace in figure.data):
        middle = {"x": 0.5, "xref": "x2 domain", "y": 0.5, "yref": "y2 domain"}
        figure.add_annotation(text="once the centers are initialized", showarrow=False, font={"color": GREY}, **middle)
    figure.update_layout(
        height=height, margin={"l": 48, "r": 8, "t": 28, "b": 36}, uirevision=f"{score} {by}", hovermode="x unified",
        showlegend=False,
    )  # fmt: skip
    figure.update_annotations(font_size=12, selector={"showarrow": False, "xanchor": "center"})
    axis = {"text": AXES[by], "standoff": 4, "font": {"size": 12}}
    figure.update_xaxes(title=axis, showgrid=False, zeroline=False, rangemode="tozero")
    figure.update_yaxes(nticks=6, rangemode="tozero", row=1, col=1)
    figure.update_yaxes(nticks=6, ticksuffix=unit, row=1, col=2)
    return figure


Curve = tuple[np.ndarray, np.ndarray]  # x and y of one run


def _losses(history: Any, by: str) -> Curve:
    records = history.pretrain
    done = np.array([r["epoch"] - 1 + r["batch"] / r["n_batches"] for r in records])
    steps = np.array([(r["epoch"] - 1) * r["n_batches"] + r["batch"] for r in records])
    x = {"epoch": done, "iteration": steps, "seconds": np.array([r["seconds"] for r in records])}[by]
    return x, np.array([r["loss"] for r in records])


def _scores(line: Line, history: Any, score: str, by: str, factor: float) -> Curve:
    records = [r for r in history.updates if score in r]
    steps = np.array([r["iteration"] for r in records], dtype=float)
    epochs = steps * line.batch_size / line.n_samples
    x = {"iteration": steps, "epoch": epochs, "seconds": np.array([r["seconds"] for r in records])}[by]
    return x, factor * np.array([r[score] for r in records], dtype=float)


def _panel(figure: go.Figure, line: Line, curves: list[Curve], column: int, smoothing: float, digits: str) -> None:
    curves = [(x, y) for x, y in curves if len(x)]
    if not curves:
        return
    x, mean, low, high = band(curves)
    place = {"row": 1, "col": column}
    if len(curves) > 1:
        outline = np.concatenate([x, x[::-1]]), np.concatenate([high, low[::-1]])
        figure.add_scatter(
            x=outline[0], y=outline[1], fill="toself", fillcolor=faint(line.colour, 0.18), line={"width": 0},
            hoverinfo="skip", **place,
        )  # fmt: skip
    if smoothing:
        figure.add_scatter(
            x=x, y=mean, mode="lines", line={"color": line.colour, "width": 1}, opacity=0.35, hoverinfo="skip", **place
        )
        mean = smoothed(mean, smoothing)
    value, unit = digits.removesuffix(" %"), " %" if digits.endswith("%") else ""
    figure.add_scatter(
        x=x, y=mean, mode="lines+markers" if len(x) < 3 else "lines", name=_safe(line.name),
        line={"color": line.colour, "width": 2}, hovertemplate=f"%{{y:{value}}}{unit}", **place,
    )  # fmt: skip


def band(curves: Sequence[Curve]) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """x, mean, least and greatest y of several curves; one alone stays as it is.

    It begins where all have begun. A curve that ends before the others keeps its last value: that run was done.
    """
    if len(curves) == 1:
        x, y = curves[0]
        return x, y, y, y
    start, end = max(x[0] for x, _ in curves), max(x[-1] for x, _ in curves)
    grid = np.linspace(start, end, N_GRID)
    values = np.array([np.interp(grid, x, y) for x, y in curves])
    return grid, values.mean(axis=0), values.min(axis=0), values.max(axis=0)


def smoothed(y: np.ndarray, weight: float) -> np.ndarray:
    """An exponential moving average without the pull of its start: `weight` of the past, 0..1, shape (n,)."""
    total, mass, averages = 0.0, 0.0, []
    for value in y:
        total, mass = weight * total + (1 - weight) * value, weight * mass + (1 - weight)
        averages.append(total / mass)
    return np.array(averages)


def _phases(figure: go.Figure, line: Line, curves: list[Curve]) -> None:
    """A diamond where p ceases to be the mixture's."""
    curves = [(x, y) for x, y in curves if len(x)]
    steps = [record["iteration"] for record in line.histories[0].updates]
    if not line.held or not curves or not steps or steps[-1] < line.held:
        return
    at = min(int(np.searchsorted(steps, line.held)), len(curves[0][0]) - 1)
    x, mean, _, _ = band(curves)
    place = float(curves[0][0][at])
    figure.add_scatter(
        x=[place], y=[np.interp(place, x, mean)], mode="markers", name=_safe(line.name),
        marker={"symbol": "diamond", "size": 9, "color": line.colour},
        hovertemplate="from here on p is computed from q", row=1, col=2,
    )  # fmt: skip


def _safe(text: str) -> str:
    """Any text, for where plotly takes tags for markup."""
    return escape(text, quote=False)


def overlay_in_words(lines: Sequence[Line], score: str) -> str:
    """What the curves show, as text."""
    name, factor, digits = SCORES[score]
    means = []
    for line in lines:
        newest = [[r for r in history.updates if score in r][-1:] for history in line.histories]
        values = [factor * records[0][score] for records in newest if records]
        if values:
            means.append(f"{line.name} {sum(values) / len(values):{digits}}")
    return f"{name}: {', '.join(means)}." if means else "No curve yet."
