"""Neighbours among images whose strokes may lie a little away, against a plain computation of the same."""

import numpy as np
import pytest

from dec_core.analysis import deformed
from dec_core.analysis.deformed import nearest_deformed
from dec_core.analysis.features import gradients
from dec_core.analysis.umap_gmm import compare
from dec_core.data import load

SHAPE = (28, 28)


@pytest.fixture(scope="module")
def mnist():
    return load("mnist", 600, upright=True)


def everybody(n: int) -> np.ndarray:
    """All images as candidates of each."""
    return np.tile(np.arange(n), (n, 1))


def plainly(a: np.ndarray, b: np.ndarray, reach: int) -> float:
    """The distance of two images of (8, height, width), one place after the other."""
    margin = reach + 1
    height, width = a.shape[1:]
    a, b = (np.pad(each, ((0, 0), (margin, margin), (margin, margin))).astype(float) for each in (a, b))
    total = 0.0
    for row in range(margin, margin + height):
        for column in range(margin, margin + width):
            here = a[:, row - 1 : row + 2, column - 1 : column + 2]
            total += min(
                np.square(here - b[:, row + down - 1 : row + down + 2, column + right - 1 : column + right + 2]).sum()
                for down in range(-reach, reach + 1)
                for right in range(-reach, reach + 1)
            )
    return np.sqrt(total)


@pytest.mark.parametrize(
    ("shape", "places", "reach"), [((12, 12), (12, 12), 1), ((9, 14), (9, 14), 1), ((30, 36), (28, 28), 2)]
)
def test_distances_are_those_of_the_definition(shape, places, reach):
    x = np.random.default_rng(0).integers(0, 256, (4, np.prod(shape))).astype(np.uint8)
    indices, distances = nearest_deformed(x, shape, everybody(4), 4)
    strokes = gradients(x, shape, places, deformed.BLUR).reshape(4, 8, *places)
    for i in range(4):
        expected = [plainly(strokes[i], strokes[j], reach) for j in indices[i]]
        assert expected == sorted(expected) and expected[0] == 0
        assert np.allclose(distances[i], expected, rtol=0.01)  # strokes are kept as bytes


def test_a_stroke_may_lie_two_pixels_away_and_not_five():
    image = np.zeros(SHAPE, np.uint8)
    image[6:22, 12:14] = 255
    away = {pixels: np.roll(image, pixels, axis=1) for pixels in (0, 2, 5)}
    x = np.stack(list(away.values())).reshape(3, -1)
    indices, distances = nearest_deformed(x, SHAPE, everybody(3), 3)
    assert list(indices[0]) == [0, 1, 2]
    assert distances[0, 1] < 0.05 * distances[0, 2]


def test_each_image_comes_first_also_among_its_copies():
    x = np.tile(load("mnist", 1).x, (5, 1))
    indices, distances = nearest_deformed(x, SHAPE, everybody(5), 3)
    assert list(indices[:, 0]) == [0, 1, 2, 3, 4] and not distances.any()
    assert all(len(set(row)) == 3 for row in indices.tolist())


def test_where_a_search_has_found_too_few_the_last_image_does_not_take_their_place(mnist):
    x = mnist.x[[0, 1, 2, 0]]  # the last is a copy of the first
    near = np.array([[0, -1, 2], [1, 0, -1], [2, -1, -1], [3, 0, 1]])
    indices, distances = nearest_deformed(x, SHAPE, near, 2)
    assert indices.tolist() == [[0, 2], [1, 0], [2, -1], [3, 0]]
    assert np.isfinite(distances[:, 1]).tolist() == [True, True, False, True]


def test_blank_images_and_color_give_finite_numbers():
    blank = np.zeros((4, 64), np.uint8)
    color = np.random.default_rng(0).integers(0, 256, (4, 8 * 8 * 3)).astype(np.uint8)
    for x, shape in ((blank, (8, 8)), (color, (8, 8, 3)), (color.astype(np.float32) / 255, (8, 8, 3))):
        assert np.isfinite(nearest_deformed(x, shape, everybody(4), 4)[1]).all()


def test_how_many_threads_there_are_changes_nothing(mnist, monkeypatch):
    near = compare(mnist.x, 12, "gradients", SHAPE).near[0]
    monkeypatch.setattr(deformed, "CHUNK", 50)
    found = []
    for n_threads in (1, 3):
        monkeypatch.setattr(deformed.os, "cpu_count", lambda n=n_threads: n)
        found.append(nearest_deformed(mnist.x, SHAPE, near, 6))
    assert all(np.array_equal(*pair) for pair in zip(*found, strict=True))


def test_fewer_neighbours_are_of_another_digit_than_by_gradients(mnist):
    def share_of_others(features: str) -> float:
        near = compare(mnist.x, 5, features, SHAPE).near[0]
        assert near.shape == (600, 5)
        return (mnist.y[near] != mnist.y[:, None]).mean()

    assert share_of_others("deformed") < 0.9 * share_of_others("gradients")


def test_where_images_are_few_all_of_them_are_candidates(mnist):
    indices, distances = compare(mnist.x[:8], 10, "deformed", SHAPE).near
    assert indices.shape == distances.shape == (8, 7) and (np.diff(distances, axis=1) >= 0).all()
