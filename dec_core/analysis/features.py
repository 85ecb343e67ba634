"""What UMAP and the mixture compare images by: pixels, or histograms of the directions in which the strokes run.

Two handwritten ones a pixel apart share few pixels; they share the direction of their edges, and nearly
their place. Histograms of gradient orientations over small patches (Dalal and Triggs, *Histograms of
Oriented Gradients for Human Detection*, 2005) capture just that. They use no labels, and nothing is learned.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy import sparse

DIRECTIONS = 8  # of a full turn: an edge from dark to light is not one from light to dark
PATCHES = 7  # to a side
EDGE_BLUR = 0.7 / 28  # of the image's width, before the gradient is taken
PATCH_BLUR = 1.5 / 28  # of the image's width: how far a patch reaches
FAINTEST = 1e-4  # a gradient below it is rounding, not an edge
TURN = 0.14  # radians to either side, of the distortions
STRETCH = 0.15  # of width, of height, and pixels to the side for each pixel down, likewise
CHUNK = 2048  # images at a time, to bound memory


def pixels(x: np.ndarray) -> np.ndarray:
    """What networks and UMAP see of rows, float32 of the same shape: uint8 as 0..1, and float32 as it is.

    The one rule for both kinds of data; `dec_core.training.steps` applies it to tensors.
    """
    return x.astype(np.float32) / 255 if x.dtype == np.uint8 else x.astype(np.float32, copy=False)


def mean_pixels(x: np.ndarray) -> np.ndarray:
    """The mean of the rows as `pixels` gives them, float64, shape (n_features,), without a copy of x in floats."""
    return x.mean(axis=0, dtype=np.float64) / (255 if x.dtype == np.uint8 else 1)


def moved(x: np.ndarray, by: sparse.csr_matrix) -> np.ndarray:
    """Rows changed by one of `distortions`, of the dtype of x: uint8 is rounded, float32 is not."""
    rows = x @ by
    return np.round(rows).astype(np.uint8) if x.dtype == np.uint8 else rows


def gradients(
    x: np.ndarray, image_shape: Sequence[int], patches: tuple[int, int] = (PATCHES, PATCHES), blur: float = PATCH_BLUR
) -> np.ndarray:
    """Histograms of gradient orientations in overlapping patches, 7 x 7 unless others are asked for.

    Each pixel votes with the strength of its gradient for the two directions nearest to its own, and
    for the patches around it by a Gaussian of their distance. Roots of the sums are taken, so that one
    bold stroke does not outweigh all others, and each image is scaled to length one, so that faint and
    bold ones are alike (Arandjelovic and Zisserman 2012 do both with SIFT).

    Parameters
    ----------
    x : ndarray of uint8 or float32, shape (n, height * width[ * channels])
    image_shape : (height, width) or (height, width, channels)
        Channels are averaged.
    patches : (rows, columns)
    blur : float
        How far a patch reaches: the Gaussian's standard deviation, as a share of the image's width.

    Returns
    -------
    ndarray of float32, shape (n, 8 * rows * columns)
    """
    height, width = image_shape[:2]
    rows = [_smooth(height, EDGE_BLUR * width), _smooth(width, EDGE_BLUR * width)]
    slopes = [np.gradient(matrix, axis=0) for matrix in rows]
    sums = [_smooth(length, blur * width, n) for length, n in zip((height, width), patches, strict=True)]
    histograms = np.empty((len(x), DIRECTIONS * patches[0] * patches[1]), np.float32)
    for first in range(0, len(x), CHUNK):
        images = pixels(x[first : first + CHUNK]).reshape(-1, *image_shape)
        grey = images.mean(axis=3) if images.ndim == 4 else images
        histograms[first : first + CHUNK] = _histograms(grey, rows, slopes, sums)
    return histograms


def distortions(image_shape: Sequence[int]) -> list[sparse.csr_matrix]:
    """Matrices D that turn, widen, stretch and shear images a little, each to both sides.

    Two images of the same digit are often one another's distortions; then the distorted one is close to the other
    where the original is not (Simard, LeCun and Denker, *Efficient Pattern Recognition Using a New Transformation
    Distance*, 1993).

    Parameters
    ----------
    image_shape : (height, width) or (height, width, channels)

    Returns
    -------
    eight sparse matrices, shape (n_features, n_features)
        x @ D are the distorted images of rows x, sampled bilinearly; beyond the border, the border's.
    """
    cos, sin, more, less = np.cos(TURN), np.sin(TURN), 1 + STRETCH, 1 / (1 + STRETCH)
    maps = [[[cos, sin], [-sin, cos]], [[cos, -sin], [sin, cos]], [[1, 0], [0, more]], [[1, 0], [0, less]],
            [[more, 0], [0, 1]], [[less, 0], [0, 1]], [[1, 0], [STRETCH, 1]], [[1, 0], [-STRETCH, 1]]]  # fmt: skip
    n_channels = int(np.prod(image_shape[2:]))
    planes = [_sampled(*image_shape[:2], np.array(of_places)) for of_places in maps]
    return [sparse.kron(plane, sparse.identity(n_channels), format="csr").astype(np.float32) for plane in planes]


def _sampled(height: int, width: int, of_places: np.ndarray) -> sparse.csr_matrix:
    """Images whose place p shows what was at `of_places` @ p, both from the middle; (pixels, pixels)."""
    middle = np.array([[(height - 1) / 2], [(width - 1) / 2]])
    places = np.indices((height, width)).reshape(2, -1)
    sources = np.clip(of_places @ (places - middle) + middle, 0, [[height - 1.001], [width - 1.001]])
    corner = sources.astype(int)
    down, right = sources - corner
    first, place = corner[0] * width + corner[1], np.arange(height * width)
    weights = [(1 - down) * (1 - right), (1 - down) * right, down * (1 - right), down * right]
    rows = np.concatenate([first + offset for offset in (0, 1, width, width + 1)])
    return sparse.csr_matrix((np.concatenate(weights), (rows, np.tile(place, 4))), shape=(place.size, place.size))


def _histograms(grey: np.ndarray, rows: list, slopes: list, patches: list) -> np.ndarray:
    """(n, height, width) -> (n, DIRECTIONS * patches)."""
    down = slopes[0] @ grey @ rows[1].T  # (n, height, width), as are all below
    across = rows[0] @ grey @ slopes[1].T
    strength = np.maximum(np.hypot(down, across) - FAINTEST, 0)
    direction = np.arctan2(down, across) * (DIRECTIONS / (2 * np.pi))  # -4..4
    sums = np.empty((len(grey), DIRECTIONS, len(patches[0]), len(patches[1])), np.float32)
    for i in range(DIRECTIONS):
        apart = np.abs(direction - (i - DIRECTIONS // 2))
        votes = strength * np.maximum(0, 1 - np.minimum(apart, DIRECTIONS - apart))
        sums[:, i] = patches[0] @ votes @ patches[1].T
    roots = np.sqrt(np.maximum(sums.reshape(len(grey), -1), 0))
    return roots / np.maximum(np.linalg.norm(roots, axis=1, keepdims=True), 1e-6)


def _smooth(length: int, sigma: float, n_out: int | None = None) -> np.ndarray:
    """A matrix of Gaussian weights, rows summing to one, from `length` places to `n_out` evenly spread ones."""
    places = np.arange(length, dtype=np.float32)
    centers = places if n_out is None else (np.arange(n_out, dtype=np.float32) + 0.5) * length / n_out
    weights = np.exp(-0.5 * np.square((centers[:, None] - places) / max(sigma, 0.3)))
    return (weights / weights.sum(axis=1, keepdims=True)).astype(np.float32)
