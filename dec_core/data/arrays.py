"""Arrays as people have them, into images as the project uses them: uint8, 0 to 255.

Nothing is guessed in silence: what was understood is returned as notes, what cannot be understood is
refused with what came, what was expected and what to do.
"""

from __future__ import annotations

from math import isqrt

import numpy as np

from dec_core.data.errors import DataError, printable
from dec_core.data.limits import LIMITS, Limits

MAX_CLASSES = 254
MAX_LETTERS = 100  # of the name of a class
DARK = 128  # images whose brightest value is less are said to be dark
NEAR_1 = 1.5  # fractions up to this are no gray levels of 0..255
ROUNDING = 1e-6  # of a range, by which values may lie outside of it: arithmetic ends a little beside what it aims at

Raw = tuple[np.ndarray, np.ndarray | list[str] | None, list[str]]  # images, labels and notes, as a reader found them


def as_images(x: np.ndarray, limits: Limits = LIMITS) -> tuple[np.ndarray, list[str]]:
    """Images as uint8 of shape (n, height, width) or, in colour, (n, height, width, 3), and notes on what was done.

    Parameters
    ----------
    x : array of numbers
        (n, d): flattened, squares where d is a square number, else one row of d pixels.
        (n, height, width), (n, height, width, channels) or (n, channels, height, width), with 1 or 3
        channels, or 4 of which the last is opacity.
        Values 0..1 or 0..255, of any type: what goes up to 1 only, but for rounding, is 0..1.
    limits : Limits

    Raises
    ------
    DataError
        For anything else: other shapes, no images, too many, values out of range, NaN, objects.
    """
    images, notes = as_stack(x, limits)
    pixels, note = _scaled(images)
    return np.ascontiguousarray(pixels), notes + note


def as_stack(x: np.ndarray, limits: Limits = LIMITS) -> tuple[np.ndarray, list[str]]:
    """The shape that `as_images` gives, of values as they are; a view where that is possible. Raises DataError."""
    x = np.asarray(x)
    if x.dtype.kind not in "buif":
        raise DataError(
            f"images: received an array of {str(x.dtype)[:40]}, expected numbers; save it as uint8 or float32"
        )
    if x.ndim < 2 or x.ndim > 4 or 0 in x.shape:
        raise DataError(
            f"images: received shape {x.shape}, expected (n, d), (n, height, width) or (n, height, width, channels); "
            "reshape it"
        )
    limits.check_values("images", x.size)
    images, notes = _shaped(x)
    limits.check_sides("images", *images.shape[1:3])
    return images, notes


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
        return x[..., :3], ["The fourth channel (opacity) is ignored."]
    raise DataError(f"images: received {x.shape[3]} channels, expected 1 (gray), 3 (color) or 4 (with opacity); choose")


def check_values(x: np.ndarray) -> tuple[float, float]:
    """The smallest and the largest value. Raises DataError for NaN, infinity and what is not in 0..255."""
    n_bad = int(np.count_nonzero(~np.isfinite(x))) if x.dtype.kind == "f" else 0
    if n_bad:
        raise DataError(f"images: received {n_bad} values that are NaN or infinite, expected numbers; fill them")
    low, high = x.min(), x.max()
    if not scale_in(x):
        raise DataError(
            f"images: received values from {low:.7g} to {high:.7g}, expected 0 to 1 or 0 to 255; rescale them, or, if "
            "they are no images, cluster them in Python by DEC(standardize=True)"
        )
    return low, high


def scale_of(low: float, high: float) -> int:
    """What makes gray levels of values: 255 where they are 0..1, 1 where they are 0..255, but for `ROUNDING`; else 0.

    A scaler to 0..1 may end at 1.0000000000000002, which must not turn all images black and white.
    """
    ends = {255: 1, 1: 255}
    return next((scale for scale, end in ends.items() if low >= -ROUNDING * end and high <= (1 + ROUNDING) * end), 0)


def scale_in(x: np.ndarray) -> int:
    """`scale_of` all values of a data set; 0 also for fractions that end near 1 and are not 0..1.

    As gray levels of 0..255 these would be black and white.
    """
    low, high = x.min(), x.max()
    scale = scale_of(low, high)
    is_near_1 = scale == 1 and high <= NEAR_1 and x.dtype.kind == "f" and bool((x != np.rint(x)).any())
    return 0 if is_near_1 else scale


def _scaled(x: np.ndarray) -> tuple[np.ndarray, list[str]]:
    low, high = check_values(x)
    if scale_of(low, high) == 255:
        scaled = np.round(x.astype(np.float32) * 255) if x.dtype.kind == "f" else x.astype(np.uint8) * np.uint8(255)
        return scaled.astype(np.uint8, copy=False), ["Values 0 to 1 become gray levels 0 to 255."]
    dark = [f"The brightest value is {high:g} of 255: if that is white in your data, scale it to 255 first."]
    whole = x if x.dtype.kind in "ui" else np.round(x)
    return whole.astype(np.uint8, copy=False), dark if high < DARK else []


def as_labels(y: np.ndarray | list[str], n: int) -> tuple[np.ndarray, tuple[str, ...]]:
    """Labels as numbers of classes, uint8 of shape (n,), and the classes' names in that order.

    Parameters
    ----------
    y : array of whole numbers or text, shape (n,) or (n, 1), or list of n texts
    n : int
        How many images there are.

    Raises
    ------
    DataError
        If there are not n of them, more than 254 different ones, or some are NaN, empty or long.
    """
    y = np.asarray(y, dtype=object if isinstance(y, list) else None)  # an array of text is as wide as its longest
    if y.ndim == 2 and y.shape[1] == 1:
        y = y[:, 0]
    if y.shape != (n,):
        raise DataError(f"labels: received shape {y.shape} for {n} images, expected ({n},): give one for each")
    if y.dtype.kind == "f" and not np.isfinite(y).all():
        raise DataError("labels: received NaN, expected a class for each image; leave the labels out instead")
    if y.dtype.kind not in "buifUSO" or (y.dtype.kind == "O" and not all(isinstance(label, str) for label in y)):
        raise DataError(
            f"labels: received an array of {str(y.dtype)[:40]}, expected whole numbers or text; save it as such"
        )
    classes, codes = np.unique(y, return_inverse=True)
    if len(classes) > MAX_CLASSES:
        raise DataError(
            f"labels: received {len(classes)} different ones, at most {MAX_CLASSES} are taken; leave them out"
        )
    return codes.astype(np.uint8), tuple(_class_name(label) for label in classes.tolist())


def _class_name(label: bool | int | float | str | bytes) -> str:
    if isinstance(label, bytes):
        label = label.decode(errors="backslashreplace")
    if isinstance(label, float) and label.is_integer():
        label = int(label)
    name = printable(str(label))
    if not name.strip() or len(name) > MAX_LETTERS:
        raise DataError(
            f"labels: received {name[:20]!r} with {len(name)} letters, "
            f"expected names of 1 to {MAX_LETTERS}; fill, shorten or leave out the labels"
        )
    return name
