"""New images made like a run's own."""

import numpy as np
import pytest

from dec_core.data import load
from dec_core.data.deskew import deskew
from dec_core.data.new_images import made_like

MNIST = load("mnist", 200).images
NEW = load("mnist", 260).images[200:203]


def test_images_like_the_runs_are_left_alone():
    same, notes = made_like(NEW, MNIST)
    assert same is NEW and notes == []


def test_digits_in_black_on_white_are_inverted():
    drawn, notes = made_like(255 - NEW, MNIST)
    assert np.array_equal(drawn, NEW)
    assert notes == ["They are dark on light where the run's images are light on dark: inverted."]


def test_only_those_that_are_otherwise_are_inverted():
    mixed = np.stack([NEW[0], 255 - NEW[1], NEW[2]])
    drawn, notes = made_like(mixed, MNIST)
    assert np.array_equal(drawn, NEW)
    assert notes == ["1 of 3 are dark on light where the run's images are light on dark: inverted."]


def test_a_run_on_paper_wants_paper():
    drawn, notes = made_like(NEW[:1], 255 - MNIST)
    assert np.array_equal(drawn, 255 - NEW[:1])
    assert notes == ["It is light on dark where the run's images are dark on light: inverted."]


@pytest.mark.parametrize("known", [np.full((5, 28, 28), 128, np.uint8), np.zeros((5, 28, 28, 3), np.uint8)])
def test_photographs_and_colors_too(known):
    drawn, notes = made_like(255 - NEW, known)
    assert drawn.shape == (3, *known.shape[1:])
    assert any("inverted" in note for note in notes) == (known.ndim == 4)  # a gray background is neither


def test_where_the_runs_were_deskewed_these_are():
    upright, notes = made_like(NEW, MNIST, upright=True)
    assert np.array_equal(upright, deskew(NEW)) and notes == ["Deskewed, as the run's images were."]


@pytest.mark.parametrize("known", [MNIST, np.stack([MNIST] * 3, axis=-1)], ids=["gray", "color"])
@pytest.mark.parametrize("n_channels", [1, 3, 4])
def test_an_array_of_the_runs_sides_is_one_image_whatever_its_channels(known, n_channels):
    given = np.repeat(NEW[0][..., None], n_channels, axis=2)
    if n_channels == 4:
        given[..., 3] = 255
    one, notes = made_like(given, known)
    expected = NEW[:1] if known.ndim == 3 else np.stack([NEW[:1]] * 3, axis=-1)
    assert np.array_equal(one, expected)
    assert notes[-1] == (
        f"An array of 28×28×{n_channels} numbers is read as one image, not as 28 images of 28×{n_channels} pixels."
    )


def test_as_many_images_as_they_have_rows_are_many():
    for images, known in ((MNIST[:28], MNIST), (MNIST[:3, :3, :3], MNIST[:, :3, :3])):
        same, notes = made_like(images, known)
        assert same is images and notes == []
