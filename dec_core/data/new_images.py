"""New images made like those that a run was trained on: their size, their background, upright where those were."""

from __future__ import annotations

import numpy as np

from dec_core.data.deskew import deskew
from dec_core.data.pictures import brought_to

DARK, LIGHT = 85, 170  # medians along the border, below and above which a background is dark or light
ASKED = 1000  # images of the run whose background is looked at


def made_like(images: np.ndarray, known: np.ndarray, *, upright: bool = False) -> tuple[np.ndarray, list[str]]:
    """Images as the network of a run expects them, and notes on what was done to them.

    Parameters
    ----------
    images : ndarray of uint8, shape (n, height, width) or (n, height, width, 3)
    known : ndarray of uint8, shape (m, height, width) or (m, height, width, 3)
        The run's images.
    upright : bool
        Whether those were deskewed.

    Returns
    -------
    images : ndarray of uint8, shape (n, *known.shape[1:])
    notes : list of str
    """
    is_one = known.ndim == 3 and known.shape[1] > 1 and images.shape[1] == 1 and images.shape[::2] == known.shape[1:]
    images, notes = brought_to(images.reshape(1, *known.shape[1:]) if is_one else images, known.shape[1:])
    if is_one:
        notes.append(
            f"An array of {known.shape[1]}×{known.shape[2]} numbers is read as one image, not as lines of pixels."
        )
    background = float(np.median(_border(known[:ASKED])))
    if not DARK <= background <= LIGHT:
        backgrounds = np.median(_border(images), axis=1)
        inverted = backgrounds > LIGHT if background < DARK else backgrounds < DARK
        if inverted.any():
            images = np.where(inverted.reshape(-1, *[1] * (images.ndim - 1)), 255 - images, images)
            notes.append(_inverted(int(inverted.sum()), len(images), dark=background < DARK))
    if upright:
        images = deskew(images)
        notes.append("Deskewed, as the run's images were.")
    return images, notes


def _border(images: np.ndarray) -> np.ndarray:
    """The outermost pixels of each image, shape (n, n_values)."""
    edges = images[:, 0], images[:, -1], images[:, :, 0], images[:, :, -1]
    return np.concatenate([edge.reshape(len(images), -1) for edge in edges], axis=1)


def _inverted(n: int, n_images: int, *, dark: bool) -> str:
    which = ("It is" if n_images == 1 else "They are") if n == n_images else f"{n} of {n_images} are"
    one, other = ("dark on light", "light on dark") if dark else ("light on dark", "dark on light")
    return f"{which} {one} where the run's images are {other}: inverted."
