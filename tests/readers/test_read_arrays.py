"""Arrays that people bring: what becomes grey levels and labels, and what is refused with which words."""

import pickle

import numpy as np
import pytest
from reader_files import IMAGES, LABELS, npy, npz, said, zipped

from dec_core.data.arrays import as_images, as_labels
from dec_core.data.errors import DataError
from dec_core.data.readers import read_bytes


@pytest.mark.parametrize(
    ("x", "expected"),
    [
        (np.array([[[0, 7], [128, 255]]], np.uint8), [[[0, 7], [128, 255]]]),
        (np.array([[0, 7, 128, 255]], np.int64), [[[0, 7], [128, 255]]]),
        (np.array([[0, 0.5, 0.25, 1.0]], np.float32), [[[0, 128], [64, 255]]]),
        (np.array([[0, 0.5, 254.6, 200.4]]), [[[0, 0], [255, 200]]]),
        (np.array([[True, False, False, True]]), [[[255, 0], [0, 255]]]),
        (np.array([[1, 0, 0, 1]], np.int32), [[[255, 0], [0, 255]]]),  # black and white, kept as whole numbers
        (np.array([[1, 0, 0, 1]], np.uint8), [[[255, 0], [0, 255]]]),
        (np.array([[0, 0.5, 1, 0]], np.float16), [[[0, 128], [255, 0]]]),
        (np.array([[1, 2, 200]], np.uint16), [[[1, 2, 200]]]),  # no square: one line
        (np.array([[[[9], [200]]]], np.uint8), [[[9, 200]]]),  # (n, h, w, 1)
        (np.array([[[[9, 8, 200]]]], np.uint8), [[[[9, 8, 200]]]]),  # (n, h, w, 3)
        (np.array([[[[9, 8, 200, 0]]]], np.uint8), [[[[9, 8, 200]]]]),  # opacity left out
        (np.array([[[[9, 200]]]], np.uint8), [[[9, 200]]]),  # (n, 1, h, w)
        (np.arange(200, 212, dtype=np.uint8).reshape(1, 3, 2, 2), [[[[200, 204, 208], [201, 205, 209]],
                                                                    [[202, 206, 210], [203, 207, 211]]]]),
    ],
)  # fmt: skip
def test_arrays_of_every_kind_become_grey_levels(x, expected):
    images, _ = as_images(x)
    assert images.dtype == np.uint8 and images.flags.c_contiguous
    assert images.tolist() == expected


def test_what_was_done_is_said():
    assert any("2×2" in note for note in as_images(np.full((2, 4), 255))[1])
    assert any("0 to 1" in note for note in as_images(np.ones((2, 2, 2)))[1])
    assert any("brightest value is 16 of 255" in note for note in as_images(np.full((2, 2, 2), 16.0))[1])
    assert as_images(IMAGES)[1] == []


@pytest.mark.parametrize("x", [[0, 0.5, 1.001], [0, 0.5, 1.4], [-1e-5, 0.5, 1.0]])
def test_fractions_that_just_miss_0_to_1_are_not_taken_for_gray_levels(x):
    with pytest.raises(DataError, match=r"received values from .*, expected 0 to 1 or 0 to 255; rescale them"):
        as_images(np.resize(x, (2, 3, 3)))


@pytest.mark.parametrize("x", [[0.0, 1.0, 2.0], [0.0, 0.5, 2.5], [0, 1, 2]])
def test_whole_numbers_and_dark_images_are_gray_levels(x):
    assert as_images(np.resize(x, (2, 3, 3)))[0].max() == round(max(x))


@pytest.mark.parametrize(
    ("x", "received"),
    [
        (np.zeros(5), r"shape \(5,\)"),
        (np.zeros((0, 4, 4)), r"shape \(0, 4, 4\)"),
        (np.zeros((2, 0)), r"shape \(2, 0\)"),
        (np.float64(3), r"shape \(\)"),
        (np.zeros((2, 2, 2, 2, 3)), r"shape \(2, 2, 2, 2, 3\)"),
        (np.zeros((2, 5, 5, 7)), "7 channels"),
        (np.array([[0, np.nan, np.inf, 2]]), "2 values that are NaN or infinite"),
        (np.array([[-1, 2, 3, 4]]), "from -1 to 4"),
        (np.array([[0, 256]]), "from 0 to 256"),
        (np.array([[0, 1e300]]), "from 0 to 1e"),
        (np.array([[0, 2**64 - 1]], np.uint64), "from 0 to 1.844674e"),
        (np.array([["a", "b"]]), "array of <U1"),
        (np.array([[1 + 2j]]), "array of complex128"),
        (np.array([[None, 3]]), "array of object"),
        (np.array([["2020-01-01"]], "M8[D]"), "array of datetime64"),
        (np.broadcast_to(np.uint8(0), (2, 600, 3)), "600×3 pixels, at most 512"),
        (np.broadcast_to(np.uint8(0), (2, 300_000)), "1×300000 pixels, at most 512"),
        (np.broadcast_to(np.uint8(0), (10**6, 32, 32)), "1,024,000,000 numbers, at most 400,000,000"),
    ],
)
def test_arrays_that_are_no_images_are_refused(x, received):
    with pytest.raises(DataError, match=f"received .*{received}"):
        as_images(x)


@pytest.mark.parametrize(
    ("y", "codes", "classes"),
    [
        (np.array([7, 3, 7]), [1, 0, 1], ("3", "7")),
        (np.array([[7], [3], [7]], np.uint8), [1, 0, 1], ("3", "7")),
        (np.array([10.0, 9.0, 10.0]), [1, 0, 1], ("9", "10")),
        (np.array([0.5, 2.0**70, -1e20]), [1, 2, 0], (str(-(10**20)), "0.5", str(2**70))),
        (np.array([True, False, True]), [1, 0, 1], ("False", "True")),
        (np.array(["b", "a", "b"]), [1, 0, 1], ("a", "b")),
        (np.array([b"b", b"\xff", b"b"]), [0, 1, 0], ("b", r"\xff")),
        (["dög", "cat", "a\nb"], [2, 1, 0], (r"a\nb", "cat", "dög")),
    ],
)
def test_labels_of_every_kind_become_numbers_of_classes(y, codes, classes):
    numbers, names = as_labels(y, 3)
    assert numbers.dtype == np.uint8 and (numbers.tolist(), names) == (codes, classes)


@pytest.mark.parametrize(
    ("y", "received"),
    [
        (np.zeros(4), r"shape \(4,\) for 3 images"),
        (np.eye(3), r"shape \(3, 3\) for 3 images"),
        (np.array([1, np.nan, 2]), "NaN"),
        (np.array([1j, 2, 3]), "array of complex128"),
        (np.array([None, 2, 3]), "array of object"),
        (["a", "", "b"], "'' with 0 letters"),
        (["a", " ", "b"], "' ' with 1 letters"),
        (["a", "x" * 101, "b"], "with 101 letters"),
    ],
)
def test_labels_that_are_none_are_refused(y, received):
    with pytest.raises(DataError, match=f"received .*{received}"):
        as_labels(y, 3)


def test_at_most_254_classes():
    assert len(as_labels(np.arange(254), 254)[1]) == 254
    with pytest.raises(DataError, match="received 255 different ones, at most 254"):
        as_labels(np.arange(255), 255)


@pytest.mark.parametrize(
    ("x", "y"), [("x", "y"), ("images", "labels"), ("X", "Y"), ("data", "target"), ("x", "labels")]
)
def test_npz_under_the_usual_names(x, y):
    reading = read_bytes("my.npz", npz(**{x: IMAGES, y: LABELS, "extra": np.zeros(3)}))
    assert np.array_equal(reading.dataset.images, IMAGES) and reading.dataset.y.tolist() == [1, 0, 1, 2, 0, 2]
    assert reading.dataset.classes == ("1", "3", "7") and reading.dataset.name == "my.npz"
    assert said(reading, "6 images of 4×5 pixels") and said(reading, "3 classes as labels, for scoring only: 1, 3, 7.")


def test_one_class_is_one_class():
    reading = read_bytes("my.npz", npz(x=IMAGES, y=np.full(6, 3)))
    assert said(reading, "1 class as labels, for scoring only: 3.")


def test_npz_with_train_and_test_is_joined_in_that_order():
    parts = {"x_test": IMAGES[4:], "y_test": LABELS[4:], "x_train": IMAGES[:4], "y_train": LABELS[:4]}
    reading = read_bytes("mnist.npz", npz(**parts))
    assert np.array_equal(reading.dataset.images, IMAGES) and reading.dataset.y.tolist() == [1, 0, 1, 2, 0, 2]
    assert said(reading, "train and test joined")
    del parts["y_test"]
    reading = read_bytes("mnist.npz", npz(**parts))
    assert reading.dataset.y is None and said(reading, "Only some parts have labels; labels are ignored.")


def test_an_array_alone_is_the_images_whatever_its_name():
    assert np.array_equal(read_bytes("a.npz", npz(arr_0=IMAGES)).dataset.images, IMAGES)  # as KMNIST is distributed
    reading = read_bytes("A.NPY", npy(np.asfortranarray(IMAGES)))
    assert np.array_equal(reading.dataset.images, IMAGES)
    assert reading.dataset.y is None and reading.dataset.classes == () and said(reading, "No labels")


class Payload:
    """Unpickled, it would make a file."""

    def __init__(self, path):
        self.path = str(path)

    def __reduce__(self):
        return (open, (self.path, "w"))


def test_pickles_are_never_opened(tmp_path):
    trap = np.array([Payload(tmp_path / "made"), None], dtype=object)
    pickled = pickle.dumps(Payload(tmp_path / "made"))
    member = zipped({"x.npy": pickled})
    for name, data in [
        ("a.npy", npy(trap, allow_pickle=True)),
        ("a.npz", npz(x=trap)),
        ("a.npz", npz(x=IMAGES, y=trap)),
        ("a.npy", pickled),
        ("a.npz", pickled),
        ("a.npz", member),
        ("a.csv", pickled),
        ("a.zip", zipped({"a.png": pickled})),
    ]:
        with pytest.raises(DataError):
            read_bytes(name, data)
    assert not (tmp_path / "made").exists()
    pickle.loads(pickled).close()
    assert (tmp_path / "made").exists()  # the trap was one


@pytest.mark.parametrize(
    ("name", "data", "words"),
    [
        ("a.npz", npz(x=IMAGES, y=LABELS[:5]), r"shape \(5,\) for 6 images, expected \(6,\)"),
        ("a.npz", npz(a=IMAGES, b=LABELS), r"arrays a; b, expected x \(and y\), or x_train; rename"),
        ("a.npz", npz(), "arrays , expected x"),
        ("a.npz", npz(x_train=IMAGES, x_test=IMAGES[:, :2]), r"shapes \(6, 4, 5\) and \(6, 2, 5\), expected the same"),
        ("a.npz", npz(x_train=IMAGES, x_test=np.uint8(3)), r"shapes \(6, 4, 5\) and \(\), expected the same"),
        ("a.npz", npz(x=IMAGES[:1]), "received 1 image, expected at least 2"),
        ("a.npz", npz(x=IMAGES)[:-30], "expected a whole archive"),
        ("a.npz", b"", "expected a whole archive"),
        ("a.npz", npy(IMAGES), "expected a whole archive"),
        ("a.npy", npz(x=IMAGES), "magic string is not correct.*expected an array of numbers"),
        ("a.npy", npy(IMAGES)[:-1], "expected an array of numbers"),
        ("a.npy", npy(np.array([None])), "Object arrays cannot be loaded.*expected an array of numbers"),
        ("a.npy", npy(np.zeros((2, 2), "i4,f8")), "array of .*expected numbers"),
        ("a.npy", npy(IMAGES).replace(b"(6, 4, 5)", b"(9**9,)  "), "expected an array of numbers"),
        ("a.npy", npy(IMAGES).replace(b"(6, 4, 5), }" + b" " * 17, b"(6, 4, 50000000000000000000),"), "expected"),
        ("a.npy", npy(IMAGES).replace(b"(6, 4, 5), }      ", b"(6, 4, 10**15), }"), "expected an array of numbers"),
        ("a.npy", npy(IMAGES).replace(b"(6, 4, 5), }        ", b"(600000, 40000, 50)}"), "expected an array of numb"),
    ],
)  # fmt: skip
def test_array_files_that_cannot_be_used_are_refused(name, data, words):
    with pytest.raises(DataError, match=words):
        read_bytes(name, data)
