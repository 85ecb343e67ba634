"""An embedding and a curve so small that thirty of them stand on one screen: a picture of points, a line."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from PIL import Image, ImageColor

from dec_core.figures.embedding import NOWHERE, UNIT, laid_out
from dec_core.figures.palette import GREY, TEN
from dec_core.figures.plane import data_uri

WIDTH, HEIGHT = 220, 150  # pixels
DOT = 2  # pixels, the side of a point
MOST_CORNERS = 60  # of a line


def map_thumbnail(plane: np.ndarray, groups: np.ndarray | None, tones: Sequence[str] = TEN) -> str:
    """The embedding as the address that holds its picture, see-through where there is no point.

    Parameters
    ----------
    plane : ndarray of float, shape (n, 2)
        NaN for samples that are not known.
    groups : ndarray of int, shape (n,), or None
        The place of each sample's cluster; without them all points are grey.
    tones : sequence of str
        The colour of the cluster at each place; repeated where there are more.
    """
    xy = laid_out(plane)
    known = np.flatnonzero(xy[:, 0] != NOWHERE)
    known = np.random.default_rng(0).permutation(known)  # so that no cluster hides another by its number
    share = ((1 + xy[known] / UNIT) / 2).clip(0, 1)
    x, y = (share * (1, -1) + (0, 1)).T * [[WIDTH - DOT], [HEIGHT - DOT]]
    ink = np.full(len(known), 1) if groups is None else 1 + groups[known] % len(tones)
    pixels = np.zeros((HEIGHT, WIDTH), dtype=np.uint8)
    for right in range(DOT):
        for down in range(DOT):
            pixels[y.astype(int) + down, x.astype(int) + right] = ink
    return data_uri(_picture(pixels, [GREY] if groups is None else tones))


def _picture(pixels: np.ndarray, tones: Sequence[str]) -> Image.Image:
    """Numbers of tones, from 1 on, as a picture; 0 is see-through."""
    picture = Image.fromarray(pixels)
    picture.putpalette([0, 0, 0, *(part for tone in tones for part in ImageColor.getrgb(tone))])
    picture.info["transparency"] = 0
    return picture


def line_thumbnail(values: Sequence[float], lowest: float, highest: float) -> str:
    """A line through values in their order, as the points of an SVG polyline in a square of 100; "" for less than two.

    It ends at the right; `lowest` is at the bottom, `highest` on top, and what lies beyond is at the border.
    """
    if len(values) < 2:
        return ""
    kept = np.unique(np.linspace(0, len(values) - 1, MOST_CORNERS).round().astype(int))
    within = np.nan_to_num(np.asarray(values, float)[kept]).clip(lowest, highest)
    heights = (within - lowest) / max(highest - lowest, 1e-12)
    x, y = 100 * kept / (len(values) - 1), 100 * (1 - heights)
    return " ".join(f"{right:.1f},{down:.1f}" for right, down in zip(x, y, strict=True))
