import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dec_core.config import BUNDLED
from dec_core.data import load
from dec_core.data.deskew import deskew


def test_mnist_is_whole_and_in_the_tutorials_order():
    mnist = load("mnist")
    assert mnist.images.shape == (70_000, 28, 28) and mnist.images.dtype == np.uint8
    assert mnist.x.shape == (70_000, 784)
    assert list(mnist.y[:5]) == [5, 0, 4, 1, 9] and list(mnist.y[60_000:60_005]) == [7, 2, 1, 0, 4]
    assert list(np.bincount(mnist.y)) == [6903, 7877, 6990, 7141, 6824, 6313, 6876, 7293, 6825, 6958]


def test_unbalanced_mnist_keeps_the_share_of_each_digit_that_the_paper_says():
    unbalanced, mnist = load("mnist-unbalanced"), load("mnist")
    assert (len(unbalanced.images), unbalanced.images.shape[1:]) == BUNDLED["mnist-unbalanced"]
    share = np.bincount(unbalanced.y) / np.bincount(mnist.y)
    assert share[9] == 1 and share == pytest.approx(np.linspace(0.1, 1, 10), abs=0.02)
    assert list(np.bincount(unbalanced.y)) == [
        706,
        1618,
        2019,
        2825,
        3426,
        3727,
        4886,
        5861,
        6113,
        6958,
    ]  # always these


def test_unbalanced_mnist_is_a_part_of_mnist_in_its_order():
    unbalanced, mnist = load("mnist-unbalanced", 300), load("mnist", 1000)
    whole = [image.tobytes() for image in mnist.images]
    places = [whole.index(image.tobytes()) for image in unbalanced.images]
    assert places == sorted(set(places)) and mnist.y[places].tolist() == unbalanced.y.tolist()
    assert load("mnist-unbalanced", 300).classes == mnist.classes


@pytest.mark.parametrize("name", BUNDLED)
def test_what_comes_along_is_as_large_as_configs_say(name):
    images = load(name).images
    assert BUNDLED[name] == (len(images), images.shape[1:])


def test_subsets_are_the_first_images_and_cannot_be_written():
    subset, whole = load("mnist", 100), load("mnist")
    assert np.array_equal(subset.images, whole.images[:100])
    with pytest.raises(ValueError, match="read-only"):
        whole.images[0, 0, 0] = 1


def test_digits_use_the_whole_range(digits):
    assert digits.images.shape == (1797, 8, 8) and digits.images.max() == 255


@pytest.mark.parametrize(
    ("name", "n", "said"),
    [("cats", None, "expected mnist, digits"), ("digits", 1798, "1797"), ("digits", 0, "received 0")],
)
def test_what_is_not_there_is_said(name, n, said):
    with pytest.raises(ValueError, match=said):
        load(name, n)


def _moments(image):
    ink = image.astype(float)
    y, x = np.mgrid[: image.shape[0], : image.shape[1]]
    y_mean, x_mean = (ink * y).sum() / ink.sum(), (ink * x).sum() / ink.sum()
    return y_mean, x_mean, (ink * (y - y_mean) * (x - x_mean)).sum() / ink.sum()


def test_upright_ink_is_centred_and_no_longer_leans():
    image = np.zeros((1, 29, 29), dtype=np.uint8)
    for row in range(6, 21):
        image[0, row, 20 - row // 2 : 22 - row // 2] = 255  # a stroke that leans like a slash
    assert _moments(image[0])[2] < -5
    y_mean, x_mean, lean = _moments(deskew(image)[0])
    assert (y_mean, x_mean) == (pytest.approx(14, abs=0.1), pytest.approx(14, abs=0.1))
    assert abs(lean) < 0.5


def test_dark_ink_on_bright_paper_is_deskewed_like_bright_ink():
    images = load("mnist", 100).images
    upright = deskew(images)
    on_paper = deskew(255 - images)
    assert np.abs(on_paper.astype(int) - (255 - upright.astype(int))).max() <= 1  # halves are rounded to even levels
    assert (on_paper[:, 0] == 255).mean() > 0.95  # what enters is paper
    paper = np.full((1, 9, 9), 255, np.uint8)
    assert np.array_equal(deskew(paper), paper)


@given(st.integers(1, 4), st.integers(2, 12), st.integers(2, 12), st.integers(0, 99))
def test_deskew_keeps_shape_and_type_of_anything(n, height, width, seed):
    images = np.random.default_rng(seed).integers(0, 256, (n, height, width)).astype(np.uint8)
    images[0] = 0  # no ink at all
    upright = deskew(images)
    assert upright.shape == images.shape and upright.dtype == np.uint8
    assert not upright[0].any()


@given(st.integers(0, 99))
def test_deskew_of_floats_is_that_of_gray_levels_without_rounding(seed):
    images = np.random.default_rng(seed).integers(0, 256, (3, 9, 7)).astype(np.uint8)
    images[0], images[1] = 0, images[1] // 255  # no ink, and hardly any
    upright = deskew((images / 255).astype(np.float32))
    assert upright.dtype == np.float32
    assert upright * 255 == pytest.approx(deskew(images), abs=0.51)


def test_what_comes_along_is_read_once_whatever_the_folder_of_runs(tmp_path):
    assert np.shares_memory(load("digits", root=tmp_path).images, load("digits").images)
    first, second = (load("digits", 20, upright=True, root=root).images for root in (tmp_path, tmp_path / "other"))
    assert first is second
