"""Colours and names, the same in every view.

Ten colours that stay apart for colour-blind people: Petroff, *Accessible Color Sequences for Data
Visualization*, 2021. Compared runs have the colours of Paul Tol's vibrant scheme, so that a run is not taken for a
cluster. Names of clusters: `dec_core.analysis.naming`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

TEN = ("#3f90da", "#ffa90e", "#bd1f01", "#94a4a2", "#832db6", "#a96b59", "#e76300", "#b9ac70", "#717581", "#92dadd")
RIGHT, WRONG = "#3f90da", "#e76300"
GREY = "#9aa0a6"
RUN_COLOURS = (
    "#0077bb",
    "#ee7733",
    "#009988",
    "#cc3311",
    "#aa4499",
    "#33bbee",
    "#997700",
    "#777777",
)  # compared, in order
N_RAMP = 31
MOST_COLOURS = 64


def colour(number: int) -> str:
    """The colour of the cluster or digit at place `number`; beyond ten they repeat."""
    return TEN[number % len(TEN)]


def colours(numbers: Iterable[int]) -> list[str]:
    """The colours of these numbers, such as a run's `colour_by_place`."""
    return [colour(int(number)) for number in numbers]


def point_colours(known: Sequence[str]) -> list[str]:
    """The palette of a map, and grey for what has no group; the browser has room for `MOST_COLOURS`."""
    return [*(known if len(known) < MOST_COLOURS else TEN), GREY]


def faint(colour: str, opacity: float) -> str:
    """A colour of six hexadecimal digits, see-through: what lies below it decides how light it looks."""
    red, green, blue = bytes.fromhex(colour.removeprefix("#"))
    return f"rgba({red},{green},{blue},{opacity:g})"


def ramp() -> list[str]:
    """Colours of a quantity, from little to much, that stay apart for colour-blind people: plotly's Viridis."""
    from plotly.colors import sample_colorscale, unlabel_rgb

    steps = sample_colorscale("Viridis", [i / (N_RAMP - 1) for i in range(N_RAMP)])
    return ["#" + "".join(f"{round(part):02x}" for part in unlabel_rgb(step)) for step in steps]
