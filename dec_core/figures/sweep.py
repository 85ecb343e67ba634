"""A sweep as figures: how the best value grew, and which values of the fields make it. Rows are those of
`dec_core.sweeps.studies.table`; studies are Optuna's, whose own plots are drawn where they serve."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go

from dec_core.analysis.verdict import ENOUGH_TRIALS
from dec_core.figures.palette import GREY, RIGHT, TEN, WRONG

MANY_TICKS = 7
SYMBOLS = {  # of a trial's state: symbol, colour, name
    "finished": ("circle", RIGHT, "finished"),
    "pruned": ("line-ew-open", GREY, "pruned"),
    "diverged": ("x", WRONG, "diverged"),
    "failed": ("x-thin-open", WRONG, "failed"),
}
OBJECTIVES = {
    "agreement": "Agreement",
    "silhouette": "Silhouette of z",
    "acc": "Accuracy",
    "nmi": "NMI",
    "ari": "ARI",
}


def history(rows: Sequence[dict[str, Any]], objective: str, height: int = 250) -> go.Figure:
    """Every trial's value, and the best so far as a line; trials without a value stand at the foot."""
    figure = go.Figure()
    valued = [row for row in rows if row["value"] is not None]
    foot = min((row["value"] for row in valued), default=0.0)
    for state, (symbol, colour, name) in SYMBOLS.items():
        matching = [row for row in rows if row["state"] == state]
        if matching:
            figure.add_scatter(
                x=[row["number"] for row in matching],
                y=[foot if row["value"] is None else row["value"] for row in matching],
                mode="markers", name=name, customdata=[row["number"] for row in matching],
                marker={"symbol": symbol, "color": colour, "size": 9, "line": {"color": colour, "width": 2}},
                text=[_trial_text(row) for row in matching], hovertemplate="trial %{x}: %{text}<extra></extra>",
            )  # fmt: skip
    best, steps = float("-inf"), []
    for row in valued:
        best = max(best, row["value"])
        steps.append((row["number"], best))
    if steps:
        figure.add_scatter(
            x=[x for x, _ in steps], y=[y for _, y in steps], mode="lines", name="best so far",
            line={"color": TEN[6], "width": 2, "shape": "hv"}, hoverinfo="skip",
        )  # fmt: skip
    last = max((row["number"] for row in rows), default=0)  # a trial that was given back has another number
    _dress(figure, height)
    figure.update_layout(
        legend={"orientation": "h", "x": 1, "xanchor": "right", "y": 1, "yanchor": "bottom", "font": {"size": 11}},
        uirevision="history",
    )
    figure.update_xaxes(title={"text": "trial", "standoff": 4}, showgrid=False, range=[-0.5, last + 0.5])
    figure.update_yaxes(title={"text": OBJECTIVES[objective], "standoff": 6}, nticks=6)
    if len({row["value"] for row in valued}) == 1:  # plotly would show a range of two around it
        figure.update_yaxes(range=[valued[0]["value"] - 0.1, valued[0]["value"] + 0.1])
    return figure


def _trial_text(row: dict[str, Any]) -> str:
    value = "" if row["value"] is None else f"{row['value']:.3f} · "
    return value + ", ".join(f"{name} {_short(value)}" for name, value in row["params"].items())


def _short(value: Any) -> str:
    return f"{value:.3g}" if isinstance(value, float) else str(value)


def importances(study: Any, titles: dict[str, str], height: int = 250) -> go.Figure | None:
    """How much of the objective's variation each field explains (PED-ANOVA, Watanabe et al. 2023).

    None before `ENOUGH_TRIALS` finished trials: with fewer, a field that does nothing may get as much as one that
    decides. `titles` name the fields.
    """
    from optuna.importance import PedAnovaImportanceEvaluator, get_param_importances

    values = [trial.value for trial in study.get_trials(deepcopy=False) if trial.state.name == "COMPLETE"]
    if len(values) < ENOUGH_TRIALS or len(set(values)) < 2:
        return None
    try:
        shares = get_param_importances(study, evaluator=PedAnovaImportanceEvaluator())
    except (ValueError, RuntimeError):  # fields that no finished trial has in common
        return None
    if not shares:
        return None
    names = list(shares)[::-1]
    bars = go.Bar(
        x=[100 * shares[name] for name in names], y=[titles[name] for name in names], orientation="h",
        marker_color=RIGHT, text=[f"{100 * shares[name]:.0f} %" for name in names], hoverinfo="skip",
    )  # fmt: skip
    figure = _dress(go.Figure(bars), height)
    figure.update_xaxes(title={"text": "share of the variance", "standoff": 4}, ticksuffix=" %", showgrid=False)
    figure.update_yaxes(automargin=True)
    return figure


def parallel(
    rows: Sequence[dict[str, Any]],
    titles: dict[str, str],
    logarithmic: Sequence[str],
    objective: str,
    height: int = 250,
) -> go.Figure | None:
    """Parallel coordinates: each finished trial a line through its values, the best ones on top.

    None before there are two. `titles` name the fields, `logarithmic` those that vary over orders of magnitude. Plain
    lines, as Plotly's own need JavaScript that is made from text, which the app's pages forbid.
    """
    finished = sorted((row for row in rows if row["value"] is not None), key=lambda row: row["value"])
    if len(finished) < 2:
        return None
    axes = axes_of(finished, titles, logarithmic, objective)
    places = np.array([_between(axis["values"], axis["values"]) for axis in axes])  # (axes, trials)
    shares = _between([row["value"] for row in finished], [row["value"] for row in finished])
    figure = go.Figure()
    for trial, row in enumerate(finished):
        figure.add_scatter(
            x=list(range(len(axes))), y=places[:, trial], mode="lines+markers", name=f"trial {row['number']}",
            line={"color": RIGHT, "width": 1.5}, marker={"size": 4}, opacity=0.15 + 0.85 * shares[trial],
            text=[_trial_text(row)] * len(axes), hovertemplate=f"trial {row['number']}: %{{text}}<extra></extra>",
        )  # fmt: skip
    for x, axis in enumerate(axes):
        figure.add_vline(x, line={"color": GREY, "width": 1}, layer="below")
        figure.add_annotation(x=x, y=1.08, text=axis["label"], showarrow=False, yanchor="bottom", font={"size": 12})
        for place, text in zip(_between(axis["tickvals"], axis["values"]), axis["ticktext"], strict=True):
            figure.add_annotation(
                x=x, y=place, text=text, showarrow=False, xanchor="right", xshift=-4, font={"size": 11}
            )
    _dress(figure, height)
    figure.update_layout(margin={"l": 10, "r": 10, "t": 34, "b": 12}, uirevision="parallel", showlegend=False)
    figure.update_xaxes(visible=False, range=[-0.5, len(axes) - 0.75], fixedrange=True)
    figure.update_yaxes(visible=False, range=[-0.06, 1.08], fixedrange=True)
    return figure


def axes_of(
    finished: Sequence[dict[str, Any]], titles: dict[str, str], logarithmic: Sequence[str], objective: str
) -> list[dict[str, Any]]:
    """Label, values, tickvals and ticktext of each axis: those of the fields, then the objective's."""
    params = {name: [row["params"].get(name) for row in finished] for name in titles}
    axes = [_axis(titles[name], values, name in logarithmic) for name, values in params.items()]
    return [*axes, _axis(objective, [row["value"] for row in finished], logarithmic=False)]


def _between(values: Sequence[float], all_values: Sequence[float]) -> np.ndarray:
    """Where values lie between the least of all, 0, and the most, 1; in the middle where all are alike."""
    low, high = min(all_values), max(all_values)
    return np.full(len(values), 0.5) if low == high else (np.array(values, dtype=float) - low) / (high - low)


def _axis(title: str, values: list[Any], logarithmic: bool) -> dict[str, Any]:
    if all(isinstance(value, int | float) and not isinstance(value, bool) for value in values):
        if not logarithmic:
            ends = sorted({min(values), max(values)})
            return {"label": title, "values": values, "tickvals": ends, "ticktext": [f"{end:.4g}" for end in ends]}
        steps = [float(f"{digit}e{exponent}") for exponent in range(-8, 8) for digit in (1, 2, 5)]
        within = [step for step in steps if min(values) <= step <= max(values)]
        ticks = within if len(within) > 1 else sorted(set(values))
        ticks = [step for step in ticks if f"{step:e}".startswith("1")] if len(ticks) > MANY_TICKS else ticks
        marks = {"tickvals": [math.log10(tick) for tick in ticks], "ticktext": [f"{tick:.3g}" for tick in ticks]}
        return {"label": title, "values": [math.log10(value) for value in values], **marks}
    known = sorted({_named(value): value for value in values}.items(), key=lambda item: _order(item[1]))
    names = [name for name, _ in known]
    places = [names.index(_named(value)) for value in values]
    return {"label": title, "values": places, "tickvals": list(range(len(names))), "ticktext": names}


def _named(value: Any) -> str:
    return "–" if value is None else ("no", "yes")[value] if isinstance(value, bool) else str(value)


def _order(value: Any) -> tuple[bool, bool, Any]:
    """Numbers by size, then words, then what is missing."""
    return value is None, isinstance(value, str), 0 if value is None else value


def slices(study: Any, titles: dict[str, str], objective: str, height: int = 250) -> go.Figure | None:
    """Optuna's slices: the objective over each field alone, later trials darker. None before two have ended."""
    from optuna.visualization import plot_slice

    if sum(trial.state.name == "COMPLETE" for trial in study.get_trials(deepcopy=False)) < 2:
        return None
    figure = plot_slice(study, target_name=OBJECTIVES[objective])
    _dress(figure, height)
    figure.update_layout(title=None, template=None, showlegend=False)
    figure.update_traces(marker={"showscale": False, "line": {"width": 1, "color": GREY}})
    figure.for_each_xaxis(lambda axis: axis.update(title={"text": titles.get(axis.title.text, axis.title.text)}))
    figure.update_xaxes(title_font_size=12, tickfont_size=11, nticks=5, exponentformat="power")
    figure.update_xaxes(dtick="D2", selector={"type": "log"})
    figure.for_each_xaxis(_yes_and_no)
    figure.update_yaxes(title_font_size=12, tickfont_size=11)
    return figure


def _yes_and_no(axis: Any) -> None:
    """Optuna writes Python's words."""
    if axis.categoryarray is not None and set(axis.categoryarray) <= {"True", "False"}:
        axis.update(tickvals=["False", "True"], ticktext=["no", "yes"])


def _dress(figure: go.Figure, height: int) -> go.Figure:
    figure.update_layout(height=height, margin={"l": 56, "r": 10, "t": 26, "b": 40})
    return figure
