"""The embedding as a picture: points coloured by cluster, and each cluster's letter where it lies.

A picture rather than a plot: ten thousand points weigh little in it, print as they are, and need no script.
"""

from __future__ import annotations

import io
from base64 import b64encode
from collections.abc import Sequence
from html import escape

import numpy as np
from PIL import Image, ImageDraw

from dec_core.analysis.naming import letter
from dec_core.figures.embedding import UNIT, laid_out
from dec_core.figures.palette import GREY, TEN

WIDTH, HEIGHT = 960, 720  # units of the drawing
FINER = 2  # the points are drawn so many times larger, and then made smaller, which smooths them
MOST_POINTS = 10_000


def plane_svg(
    plane: np.ndarray, labels: np.ndarray | None, cluster_order: np.ndarray, alt: str, tones: Sequence[str] = TEN
) -> str:
    """The embedding as one SVG element that holds its picture; at most 10 000 points, evenly taken.

    Parameters
    ----------
    plane : ndarray of float, shape (n, 2)
    labels : ndarray of int, shape (n,), or None
        Clusters; without them all points are grey and there are no letters.
    cluster_order : ndarray of int, shape (n_clusters,)
        Place of each cluster in the order of letters.
    alt : str
        Text alternative of the picture.
    tones : sequence of str
        The colour of the cluster at each place; repeated where there are more.
    """
    every = max(1, -(-len(plane) // MOST_POINTS))
    at = _at(plane[::every])
    groups = None if labels is None else cluster_order[labels[::every]]
    letters = [] if groups is None else [_letter(at, groups, int(place)) for place in np.unique(groups)]
    picture = data_uri(_points(at, groups, tones))
    return (
        f'<svg class="plane" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{escape(alt)}">'
        f'<image width="{WIDTH}" height="{HEIGHT}" href="{picture}"/>{"".join(letters)}</svg>'
    )


def data_uri(picture: Image.Image) -> str:
    """A picture as the address that holds it."""
    file = io.BytesIO()
    picture.save(file, "PNG", optimize=True)
    return f"data:image/png;base64,{b64encode(file.getvalue()).decode()}"


def _at(plane: np.ndarray) -> np.ndarray:
    """Positions in the drawing, y upwards as in the app; what lies far out stands at the border. float, (n, 2)."""
    share = (1 + laid_out(plane) / UNIT) / 2
    share[:, 1] = 1 - share[:, 1]
    return share.clip(0.01, 0.99) * (WIDTH, HEIGHT)


def _points(at: np.ndarray, groups: np.ndarray | None, tones: Sequence[str]) -> Image.Image:
    picture = Image.new("RGBA", (FINER * WIDTH, FINER * HEIGHT), (255, 255, 255, 0))
    draw, radius = ImageDraw.Draw(picture), FINER * (2 if len(at) > 3000 else 3 if len(at) > 1000 else 5)
    for number in np.random.default_rng(0).permutation(len(at)):  # so that no cluster hides another by its number
        x, y = FINER * at[number]
        ink = GREY if groups is None else tones[int(groups[number]) % len(tones)]
        draw.ellipse((x - radius, y - radius, x + radius, y + radius), fill=ink)
    return picture.resize((WIDTH, HEIGHT), Image.Resampling.BOX).quantize(128)


def _letter(at: np.ndarray, groups: np.ndarray, place: int) -> str:
    x, y = np.median(at[groups == place], axis=0)
    return f'<text x="{x:.0f}" y="{y:.0f}">{letter(place)}</text>'
