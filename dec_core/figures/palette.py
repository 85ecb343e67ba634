"""Colours and names, the same in every view.

Ten colours that stay apart for colour-blind people: Petroff, *Accessible Color Sequences for Data
Visualization*, 2021. Compared runs have the colours of Paul Tol's vibrant scheme, so that a run is not taken for a
cluster. Names of clusters: `dec_core.analysis.naming`.
"""

from __future__ import annotations

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


def colour(number: int) -> str:
    """The colour of the cluster or digit at place `number`; beyond ten they repeat."""
    return TEN[number % len(TEN)]


def faint(colour: str, opacity: float) -> str:
    """A colour of six hexadecimal digits, see-through: what lies below it decides how light it looks."""
    red, green, blue = bytes.fromhex(colour.removeprefix("#"))
    return f"rgba({red},{green},{blue},{opacity:g})"


def ramp() -> list[str]:
    """Colours of a quantity, from little to much, that stay apart for colour-blind people: plotly's Viridis."""
    from plotly.colors import sample_colorscale, unlabel_rgb

    steps = sample_colorscale("Viridis", [i / (N_RAMP - 1) for i in range(N_RAMP)])
    return ["#" + "".join(f"{round(part):02x}" for part in unlabel_rgb(step)) for step in steps]
