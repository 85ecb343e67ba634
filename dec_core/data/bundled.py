"""The data sets that come with the project. See `files/README.md` for their sources and licences."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

import numpy as np

from dec_core.data.deskew import deskew

FILES = Path(__file__).parent / "files"


@dataclass(frozen=True)
class Dataset:
    """Images and, if they are known, labels. Labels are for scoring only; training never sees them.

    Attributes
    ----------
    name : str
    images : ndarray of uint8, shape (n, height, width)
        0 is background, 255 is full ink.
    y : ndarray of uint8, shape (n,), or None
    """

    name: str
    images: np.ndarray
    y: np.ndarray | None

    @property
    def x(self) -> np.ndarray:
        """The images as rows, uint8, shape (n, height * width). A view, not a copy."""
        return self.images.reshape(len(self.images), -1)

    def first(self, n: int | None) -> Dataset:
        """The first `n` images (all of them for None), as views."""
        return self if n is None else Dataset(self.name, self.images[:n], None if self.y is None else self.y[:n])


def load(name: str, n_samples: int | None = None, *, upright: bool = False) -> Dataset:
    """The bundled data set `name` ("mnist" or "digits"), its first `n_samples` images or all.

    With `upright` the images are deskewed.

    Raises
    ------
    ValueError
        If there is no such data set, or it has fewer images than asked for.
    """
    if name not in _READERS:
        raise ValueError(f"dataset: received {name!r}, expected one of {', '.join(_READERS)}")
    dataset = _whole(name)
    if n_samples is not None and not 0 < n_samples <= len(dataset.images):
        raise ValueError(f"n_samples: received {n_samples}, but {name} has {len(dataset.images)} images")
    return _upright(name, n_samples) if upright else dataset.first(n_samples)


@lru_cache(maxsize=1)
def _upright(name: str, n_samples: int | None) -> Dataset:
    dataset = _whole(name).first(n_samples)
    images = deskew(dataset.images)
    images.flags.writeable = False
    return replace(dataset, images=images)


@lru_cache(maxsize=2)
def _whole(name: str) -> Dataset:
    images, y = _READERS[name]()
    images.flags.writeable = y.flags.writeable = False  # shared by every user of this process
    return Dataset(name, images, y)


def _mnist() -> tuple[np.ndarray, np.ndarray]:
    """60 000 training digits followed by 10 000 test digits, the order of the tutorial."""
    with np.load(FILES / "mnist.npz") as file:
        return (
            np.concatenate([file["x_train"], file["x_test"]]),
            np.concatenate([file["y_train"], file["y_test"]]),
        )


def _digits() -> tuple[np.ndarray, np.ndarray]:
    """scikit-learn's 1 797 digits of 8x8 pixels, their 16 grey levels stretched to 0..255."""
    from sklearn.datasets import load_digits

    bunch = load_digits()
    return np.round(bunch.images * (255 / 16)).astype(np.uint8), bunch.target.astype(np.uint8)


_READERS = {"mnist": _mnist, "digits": _digits}
