"""Colours and names, the same in every view.

Every colour has a contrast of 3 and more on white and on the dark page, so that one palette does for both. The ten of
clusters and digits were chosen by search: within that band, as far apart as can be for colour-blind people (Machado's
simulation, distances in Oklab), and as near as can be to Petroff's sequence. The eight of compared runs are Paul Tol's
vibrant scheme, moved likewise. Names of clusters: `dec_core.analysis.naming`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

TEN = ("#3f90da", "#c23794", "#d61617", "#658d6a", "#8b3dca", "#915657", "#e76300", "#656a04", "#948eaa", "#007382")
RIGHT, WRONG = "#3f90da", "#e76300"
GREY = "#7f858b"
RUN_COLOURS = ("#0077bb", "#e26a22", "#189b85", "#e8031e", "#ac459e", "#009af2", "#836b08", "#6a716f")  # in order
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
