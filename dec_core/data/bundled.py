"""The data sets that come with the project. See `files/README.md` for their sources and licences."""

from __future__ import annotations

from pathlib import Path

import numpy as np

FILES = Path(__file__).parent / "files"
LEAST = 0.1  # of the 0s of unbalanced MNIST: r_min


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


def _unbalanced() -> tuple[np.ndarray, np.ndarray]:
    """MNIST with ever fewer images of the smaller digits: a tenth of the 0s, all 9s (DEC, section 5.4, r_min = 0.1).

    Labels choose the images here, so that classes are unequal; training sees as little of them as of those of others.
    """
    images, y = _mnist()
    retention = LEAST + (1 - LEAST) * y / 9  # with which probability each image is kept
    kept = np.random.default_rng(0).random(len(y)) < retention
    return images[kept], y[kept]


READERS = {"mnist": _mnist, "digits": _digits, "mnist-unbalanced": _unbalanced}
