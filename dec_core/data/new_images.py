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
    one = _as_one(images, known.shape[1:])
    images, notes = brought_to(images if one is None else one[0], known.shape[1:])
    notes += [] if one is None else [one[1]]
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


def _as_one(images: np.ndarray, shape: tuple[int, ...]) -> tuple[np.ndarray, str] | None:
    """What was read as lines or narrow images as the one image that it is, and a note; None where they are many.

    Parameters
    ----------
    images : ndarray of uint8, shape (n, height, width[, 3])
    shape : tuple of int
        That of the run's images. One image has their sides, and perhaps a third for channels, the last of 4 opacity.
    """
    height, width = shape[:2]
    if height < 2 or images.ndim > 3 or images.shape[1:] == shape:
        return None
    if images.shape == (height, 1, width):
        note = f"An array of {height}×{width} numbers is read as one image, not as lines of pixels."
        return images.reshape(1, height, width), note
    n_channels = images.shape[2]
    if images.shape[:2] != (height, width) or n_channels not in (1, 3, 4):
        return None
    note = (
        f"An array of {height}×{width}×{n_channels} numbers is read as one image, "
        f"not as {height} images of {width}×{n_channels} pixels."
    )
    return images[None, ..., 0] if n_channels == 1 else images[None, ..., :3], note


def _border(images: np.ndarray) -> np.ndarray:
    """The outermost pixels of each image, shape (n, n_values)."""
    edges = images[:, 0], images[:, -1], images[:, :, 0], images[:, :, -1]
    return np.concatenate([edge.reshape(len(images), -1) for edge in edges], axis=1)


def _inverted(n: int, n_images: int, *, dark: bool) -> str:
    which = ("It is" if n_images == 1 else "They are") if n == n_images else f"{n} of {n_images} are"
    one, other = ("dark on light", "light on dark") if dark else ("light on dark", "dark on light")
    return f"{which} {one} where the run's images are {other}: inverted."
