"""A distance that forgives handwriting: every place of one image may look for its like a little away in the other.

That is the image distortion model of Keysers, Deselaers, Gollan and Ney (*Deformation Models for Image Recognition*,
IEEE Transactions on Pattern Analysis and Machine Intelligence 29(8), 2007, section 4.3): each place of an image is
compared with all places of the other that are at most `REACH` away, together with what is around it, and keeps the
best; the differences of all places are summed. No place asks where its neighbors went. There, places have two
derivatives; here they have the directions of strokes, as `dec_core.analysis.features.gradients` counts them, once for
each pixel. Nothing is learned, and no label is asked.

Comparing all with all would take hours. `nearest_deformed` orders some that another search has found.

numba is imported when it is needed, as UMAP is.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from functools import cache
from multiprocessing.pool import ThreadPool

import numpy as np

from dec_core.analysis.features import DIRECTIONS, gradients
from dec_core.analysis.projection import but_itself

SIDE = 28  # places a side, at most: as many as pixels in smaller images
BLUR = 1 / 28  # of the image's width: how far a place sees
REACH = 2 / 28  # of the longer side: how far a place may look for its like; one place at least
AROUND = 1  # places to each side that are compared with it
FAR = np.float32(3e38)  # farther than any two images; fast arithmetic knows no infinity
CHUNK = 512  # images at a time in a thread, and of those whose strokes are counted


def nearest_deformed(
    x: np.ndarray, image_shape: Sequence[int], near: np.ndarray, n_neighbors: int
) -> tuple[np.ndarray, np.ndarray]:
    """Of some candidates for each image those that deformed are most like it.

    Images are kept as a byte for each place and direction: 6 272 bytes for one of 28 x 28. On all cores; each image
    is compared alone, so that their number changes nothing.

    Parameters
    ----------
    x : ndarray of uint8 or float32, shape (n, height * width[ * channels])
    image_shape : (height, width) or (height, width, channels)
    near : ndarray of int, shape (n, n_candidates)
        Indices of the candidates for each image, one of them the image itself; -1 where a search has found no more.
    n_neighbors : int
        How many of them are wanted, the image itself counted; n_candidates at most.

    Returns
    -------
    (indices, distances), of int and float32, each of shape (n, n_neighbors)
        Each image itself first, at a distance of 0, then the nearest. Distances are roots of the summed squares.
    """
    places = tuple(min(side, SIDE) for side in image_shape[:2])
    strokes, scales = _strokes(x, image_shape, places)
    others = but_itself(near)
    distances = np.empty(others.shape, np.float32)
    reach, measure = max(1, round(REACH * max(places))), _compiled()

    def compare(first: int) -> None:
        part = slice(first, first + CHUNK)
        measure(first, strokes, scales, others[part], reach, distances[part])

    with ThreadPool(os.cpu_count()) as threads:  # its threads end with the process, whatever they are at
        threads.map(compare, range(0, len(x), CHUNK), chunksize=1)
    distances[others < 0] = np.inf  # no image, but compared as if it were the last one
    order = np.argsort(distances, axis=1, kind="stable")[:, : n_neighbors - 1]
    itself = np.arange(len(x))[:, None]
    return (
        np.concatenate([itself, np.take_along_axis(others, order, 1)], axis=1),
        np.concatenate([np.zeros(itself.shape, np.float32), np.take_along_axis(distances, order, 1)], axis=1),
    )


def _strokes(x: np.ndarray, image_shape: Sequence[int], places: tuple[int, int]) -> tuple[np.ndarray, np.ndarray]:
    """How much of a stroke runs in each direction at each place: bytes (n, 8, places), and what one is worth, (n,)."""
    strokes = np.empty((len(x), DIRECTIONS, *places), np.uint8)
    scales = np.empty(len(x), np.float32)
    for first in range(0, len(x), CHUNK):
        part = slice(first, first + CHUNK)
        amounts = gradients(x[part], image_shape, places, BLUR).reshape(-1, DIRECTIONS, *places)
        scales[part] = np.maximum(amounts.max(axis=(1, 2, 3)), 1e-6) / 255
        strokes[part] = np.round(amounts / scales[part, None, None, None])
    return strokes, scales


@cache
def _compiled() -> Callable[..., None]:
    """`_distances` as machine code that does without Python's lock; it is kept on disk for later processes."""
    import numba

    return numba.njit(nogil=True, fastmath=True, cache=True)(_distances)


def _distances(first, strokes, scales, others, reach, distances):
    """Distances of the images from `first` on to those in the rows of `others`.

    Maps have a margin all around, and lie in one row, so that a step down is `stride` and each loop is long and plain.
    """
    height, width = strokes.shape[2:]
    margin = reach + AROUND
    stride = width + 2 * margin
    here = np.zeros((DIRECTIONS, (height + 2 * margin) * stride), np.float32)
    there = np.zeros_like(here)
    corner = reach * stride + reach  # of the places, with what is around them
    n_around = (height + 2 * AROUND - 1) * stride + width + 2 * AROUND
    n_places = (height - 1) * stride + width
    apart = np.empty(n_around, np.float32)
    in_row = np.empty(n_around, np.float32)
    next_in_row, second_in_row = apart[1:], apart[2:]
    next_row, second_row = in_row[stride:], in_row[2 * stride :]
    best = np.empty(n_places, np.float32)

    def unpack(image, into):
        for d in range(DIRECTIONS):
            for row in range(height):
                begin = (row + margin) * stride + margin
                for column in range(width):
                    into[d, begin + column] = scales[image] * np.float32(strokes[image, d, row, column])

    for i in range(len(others)):
        unpack(first + i, here)
        for k in range(others.shape[1]):
            unpack(others[i, k], there)
            best[:] = FAR
            for down in range(-reach, reach + 1):
                for right in range(-reach, reach + 1):
                    shifted = corner + down * stride + right
                    apart[:] = 0
                    for d in range(0, DIRECTIONS, 4):  # four at a time: what is summed is read and written less often
                        a0, b0 = here[d, corner : corner + n_around], there[d, shifted : shifted + n_around]
                        a1, b1 = here[d + 1, corner : corner + n_around], there[d + 1, shifted : shifted + n_around]
                        a2, b2 = here[d + 2, corner : corner + n_around], there[d + 2, shifted : shifted + n_around]
                        a3, b3 = here[d + 3, corner : corner + n_around], there[d + 3, shifted : shifted + n_around]
                        for t in range(n_around):
                            e0, e1, e2, e3 = a0[t] - b0[t], a1[t] - b1[t], a2[t] - b2[t], a3[t] - b3[t]
                            apart[t] += e0 * e0 + e1 * e1 + e2 * e2 + e3 * e3
                    for t in range(n_around - 2 * AROUND):
                        in_row[t] = apart[t] + next_in_row[t] + second_in_row[t]
                    for t in range(n_places):
                        around, least = in_row[t] + next_row[t] + second_row[t], best[t]
                        best[t] = around if around < least else least
            total = np.float32(0)
            for row in range(height):
                for t in range(row * stride, row * stride + width):
                    total += best[t]
            distances[i, k] = np.sqrt(total)
