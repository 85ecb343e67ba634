"""A drawn digit: centred as MNIST's are, placed by a recorded run, shown on the pad, refused in words."""

from base64 import b64encode

import numpy as np
import pytest
from PIL import Image

from dec_core.data import load
from dec_core.data.drawing import BOX, MIDDLE, SIDE, as_in_mnist
from dec_core.reading.placed import can_place, placed
from pages.shared.drawing import SENT, answer, can_draw, map_of


@pytest.fixture(scope="module")
def now(recorded):
    return recorded("gallery-first-look")


def sent(drawing):
    return b64encode(np.ascontiguousarray(drawing, np.uint8).tobytes()).decode()


def as_drawn(image):
    """An image of the data set as large as a drawing."""
    return np.asarray(Image.fromarray(image).resize((SENT, SENT), Image.Resampling.BICUBIC))


@pytest.mark.parametrize(("rows", "columns"), [((0, 140), (60, 80)), ((100, 120), (5, 135)), ((3, 9), (3, 9))])
def test_ink_fits_the_box_and_its_mass_stands_in_the_middle(rows, columns):
    drawing = np.zeros((140, 140), np.uint8)
    drawing[slice(*rows), slice(*columns)] = 200
    image = as_in_mnist(drawing)
    y, x = np.nonzero(image)
    assert image.shape == (SIDE, SIDE) and image.max() == 255
    assert max(np.ptp(y), np.ptp(x)) + 1 == BOX
    for places in (y, x):
        assert abs(np.average(places, weights=image[y, x]) - MIDDLE) <= 0.5


def test_mnists_own_digits_stay_what_they_are():
    images = load("mnist", 300).images
    again = np.stack([as_in_mnist(as_drawn(image)) for image in images])
    alike = [np.corrcoef(a.ravel(), b.ravel())[0, 1] for a, b in zip(images, again, strict=True)]
    assert np.median(alike) > 0.95


def test_ink_whose_mass_lies_at_an_edge_stays_whole():
    drawing = np.zeros((140, 140), np.uint8)
    drawing[0:8, 0:140], drawing[0:140, 0:1] = 255, 30
    image = as_in_mnist(drawing)
    y, x = np.nonzero(image)
    assert np.ptp(y) + 1 == BOX and np.ptp(x) + 1 == BOX


@pytest.mark.parametrize("drawing", [np.zeros((140, 140), np.uint8), np.zeros((0, 0), np.uint8)])
def test_nothing_drawn_is_said(drawing):
    with pytest.raises(ValueError, match="nothing is drawn"):
        as_in_mnist(drawing)


def test_a_run_places_digits_it_knows_where_they_lie(now):
    run, known = now.run, np.arange(0, now.run.n, 97)
    for index in known[:40]:
        result = placed(now, load("mnist", run.n).images[index])
        assert result.neighbours[0] == index  # it is its own nearest
        assert result.cluster == now.labels[index] and result.q.sum() == pytest.approx(1)
        assert result.z == pytest.approx(now.z(index), abs=0.02)  # what is kept has 16 bits
        assert (result.image == run.images[index]).all()


def test_digits_drawn_anew_go_to_the_clusters_of_their_class(now):
    data = load("mnist")
    others = np.setdiff1d(np.arange(0, 70_000, 701), np.arange(10_000) * 7)  # which it has never seen
    right = 0
    for index in others:
        result = placed(now, as_in_mnist(as_drawn(data.images[index])))
        right += now.class_of[result.cluster] == data.y[index]
    assert right / len(others) > 0.9


def test_the_pad_is_told_all_that_it_shows(now):
    shown = answer(now, sent(as_drawn(load("mnist", 100).images[0])))
    assert [bar["q"] for bar in shown["bars"]] == sorted((bar["q"] for bar in shown["bars"]), reverse=True)
    assert len(shown["bars"]) == 10 and len(shown["neighbours"]) == 5 and len(shown["pictures"]) == 2
    assert shown["bars"][0]["name"] in shown["sentence"] and np.abs(shown["place"]).max() <= 32767
    known = map_of(now)
    assert len(known["palette"]) == 10 and known is map_of(now)


def test_a_low_q_is_said_to_be_no_answer(now):
    drawing = np.zeros((SENT, SENT), np.uint8)
    drawing[60:80, 60:80] = 255  # a square
    assert answer(now, sent(drawing))["sentence"].startswith("No clear answer")


@pytest.mark.parametrize(
    ("received", "says"),
    [(sent(np.zeros((SENT, SENT))), "Nothing is drawn"), ("AAAA", "Received 3 pixels"), ("?", "cannot be read"),
     (17, "cannot be read"), ("ä", "cannot be read")],
)  # fmt: skip
def test_what_is_no_drawing_is_refused_in_words(now, received, says):
    assert says in answer(now, received)["problem"]


def test_who_cannot_place_an_image_says_so(now, recorded):
    plain = recorded("gallery-plain-dec")
    assert can_draw(now) and not can_place(plain) and not can_draw(plain)
    with pytest.raises(ValueError, match="no network"):
        placed(plain, np.zeros((28, 28), np.uint8))
    with pytest.raises(ValueError, match="expected \\(28, 28\\)"):
        placed(now, np.zeros((8, 8), np.uint8))
    assert not can_draw(now.run.at(0))  # before there are clusters
