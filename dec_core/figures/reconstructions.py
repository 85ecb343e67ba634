"""What does the autoencoder keep? Images above what it makes of them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure

SIDE = 0.9  # inches of one image
ROWS = ("original", "reconstructed")


def reconstruction_figure(images: np.ndarray, reconstructions: np.ndarray, captions: Sequence[str]) -> Figure:
    """Two rows of images, each original above its reconstruction.

    Parameters
    ----------
    images, reconstructions : ndarray of uint8, shape (n, height, width) or (n, height, width, 3)
    captions : sequence of str, length n
        What stands above each pair.

    Raises
    ------
    ValueError
        If there are no images, or shapes or lengths differ.
    """
    if not len(images) or images.shape != reconstructions.shape or len(captions) != len(images):
        raise ValueError(
            f"received images {images.shape}, reconstructions {reconstructions.shape} and {len(captions)} captions, "
            "expected two arrays of one shape and a caption for each image"
        )
    n = len(images)
    figure = Figure(figsize=(SIDE * n + 1, 2 * SIDE + 0.5), layout="constrained", facecolor="white")
    axes = figure.subplots(2, n, squeeze=False)
    for row, (pictures, name) in enumerate(zip((images, reconstructions), ROWS, strict=True)):
        for place, picture in zip(axes[row], pictures, strict=True):
            _show(place, picture)
        axes[row, 0].set_ylabel(name, rotation=0, ha="right", va="center", fontsize=9)
    for place, caption in zip(axes[0], captions, strict=True):
        place.set_title(caption, fontsize=10)
    return figure


def _show(axes, picture: np.ndarray) -> None:
    axes.imshow(picture, cmap="gray", vmin=0, vmax=255)
    axes.set(xticks=[], yticks=[])
    for spine in axes.spines.values():
        spine.set_visible(False)
