"""Is it getting better? Loss while pretraining; scores and changes while clustering."""

from __future__ import annotations

import itertools

import plotly.graph_objects as go
from plotly.subplots import make_subplots

from dec_core.figures.palette import GREY, RIGHT, TEN, WRONG
from dec_core.figures.references import KMEANS, NAME, references

SCORES = {  # with labels the first three, without the last two
    "acc": ("Accuracy", TEN[0], "solid"),
    "nmi": ("NMI", TEN[4], "solid"),
    "ari": ("ARI", TEN[5], "solid"),
    "silhouette": ("Silhouette", TEN[0], "solid"),
    "confidence": ("Confidence", TEN[4], "solid"),
}
WITHOUT_LABELS = ("silhouette", "confidence")
NOTE = 0.2  # of the axis, which a note on a phase takes: with less it would be cut off
MOST_POINTS = 400  # of a curve
MOST_TURNS, LEAST_TURN = 4, 0.005  # updates that are marked, and the change of accuracy that is worth it


def curves(
    history,
    height: int = 300,
    gamma: float | None = None,
    held: int = 0,
    start: str = KMEANS,
    term: str = "γ · KL(p‖q)",
) -> go.Figure:
    """Two panels that share a figure: the autoencoder's loss, and the clustering's scores in per cent.

    The legend stands in place of the second panel's title. Where both losses are trained while
    clustering, the first panel shows them once clustering begins.

    `layout.meta["narrow"]` holds what the layout becomes on a narrow screen.

    Parameters
    ----------
    history : dec_core.runs.history.History, or anything with its records
    height : int
        Pixels.
    gamma : float or None
        Weight of the clustering loss where it is trained together with the reconstruction.
    held : int
        Gradient steps for which the first target p is that of a mixture; 0 if p is always sharpened from q.
    start : str
        What placed the centers, as `start_name` says.
    term : str
        The clustering loss with its weight, as `dec_core.methods.weighed_loss` says.
    """
    both = [r for r in history.kl if r.get("reconstruction_loss") is not None] if gamma is not None else []
    figure = make_subplots(
        1,
        2,
        column_widths=[0.34, 0.66],
        horizontal_spacing=0.11,
        subplot_titles=["" if both else "Reconstruction error", ""],
    )
    if both:
        _losses(figure, both, gamma, term)
    else:
        _loss(figure, history.pretrain)
    phone = _scores(figure, history, held, start)
    if held and history.updates:
        _phases(figure, held, history.updates, both=bool(both) and both[-1]["iteration"] >= held)
    _lay_out(figure, height, phone)
    return figure


def _lay_out(figure: go.Figure, height: int, phone: tuple[go.layout.Annotation, ...]) -> None:
    """Margins, the legend in place of the second title, and in `layout.meta` legend and names of a narrow screen."""
    figure.update_layout(
        height=height,
        margin={"l": 44, "r": 8, "t": 38, "b": 36},
        uirevision="curves",
        hovermode="x unified",
        legend={
            "orientation": "h",
            "x": 1,
            "xanchor": "right",
            "y": 1.0,
            "yanchor": "bottom",
            "font": {"size": 11},
            "bgcolor": "rgba(0,0,0,0)",
        },
    )
    above = {"x": 0, "xanchor": "left", "y": 1.22, "font": {"size": 10}}
    figure.update_annotations(font_size=12, selector={"showarrow": False, "xanchor": "center"})
    others = [each for each in figure.layout.annotations if each.name != NAME]
    named = [each.to_plotly_json() for each in [*others, *phone]]
    apart = {"domain": [0, 0.26]}  # its last number beside the other panel's
    narrow = {"legend": above, "margin": {"l": 44, "r": 8, "t": 78, "b": 36}, "annotations": named, "xaxis": apart}
    figure.layout.meta = {"narrow": narrow}
    figure.update_xaxes(showgrid=False, zeroline=False, rangemode="tozero", tickangle=0, nticks=5)


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


def _losses(figure: go.Figure, records: list[dict], gamma: float, term: str) -> None:
    """The two terms of the joint loss, over gradient steps."""
    x = [r["iteration"] for r in records]
    terms = {
        "reconstruction": ([r.get("reconstruction_loss") for r in records], TEN[0]),
        term: ([gamma * r["loss"] for r in records], TEN[6]),
    }
    for name, (y, colour) in terms.items():
        figure.add_scatter(
            x=x,
            y=y,
            mode="lines",
            name=name,
            line={"color": colour, "width": 2},
            row=1,
            col=1,
            hovertemplate="%{y:.4f}",
        )
    title = "<br>+ ".join(f'<span style="color:{colour}">{name}</span>' for name, (_, colour) in terms.items())
    figure.add_annotation(
        text=title, showarrow=False, align="left", font={"size": 11}, xanchor="left", yanchor="bottom", xshift=-36,
        x=0, xref="x domain", y=1, yref="y domain",
    )  # fmt: skip
    figure.update_traces(showlegend=False, col=1)
    figure.update_xaxes(title={"text": "gradient steps", "standoff": 4, "font": {"size": 12}}, row=1, col=1)
    figure.update_yaxes(rangemode="tozero", nticks=5, row=1, col=1)


def _scores(figure: go.Figure, history, held: int, start: str) -> tuple[go.layout.Annotation, ...]:
    """The second panel: scores in per cent, what changed, what others reach; gives the names on a narrow screen."""
    updates = _thinned(history.updates)
    for score in SCORES:
        _score(figure, score, updates)
    _turns(figure, updates)
    _changed(figure, updates)
    phone = references(figure, history, updates, held, start)
    _axes_of_scores(figure, updates)
    if not updates and not history.centers:
        middle = {"x": 0.5, "xref": "x2 domain", "y": 0.5, "yref": "y2 domain"}
        figure.add_annotation(text="once the centers are initialized", showarrow=False, font={"color": GREY}, **middle)
    return phone


def _score(figure: go.Figure, score: str, updates: list[dict]) -> None:
    name, colour, dash = SCORES[score]
    scored = [r for r in updates if score in r]
    if not scored and (score in WITHOUT_LABELS or any("silhouette" in r for r in updates)):
        return  # no empty entry in the legend
    figure.add_scatter(
        x=[r["iteration"] for r in scored],
        y=[100 * r[score] for r in scored],
        mode="lines+markers",
        name=name,
        line={"color": colour, "width": 2, "dash": dash},
        marker={"size": 4},
        row=1,
        col=2,
        hovertemplate="%{y:.1f} %",
    )


def _changed(figure: go.Figure, updates: list[dict]) -> None:
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


def _axes_of_scores(figure: go.Figure, updates: list[dict]) -> None:
    longest = max([*(r["iteration"] for r in updates), 1])
    title = {"text": "gradient steps", "standoff": 4, "font": {"size": 12}}
    ticks = {} if updates else {"color": "rgba(0,0,0,0)"}  # unseen, so that nothing moves when they come
    figure.update_xaxes(title=title, range=[0, longest * 1.02], tickfont=ticks, row=1, col=2)
    lowest = min([0.0, *(100 * r["silhouette"] for r in updates if "silhouette" in r)])
    figure.update_yaxes(range=[1.01 * lowest, 101], nticks=6, ticksuffix=" %", row=1, col=2)


def _turns(figure: go.Figure, updates: list[dict]) -> None:
    """The updates at which accuracy changed most since the one before, as triangles that point where it went."""
    steps = [
        (now, now["acc"] - before["acc"])
        for before, now in itertools.pairwise(updates)
        if "acc" in now and "acc" in before and abs(now["acc"] - before["acc"]) >= LEAST_TURN
    ]
    steps = sorted(steps, key=lambda step: -abs(step[1]))[:MOST_TURNS]
    if not steps:
        return
    figure.add_scatter(
        x=[now["iteration"] for now, _ in steps],
        y=[100 * now["acc"] for now, _ in steps],
        mode="markers",
        name="largest changes",
        marker={
            "size": 10,
            "symbol": ["triangle-up" if change > 0 else "triangle-down" for _, change in steps],
            "color": [RIGHT if change > 0 else WRONG for _, change in steps],
        },
        customdata=[100 * change for _, change in steps],
        hovertemplate="%{customdata:+.1f} %: click to inspect",
        showlegend=False,
        row=1,
        col=2,
    )


def _phases(figure: go.Figure, held: int, updates: list[dict], *, both: bool) -> None:
    """Where p ceases to be the mixture's: a line, in both panels where both are over steps; at its foot the phases."""
    for column in (1, 2) if both else (2,):
        figure.add_vline(held, line={"color": GREY, "width": 1}, row=1, col=column)
    foot = {"y": 0.03, "yref": "y2 domain", "yanchor": "bottom", "xref": "x2", "showarrow": False}
    font = {"size": 11, "color": GREY}
    newest = updates[-1]["iteration"]  # away from the beginning, where what changed falls to the foot
    figure.add_annotation(text="p: mixture ", x=min(held, max(newest, 1)), xanchor="right", font=font, **foot)
    if newest - held > NOTE * newest:
        figure.add_annotation(text=" p: from q", x=held, xanchor="left", font=font, **foot)


def _thinned(records: list[dict]) -> list[dict]:
    """As many as the eye can tell apart, the newest among them."""
    step = -(-len(records) // MOST_POINTS)
    return records if step <= 1 else records[(len(records) - 1) % step :: step]


def curves_in_words(history) -> str:
    """What the curves show, in a sentence: from where to where the first score went, and the newest of the others."""
    scored = [r for r in history.updates if "acc" in r or "silhouette" in r]
    if scored:
        first, now, of = scored[0], scored[-1], [key for key in SCORES if key in scored[-1]]
        name, unit, scale = SCORES[of[0]][0], " %" if of[0] == "acc" else "", 100 if of[0] == "acc" else 1
        ends = [f"{scale * record[of[0]]:.{1 if unit else 3}f}{unit}" for record in (first, now)]
        others = "".join(f", {SCORES[key][0]} is {now[key]:.3f}" for key in of[1:])
        changed = f"; {100 * now['delta_label']:.2f} % of the images changed cluster" if "delta_label" in now else ""
        return f"{name} went from {ends[0]} to {ends[1]} by step {now['iteration']}{others}{changed}."
    if history.pretrain:
        return f"Reconstruction error is {history.pretrain[-1]['loss']:.4f} in epoch {history.pretrain[-1]['epoch']}."
    return "No curve yet."
