"""The dashed lines of the curves: what needs no clustering network, each named at its end."""

from __future__ import annotations

from collections.abc import Iterable

import plotly.graph_objects as go

from dec_core.config import RunConfig
from dec_core.figures.palette import GREY
from dec_core.methods import uses_kmeans

HEIGHT = 0.08  # of a name, as a share of the axis from 0 to 1
NARROW_HEIGHT = 0.14  # the same on a phone, where the panel is lower
FOOT = 0.13  # of the axis, where the phases of p are named
CLEARANCE = 0.005  # between a name and a line that is not its own
KMEANS = "k-means on z"
NAME = "reference"  # of the annotations that are names
SCORES_BELOW = ("acc", "nmi", "ari", "delta_label")  # of which there are curves


def start_name(config: RunConfig) -> str:
    """What the clusters are called that training begins with."""
    return KMEANS if uses_kmeans(config) else "initial centers"


def references(
    figure: go.Figure, history, updates: list[dict], held: int, start: str
) -> tuple[go.layout.Annotation, ...]:
    """Draw them in the second panel: k-means on pixels, the centers at first, and a mixture, as far as `history` has
    their scores. `start` names what has placed the centers.

    A name stands on its line or hangs from it; where curves leave no room there, a leader ties it to its line. Gives
    the names as they stand on a narrow screen, whose panel is lower.
    """
    records = {
        "UMAP + mixture": history.mixture,
        "k-means on pixels": history.baseline,
        start: history.centers,
    }
    levels = {name: record["acc"] for name, record in records.items() if record and "acc" in record}
    for level in levels.values():
        figure.add_hline(100 * level, line={"color": GREY, "width": 1, "dash": "dash"}, row=1, col=2)
    late = updates[len(updates) // 2 :]  # the names lie over the second half
    taken = [record[name] for record in late for name in SCORES_BELOW if name in record]
    _names(figure, levels, named_at(levels, taken, FOOT if held else 0.0), HEIGHT)
    phone = go.Figure()
    _names(phone, levels, named_at(levels, taken, FOOT if held else 0.0, NARROW_HEIGHT), NARROW_HEIGHT)
    return phone.layout.annotations


def _names(figure: go.Figure, levels: dict[str, float], places: dict[str, float], height: float) -> None:
    for i, (name, place) in enumerate(places.items()):
        _name(figure, f"{name} {100 * levels[name]:.1f}", levels[name], place, 0.36 - 0.04 * i, height)


def named_at(levels: dict[str, float], taken: Iterable[float], foot: float, height: float = HEIGHT) -> dict[str, float]:
    """The lower edge of each name, from 0 to 1: on its line, else below it, else in the nearest free place.

    Parameters
    ----------
    levels : dict of str to float
        The height of each line, by its name.
    taken : iterable of float
        Heights of the curves where the names lie.
    foot : float
        Nothing stands below.
    height : float
        Of a name.
    """
    lines, places = [*taken, *levels.values()], {}

    def place(name: str, edges: Iterable[float]) -> None:
        free = next((edge for edge in edges if _is_free(edge, lines, places.values(), foot, height)), None)
        if free is not None:
            places[name] = free

    for name, level in sorted(levels.items(), key=lambda item: item[1]):
        place(name, _at_line(level, height))
    for name in levels.keys() - places.keys():
        by_distance = sorted((i / 100 for i in range(101)), key=lambda edge: abs(edge + height / 2 - levels[name]))
        place(name, by_distance)
        places.setdefault(name, _at_line(levels[name], height)[1])  # a full panel: over a curve
    return places


def _at_line(level: float, height: float) -> tuple[float, float]:
    """The lower edge of a name on its line, and of one that hangs from it."""
    return level + CLEARANCE, level - height - CLEARANCE


def _is_free(edge: float, lines: Iterable[float], names: Iterable[float], foot: float, height: float) -> bool:
    inside = foot <= edge and edge + height <= 1
    return (
        inside
        and not any(edge - CLEARANCE < line < edge + height + CLEARANCE for line in lines)
        and all(abs(edge - name) >= height for name in names)
    )


def _name(figure: go.Figure, text: str, level: float, edge: float, leader: float, height: float) -> None:
    """A name; `leader` is where one would stand, as a share of the panel's width."""
    font = {"size": 10.5}  # at most `height` of the panel
    if min(abs(edge - level), abs(edge + height - level)) <= 2 * CLEARANCE:
        place = {"x": 1, "xref": "x2 domain", "y": 100 * edge, "yref": "y2", "xanchor": "right", "yanchor": "bottom"}
        figure.add_annotation(name=NAME, text=text, showarrow=False, font=font, borderpad=0, **place)
        return
    up = edge > level
    figure.add_annotation(
        name=NAME, text=text, font=font, borderpad=0, xanchor="left", yanchor="bottom" if up else "top",
        x=leader, xref="x2 domain", y=100 * level, yref="y2", xshift=0,
        showarrow=True, arrowhead=0, arrowwidth=1, arrowcolor=GREY,
        ax=0, ay=100 * (edge if up else edge + height), ayref="y2",
    )  # fmt: skip
