"""Arrays as people have them, into images as the project uses them: uint8, 0 to 255.

Nothing is guessed in silence: what was understood is returned as notes, what cannot be understood is
refused with what came, what was expected and what to do.
"""

from __future__ import annotations

from math import isqrt

import numpy as np

MAX_PIXELS = 400_000_000  # numbers in all images together, one byte each
MAX_SIDE = 512
MAX_CLASSES = 254


class DataError(ValueError):
    """Data that cannot be used: the message says what was received, what was expected and what to do."""


def as_images(x: np.ndarray) -> tuple[np.ndarray, list[str]]:
    """Images as uint8 of shape (n, height, width) or, in colour, (n, height, width, 3), and notes on what was done.

    Parameters
    ----------
    x : array of numbers
        (n, d): flattened, squares where d is a square number, else one row of d pixels.
        (n, height, width), (n, height, width, channels) or (n, channels, height, width), with 1 or 3
        channels, or 4 of which the last is opacity.
        Values 0..1 (floats or booleans) or 0..255.

    Raises
    ------
    DataError
        For anything else: other shapes, no images, too many, values out of range, NaN, objects.
    """
    x = np.asarray(x)
    if x.dtype.kind not in "buif":
        raise DataError(f"images: received an array of {x.dtype}, expected numbers; save it as uint8 or float32")
    if x.ndim < 2 or x.ndim > 4 or 0 in x.shape:
        raise DataError(
            f"images: received shape {x.shape}, expected (n, d), (n, height, width) or (n, height, width, channels)"
        )
    if x.size > MAX_PIXELS:
        raise DataError(f"images: received {x.size:,} numbers, at most {MAX_PIXELS:,} are taken; use fewer or smaller")
    images, notes = _shaped(x)
    if max(images.shape[1:3]) > MAX_SIDE and min(images.shape[1:3]) > 1:
        raise DataError(f"images: received {_size(images)} pixels, at most {MAX_SIDE} a side are taken; shrink them")
    pixels, note = _scaled(images)
    return np.ascontiguousarray(pixels), notes + note


def _shaped(x: np.ndarray) -> tuple[np.ndarray, list[str]]:
    if x.ndim == 2:
        side = isqrt(x.shape[1])
        if side * side == x.shape[1]:
            return x.reshape(len(x), side, side), [f"Rows of {x.shape[1]} numbers are read as images of {side}×{side}."]
        return x[:, None, :], [f"Rows of {x.shape[1]} numbers are no square: each is read as one line of pixels."]
    if x.ndim == 3:
        return x, []
    if x.shape[3] not in (1, 3, 4) and x.shape[1] in (1, 3):
        x = np.moveaxis(x, 1, 3)
    if x.shape[3] == 1:
        return x[..., 0], []
    if x.shape[3] == 3:
        return x, []
    if x.shape[3] == 4:
        return x[..., :3], ["The fourth channel (opacity) is left out."]
    raise DataError(f"images: received {x.shape[3]} channels, expected 1 (grey), 3 (colour) or 4 (with opacity)")


def _scaled(x: np.ndarray) -> tuple[np.ndarray, list[str]]:
    if x.dtype == np.uint8:
        return x, []
    if x.dtype.kind == "f":
        n_bad = int(np.count_nonzero(~np.isfinite(x)))
        if n_bad:
            raise DataError(f"images: received {n_bad} values that are NaN or infinite, expected numbers; fill them")
    low, high = x.min(), x.max()
    if low < 0 or high > 255:
        raise DataError(f"images: received values from {low:g} to {high:g}, expected 0 to 1 or 0 to 255; rescale them")
    if x.dtype.kind == "b" or (x.dtype.kind == "f" and high <= 1):
        return np.round(x.astype(np.float32) * 255).astype(np.uint8), ["Values 0 to 1 become grey levels 0 to 255."]
    return np.round(x).astype(np.uint8), []


def as_labels(y: np.ndarray, n: int) -> tuple[np.ndarray, tuple[str, ...]]:
    """Labels as numbers of classes, uint8 of shape (n,), and the classes' names in that order.

    Raises
    ------
    DataError
        If there are not n of them, or more than 254 different ones.
    """
    y = np.asarray(y)
    if y.ndim == 2 and y.shape[1] == 1:
        y = y[:, 0]
    if y.shape != (n,):
        raise DataError(f"labels: received shape {y.shape} for {n} images, expected ({n},): one label for each image")
    if y.dtype.kind == "f":
        if not np.isfinite(y).all():
            raise DataError("labels: received NaN, expected a class for each image; leave the labels out instead")
        y = y.astype(np.int64) if np.array_equal(y, np.round(y)) else y
    if y.dtype.kind not in "buifUS":
        raise DataError(f"labels: received an array of {y.dtype}, expected whole numbers or text")
    classes, codes = np.unique(y, return_inverse=True)
    if len(classes) > MAX_CLASSES:
        raise DataError(
            f"labels: received {len(classes)} different ones, at most {MAX_CLASSES} are taken; leave them out"
        )
    names = tuple(c.decode(errors="replace") if isinstance(c, bytes) else str(c) for c in classes.tolist())
    return codes.astype(np.uint8), names


def _size(images: np.ndarray) -> str:
    return f"{images.shape[1]}×{images.shape[2]}"
