"""Images and, perhaps, labels: what every reader makes and every other room uses as it is."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np


@dataclass(frozen=True)
class Dataset:
    """Images and, if they are known, labels. Labels are for scoring only; training never sees them.

    Attributes
    ----------
    name : str
    images : ndarray of uint8, shape (n, height, width) or, in colour, (n, height, width, 3)
        0 is background, 255 is full ink.
    y : ndarray of uint8, shape (n,), or None
        Number of the class of each image.
    classes : tuple of str
        Names of the classes, by number; empty without labels.
    """

    name: str
    images: np.ndarray
    y: np.ndarray | None
    classes: tuple[str, ...] = ()

    @property
    def x(self) -> np.ndarray:
        """The images as rows, uint8, shape (n, height * width * channels). A view, not a copy."""
        return self.images.reshape(len(self.images), -1)

    def only(self, index: np.ndarray | slice) -> Dataset:
        """The images at `index`; views where it is a slice."""
        return replace(self, images=self.images[index], y=None if self.y is None else self.y[index])
