"""Histograms of gradient orientations, and neighbours among them."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import pairwise_distances

from dec_core.analysis.features import DIRECTIONS, PATCHES, distortions, gradients, moved, pixels
from dec_core.analysis.projection import nearest_of_both, neighbours, umap_layout, umap_start


def bar(angle: float, row: float = 14, column: float = 14, size: int = 28) -> np.ndarray:
    """An image of one bright, soft-edged bar through (row, column), as a row of uint8."""
    y, x = np.mgrid[:size, :size]
    across = (x - column) * np.sin(angle) + (y - row) * np.cos(angle)
    return np.round(255 * np.exp(-0.5 * (across / 1.5) ** 2)).astype(np.uint8).reshape(1, -1)


def histogram(row: np.ndarray) -> np.ndarray:
    """Votes for each direction, over all patches. The entries are roots, so squares are summed."""
    return np.square(gradients(row, (28, 28)).reshape(DIRECTIONS, -1)).sum(axis=1)


def test_the_shape_follows_from_the_patches():
    histograms = gradients(np.repeat(bar(0.3), 3, axis=0), (28, 28))
    assert histograms.shape == (3, DIRECTIONS * PATCHES**2) and histograms.dtype == np.float32
    assert np.linalg.norm(histograms, axis=1) == pytest.approx(1, abs=1e-5)


@pytest.mark.parametrize("angle, directions", [(0.0, {2, 6}), (np.pi / 2, {0, 4}), (-np.pi / 4, {3, 7})])
def test_the_two_edges_of_a_bar_vote_for_opposite_directions(angle, directions):
    votes = histogram(bar(angle))
    assert set(np.argsort(votes)[-2:]) == directions
    assert votes[list(directions)].sum() > 0.9


def test_a_flat_image_has_no_direction():
    assert np.array_equal(gradients(np.full((1, 784), 200, np.uint8), (28, 28)), np.zeros((1, 392), np.float32))


def test_faint_and_bold_are_alike():
    bold, faint = bar(0.4), (bar(0.4) * 0.5).astype(np.uint8)
    assert gradients(faint, (28, 28)) == pytest.approx(gradients(bold, (28, 28)), abs=0.02)


def test_a_stroke_that_moves_stays_closer_than_one_that_turns():
    here, apart_by_3, turned = bar(0.0), bar(0.0, row=17), bar(0.3)
    apart = lambda a, b, see: np.linalg.norm(see(a) - see(b))  # noqa: E731
    see = lambda row: gradients(row, (28, 28))  # noqa: E731
    assert apart(here, apart_by_3, see) < apart(here, turned, see)
    assert apart(here, apart_by_3, pixels) > apart(here, turned, pixels)


@pytest.mark.parametrize("shape", [(8, 8), (5, 40), (28, 28, 3), (64, 48)])
def test_images_of_any_size_and_colour(shape):
    x = np.random.default_rng(0).integers(0, 256, (4, int(np.prod(shape)))).astype(np.uint8)
    histograms = gradients(x, shape)
    assert histograms.shape == (4, 392) and np.isfinite(histograms).all()
    assert not np.allclose(histograms[0], histograms[1])


def test_floats_are_compared_as_their_gray_levels_are():
    x = np.repeat(bar(0.4), 2, axis=0)
    floats = pixels(x)
    assert np.array_equal(gradients(floats, (28, 28)), gradients(x, (28, 28)))
    turned, of_floats = moved(x, distortions((28, 28))[0]), moved(floats, distortions((28, 28))[0])
    assert (turned.dtype, of_floats.dtype) == (np.uint8, np.float32)
    assert of_floats * 255 == pytest.approx(turned, abs=0.51)


def test_distortions_turn_widen_stretch_and_shear_to_both_sides():
    matrices = distortions((28, 28))
    assert len(matrices) == 8 and all(matrix.shape == (784, 784) for matrix in matrices)
    assert all(np.round(np.full((1, 784), 200.0) @ matrix).min() == 200 for matrix in matrices)
    turned, back = (bar(0.0) @ matrix for matrix in matrices[:2])
    assert np.corrcoef(turned, bar(0.14))[0, 1] > 0.98 and np.corrcoef(back, bar(-0.14))[0, 1] > 0.98
    apart = bar(np.pi / 2, column=6) + bar(np.pi / 2, column=22)  # two upright bars, 16 apart
    narrow, wide = (np.argmax((apart @ matrix).reshape(28, 28)[14, 14:]) for matrix in matrices[2:4])
    assert narrow < 8 < wide
    sheared = (bar(np.pi / 2) @ matrices[6]).reshape(28, 28)
    assert abs(int(sheared[4].argmax()) - int(sheared[24].argmax())) == pytest.approx(3, abs=1)


@pytest.mark.parametrize("shape", [(8, 8), (5, 12), (6, 6, 3)])
def test_distortions_of_any_size_and_colour_keep_channels_apart(shape):
    levels = np.arange(1, shape[2] + 1) * 30 if len(shape) == 3 else 30
    image = np.full(shape, levels, np.uint8)
    for matrix in distortions(shape):
        assert (image.reshape(1, -1) @ matrix).reshape(shape) == pytest.approx(image)


@given(st.integers(2, 30), st.integers(1, 5), st.integers(0, 99))
def test_the_nearest_of_two_lists(n, k, seed):
    rng = np.random.default_rng(seed)
    x, others = rng.normal(size=(2, n, 3)).astype(np.float32)
    k = min(k, n)
    lists = neighbours(x, k), neighbours(x, k, others)
    indices, distances = nearest_of_both(*lists)
    for i in range(n):
        known = {i: 0.0}
        for found, apart in lists:
            for j, distance in zip(found[i], apart[i], strict=True):
                known[j] = min(known.get(j, np.inf), distance) if j != i else 0.0
        assert len(set(indices[i])) == k
        assert distances[i] == pytest.approx(sorted(known.values())[:k], abs=1e-5)
        assert distances[i] == pytest.approx([known[j] for j in indices[i]], abs=1e-5)


def test_neighbours_are_the_nearest():
    x = np.random.default_rng(0).normal(size=(60, 5)).astype(np.float32)
    indices, distances = neighbours(x, 4)
    apart = pairwise_distances(x)
    assert np.array_equal(indices, np.argsort(apart, axis=1)[:, :4])
    assert distances == pytest.approx(np.sort(apart, axis=1)[:, :4], abs=1e-3)
    assert neighbours(x[:3], 10)[0].shape == (3, 3)


@pytest.mark.night  # numba compiles the search, for half a minute
def test_too_many_points_for_all_distances_are_searched(monkeypatch):
    monkeypatch.setattr("dec_core.analysis.projection.MOST_EXACT", 500)
    x = np.random.default_rng(0).normal(size=(600, 5)).astype(np.float32)
    indices, distances = neighbours(x, 5)
    exact = np.argsort(pairwise_distances(x), axis=1)[:, :5]
    assert np.mean([len(np.intersect1d(a, b)) / 5 for a, b in zip(indices, exact, strict=True)]) > 0.95
    assert distances.shape == (600, 5)


@pytest.mark.slow
def test_a_layout_keeps_two_crowds_apart():
    x = np.concatenate([np.random.default_rng(i).normal(10 * i, 1, size=(80, 5)) for i in range(2)])
    first, again = (
        umap_layout(x, umap_start(x, 2), neighbours(x, 8), min_dist=0.0, n_epochs=50, random_state=1) for _ in range(2)
    )
    assert np.array_equal(first, again)
    within = max(pairwise_distances(first[:80]).max(), pairwise_distances(first[80:]).max())
    assert pairwise_distances(first[:80], first[80:]).min() > 0.5 * within
