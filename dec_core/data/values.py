"""Numbers as the library takes them, without gray levels: values of 0..1 or 0..255, or columns that are standardized.

Whole numbers stay gray levels in uint8, all others become float32; `dec_core.analysis.features.pixels` says what
networks see of both. Nothing is copied that is so already, and nothing more than once.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np

AT_ONCE = 10_000  # rows whose float64 is in memory at a time
CONSTANT = 1e-12  # of the mean: a column that varies by less is constant but for rounding


def unscaled(x: np.ndarray, scale: int) -> np.ndarray:
    """Values of 0..1 or 0..255 as uint8 of 0..255, if they are whole numbers, else as float32 of 0..1.

    Parameters
    ----------
    x : ndarray of bool, whole numbers or floats
    scale : {1, 255}
        Of `dec_core.data.arrays.scale_of`.

    Returns
    -------
    ndarray of uint8 or float32, shape of x
        x itself where that is it already.
    """
    if x.dtype.kind in "bui":
        levels = x.astype(np.uint8, copy=False)
        return levels if scale == 1 else levels * np.uint8(255)
    if scale == 255:
        return x.astype(np.float32, copy=False)
    return np.divide(x, 255, out=np.empty(x.shape, np.float32), casting="same_kind")


@dataclass(frozen=True)
class Standardization:
    """Columns centered and scaled to unit variance: (x - mean) / std. A constant column becomes 0.

    Attributes
    ----------
    mean, std : ndarray of float64, shape (d,)
        `std` is 0 for a constant column.
    """

    mean: np.ndarray
    std: np.ndarray

    @classmethod
    def of(cls, x: np.ndarray) -> Self:
        """That of the columns of x, shape (n, d). Raises ValueError for values whose variance is no number."""
        mean, squares = x.mean(axis=0, dtype=np.float64), np.zeros(x.shape[1])
        with np.errstate(over="ignore", invalid="ignore"):
            for first in range(0, len(x), AT_ONCE):
                squares += np.square(x[first : first + AT_ONCE] - mean).sum(axis=0)
        std = np.sqrt(squares / len(x))
        if not np.isfinite(std).all():
            raise ValueError(
                f"X: received values from {x.min():g} to {x.max():g}, whose variance is too large for 64 bits; "
                "rescale them"
            )
        return cls(mean, np.where(std > CONSTANT * np.abs(mean), std, 0.0))

    def apply(self, x: np.ndarray) -> np.ndarray:
        """Rows (n, d) as float32, standardized."""
        rows = np.zeros(x.shape, np.float32)
        with np.errstate(over="ignore"):  # to infinity: whoever asks looks for it
            for first in range(0, len(x), AT_ONCE):
                part = slice(first, first + AT_ONCE)
                np.divide(x[part] - self.mean, self.std, out=rows[part], where=self.std > 0, casting="same_kind")
        return rows

    def undo(self, rows: np.ndarray) -> np.ndarray:
        """Standardized rows (n, d) in the units of x, float64."""
        return rows * self.std + self.mean
