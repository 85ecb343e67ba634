"""A drawn digit, made into an image as MNIST's are."""

from __future__ import annotations

import numpy as np
from PIL import Image

BOX, SIDE, MIDDLE = 20, 28, 14  # pixels: the digit fits into a box of 20, in an image of 28; where MNIST's masses stand


def as_in_mnist(drawing: np.ndarray) -> np.ndarray:
    """The ink of a drawing, scaled into 20 × 20 pixels, its aspect kept, its centre of mass in the middle of 28 × 28.

    So were MNIST's digits made of larger scans (LeCun, Bottou, Bengio & Haffner 1998, section III-A).

    Parameters
    ----------
    drawing : ndarray of uint8, shape (height, width)
        Ink is bright on a background of zero.

    Returns
    -------
    ndarray of uint8, shape (28, 28)

    Raises
    ------
    ValueError
        If it is no gray image, or nothing is drawn.
    """
    if drawing.ndim != 2 or drawing.dtype != np.uint8:
        raise ValueError(f"drawing: received {drawing.dtype} of shape {drawing.shape}, expected uint8 (height, width)")
    rows, columns = np.flatnonzero(drawing.max(axis=1, initial=0)), np.flatnonzero(drawing.max(axis=0, initial=0))
    if not len(rows):
        raise ValueError("drawing: nothing is drawn; draw a digit")
    ink = drawing[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    scale = BOX / max(ink.shape)
    size = tuple(max(1, round(side * scale)) for side in (ink.shape[1], ink.shape[0]))
    small = np.asarray(Image.fromarray(ink).resize(size, Image.Resampling.BOX), np.float64)
    peak = small.max()
    return _by_its_mass(np.round(small * (255 / peak if peak else 1)).astype(np.uint8))


def _by_its_mass(ink: np.ndarray) -> np.ndarray:
    """In the middle of an image by its centre of mass, as far as it fits, to whole pixels."""
    image = np.zeros((SIDE, SIDE), np.uint8)
    place = []
    for axis in (0, 1):
        weights = ink.sum(axis=1 - axis, dtype=np.float64)
        middle = float(weights @ np.arange(len(weights)) / weights.sum())
        place.append(int(np.clip(round(MIDDLE - middle), 0, SIDE - ink.shape[axis])))
    image[place[0] : place[0] + ink.shape[0], place[1] : place[1] + ink.shape[1]] = ink
    return image
