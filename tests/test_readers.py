"""People's own files: what is understood and how, what is refused and with which words, and bytes at random."""

import gzip
import io
import os
import pickle
import struct
import tracemalloc
import warnings
import zipfile
import zlib
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays_of
from PIL import Image

from dec_core.data import pictures, tables
from dec_core.data.arrays import as_images, as_labels
from dec_core.data.errors import DataError, printable
from dec_core.data.formats import FORMATS, SUFFIXES_READ, about_formats, format_of
from dec_core.data.limits import Limits
from dec_core.data.readers import Reading, read, read_bytes
from dec_core.data.uploads import read_files

CODES = {"u1": 0x08, "i1": 0x09, "i2": 0x0B, "i4": 0x0C, "f4": 0x0D, "f8": 0x0E}
RANDOM = np.random.default_rng(0)
IMAGES = RANDOM.integers(0, 256, (6, 4, 5)).astype(np.uint8)
IMAGES[0, 0, 0] = 255
LABELS = np.array([3, 1, 3, 7, 1, 7])


def npy(x, **kwargs) -> bytes:
    np.save(file := io.BytesIO(), x, **kwargs)
    return file.getvalue()


def npz(**arrays) -> bytes:
    np.savez_compressed(file := io.BytesIO(), **arrays)
    return file.getvalue()


def idx_file(x) -> bytes:
    x = np.asarray(x)
    head = bytes([0, 0, CODES[x.dtype.str[1:]], x.ndim]) + struct.pack(f">{x.ndim}I", *x.shape)
    return head + x.astype(x.dtype.newbyteorder(">")).tobytes()


def csv(rows, header=None) -> bytes:
    lines = [*([header] if header else []), *rows]
    return "\n".join(",".join(str(cell) for cell in line) for line in lines).encode()


def zipped(files: dict[str, bytes], method=zipfile.ZIP_DEFLATED) -> bytes:
    with zipfile.ZipFile(file := io.BytesIO(), "w", method) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return file.getvalue()


def picture(pixels, kind="PNG", **kwargs) -> bytes:
    image = pixels if isinstance(pixels, Image.Image) else Image.fromarray(np.asarray(pixels))
    image.save(file := io.BytesIO(), kind, **kwargs)
    return file.getvalue()


def pixels_of(reading: Reading) -> list:
    return reading.dataset.images.tolist()


def said(reading: Reading, text: str) -> bool:
    return text in " ".join(reading.notes)


# -- arrays


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
        (np.array([[0, 2**64 - 1]], np.uint64), "from 0 to 1.84467e"),
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


# -- tables

ROWS = [[0, 10, 20, 255], [5, 6, 7, 8]]
SQUARES = [[[0, 10], [20, 255]], [[5, 6], [7, 8]]]


@pytest.mark.parametrize(
    ("data", "classes", "note"),
    [
        (csv(ROWS), (), "No labels"),
        (csv(ROWS, ["a", "b", "c", "d"]), (), "No labels"),
        (csv(ROWS, range(4)), (), "The first row is read as column names."),  # as pandas writes it without index
        (csv([[i, *row] for i, row in enumerate(ROWS)], ["", *range(4)]), (), "counts the rows and is ignored"),
        (csv([["cat", *ROWS[0]], ["dog", *ROWS[1]]], ["animal", *range(1, 5)]), ("cat", "dog"), "read as column names"),
        (csv([[*ROWS[0], 3], [*ROWS[1], 4]], [*range(4), "label"]), ("3", "4"), "read as column names"),
        (csv([["9", *row] for row in ROWS]), ("9",), "square number plus one, so the first is read"),
        (csv([["cat", *ROWS[0]], ["dog", *ROWS[1]]]), ("cat", "dog"), "square number plus one, so the first is read"),
        (csv([["cat", *ROWS[0]], ["dog", *ROWS[1]]], ["Label", *range(4)]), ("cat", "dog"), "2 classes"),
        (csv([[*ROWS[0], "cat"], [*ROWS[1], "NA"]], [*"abcd", " CLASS "]), ("NA", "cat"), "2 classes"),
        (csv([[1, 3, *ROWS[0]], [2, 4, *ROWS[1]]], ["id", "label", *"abcd"]), ("3", "4"), "counts the rows"),
        (csv([[3, *ROWS[0]], [4, *ROWS[1]]], ["label", "1x1", "1x2", "2x1", "2x2"]), ("3", "4"), "2 classes"),
        (b"\xef\xbb\xbf" + csv(ROWS, ["a", "b", "c", "d"]), (), "No labels"),
        (b"\n\n" + csv(ROWS, ["a", "b", "c", "d"]).replace(b"\n", b"\r\n\r\n") + b"\r\n", (), "No labels"),
        (csv(ROWS).replace(b"\n", b"\r").replace(b",", b", "), (), "No labels"),
        (b'"0","10","20","255"\n"5","6","7","8"', (), "No labels"),
        (csv([[0.0, 10.2, 1.96e1, 255], ROWS[1]]), (), "No labels"),
        ("ü,b,c,d\n".encode() + csv(ROWS), (), "No labels"),
    ],
)
def test_tables_with_and_without_names_and_labels(data, classes, note):
    reading = read_bytes("my.csv", data)
    assert pixels_of(reading) == SQUARES
    assert reading.dataset.classes == classes and (reading.dataset.y is None) == (not classes)
    assert said(reading, note)


def test_tables_of_truth_and_of_fractions():
    assert pixels_of(read_bytes("a.csv", b"True,0,False,1\nFalse,1,True,0")) == [
        [[255, 0], [0, 255]],
        [[0, 255], [255, 0]],
    ]
    assert pixels_of(read_bytes("a.csv", b"0.5,0,.25,1\n0,0,0,1e-9")) == [[[128, 0], [64, 255]], [[0, 0], [0, 0]]]


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "received no rows of numbers, expected one for each image"),
        (b"\n \n\n", "received no rows of numbers"),
        (b"a,b,c,d\n", "received no rows of numbers"),
        (b"1,2,3,4", "received 1 image, expected at least 2"),
        (b"1,2,3,4\n1,2,3\n1,2,3,4", "rows of 3 and of 4 cells"),
        (b"1,2,3,4\n1,2,3,4\n1,2,3", "rows of 3 and of 4 cells"),
        (b"1,2,3,4\n1,2,3,4\n1,2,3,4,5", "rows of 4 and of 5 cells"),
        (b"a,b,c,d\n1,2,3,4,5\n1,2,3,4,5", "rows of 4 and of 5 cells"),
        (b"1,,3,4\n1,2,3,4", "received '' in row 1 of column 2"),
        (b"1,2,x,4\n1,2,3,4\n1,2,3,4", "received 'x' in row 1 of column 3"),  # no header, and not lost
        (b"1,2,3,4\n1,nan,3,4", "1 values that are NaN or infinite"),
        (b"1,2,3,4\n1,inf,3,4", "1 values that are NaN or infinite"),
        (b"1,2,3,4\n1,2,cat,4", "received 'cat' in row 2 of column 3, expected a number"),
        (b"a,b,c,d\n1,x,3,4\n1,2,y,4", "received 'x' in row 1 of column b"),
        (b"1;2;3;4\n5;6;7;8", "received '5;6;7;8' .*put commas between"),
        (b"1,2,3,4\n1,2,3,-4", "from -4 to 4"),
        (b"1,2,3,4\n1,2,3,256", "from 1 to 256"),
        (b"1,2,3,4\n1,2,3," + b"9" * 30, r"from 1 to 1e\+30"),
        (b"label,a,b,c,d\ncat,1,2,3,4\n,1,2,3,4", "labels: received ''"),
        (b'1,2,3,4\n1,2,3,4\n"1,2,3,4', "rows of 1 and of 4 cells"),
        ("1,2,3,4\n".encode("utf-16"), "expected text in UTF-8"),
        (b"\xff\xfe,2\n3,4", "expected text in UTF-8"),
        (b"1," * 300_000, "300,001 columns, at most 262,144"),
        (b"a" * 200_000 + b",1\n2,3", "field larger than field limit"),
        (b"index,a,b\n0,2,3\n1,3,4\n9,2,2", "first column 'index' that begins to count the rows but does not go on"),
    ],
    ids=range(25),
)
def test_tables_that_cannot_be_used_are_refused(data, words):
    with pytest.raises(DataError, match=words):
        read_bytes("a.csv", data)


def test_one_long_label_does_not_make_all_long():
    """An array of text is as wide as its longest: 5 000 labels of 100 000 letters would be 2 GB."""
    rows = b"label,a,b,c,d\n" + b"cat,1,2,3,4\n" * 5000 + b"d" * 100_000 + b",1,2,3,4\n"
    tracemalloc.start()
    with pytest.raises(DataError, match=r"labels: received 'd{20}' with 100000 letters, expected names of 1 to 100"):
        read_bytes("a.csv", rows)
    assert tracemalloc.get_traced_memory()[1] < 50_000_000
    tracemalloc.stop()


# -- IDX


@pytest.mark.parametrize("packed", [bytes, gzip.compress], ids=["plain", "gzip"])
def test_idx_as_fashion_mnist_is_distributed(tmp_path, packed):
    names = ["train-images-idx3-ubyte", "train-labels-idx1-ubyte", "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"]
    y = LABELS.astype(np.uint8)
    files = dict(zip(names, map(packed, map(idx_file, [IMAGES[:4], y[:4], IMAGES[4:], y[4:]])), strict=True))
    for name, data in files.items():
        (tmp_path / name).write_bytes(data)
    train = read(tmp_path / names[0])
    assert np.array_equal(train.dataset.images, IMAGES[:4]) and train.dataset.classes == ("1", "3", "7")
    for whole in (
        read(tmp_path),
        read_bytes("fashion.zip", zipped(files)),
        read_bytes("a.zip", zipped({f"images/{n}/{n}": d for n, d in files.items()})),
    ):
        assert np.array_equal(whole.dataset.images, IMAGES) and whole.dataset.y.tolist() == [1, 0, 1, 2, 0, 2]
        assert any(note.endswith("joined.") and note.index("train") < note.index("t10k") for note in whole.notes)
    (tmp_path / names[3]).unlink()
    partly = read(tmp_path)
    assert partly.dataset.y is None and said(partly, "Only some parts have labels; labels are ignored.")
    assert read_bytes("x", files[names[0]]).dataset.y is None
    by_mac = read_bytes("a.zip", zipped({**files, f"__MACOSX/._{names[0]}": b"no"}))
    assert np.array_equal(by_mac.dataset.images, IMAGES)
    assert read_bytes("x", files[names[0]], labels=files[names[1]]).dataset.y.tolist() == [1, 0, 1, 2]


@pytest.mark.parametrize("code", CODES)
def test_idx_of_every_type(code):
    x = np.array([[[0, 1], [100, 127]], [[3, 4], [5, 6]]], code)
    reading = read_bytes("x-idx3", idx_file(x))
    assert pixels_of(reading) == x.tolist()


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (idx_file(IMAGES)[:-1], r"received 119 bytes of values, expected 120 for \[6, 4, 5\]; is it complete"),
        (idx_file(IMAGES) + b"0", "received more than 120 bytes of values, expected 120"),
        (idx_file(IMAGES)[:9], "with 3 dimensions, expected 1 to 4"),
        (b"\0\0\x08\x09" + bytes(99), "with 9 dimensions, expected 1 to 4"),
        (b"\0\0\x08\x00", "with 0 dimensions, expected 1 to 4"),
        (b"\0\0\x08\x04" + b"\xff" * 16 + bytes(9), "received 4,294,967,295 images, at most 1,000,000 are taken"),
        (idx_file(LABELS.astype(np.uint8)), r"received shape \(6,\)"),
        (idx_file(np.zeros((0, 2, 2), np.uint8)), r"received shape \(0, 2, 2\)"),
        (gzip.compress(idx_file(IMAGES))[:-12], "expected a whole .gz file"),
        (gzip.compress(idx_file(IMAGES))[:40], "expected a whole .gz file"),
        (gzip.compress(idx_file(IMAGES))[:-8] + b"\1" * 8, "CRC check failed.*expected a whole .gz file"),
        (gzip.compress(b"text"), "received bytes 74 65 78 74, expected the head of an IDX file; is it the right"),
        (gzip.compress(b""), "received bytes of nothing, expected the head"),
        (b"\0\0\x07\x03" + bytes(99), "file of unknown kind, expected .npz"),
    ],
    ids=range(14),
)
def test_idx_that_cannot_be_used_is_refused(data, words):
    with pytest.raises(DataError, match=words):
        read_bytes("images-idx3", data)
    if "unknown" not in words:
        with pytest.raises(DataError, match=words):
            read_bytes("a.zip", zipped({"images-idx3-ubyte": data}))


def test_idx_labels_that_do_not_go_with_the_images_are_refused():
    with pytest.raises(DataError, match=r"shape \(5,\) for 6 images"):
        read_bytes("x", idx_file(IMAGES), labels=idx_file(LABELS[:5].astype(np.uint8)))
    with pytest.raises(DataError, match="labels of x: received bytes 61 62"):
        read_bytes("x", idx_file(IMAGES), labels=b"ab")


# -- pictures

GREY = np.array([[0, 50, 100], [150, 200, 255]], np.uint8)
COLOUR = np.dstack([GREY, GREY[::-1], GREY[:, ::-1]])


def read_two(one: bytes, other: bytes | None = None, suffix="png", **limits) -> Reading:
    return read_bytes("a.zip", zipped({f"0.{suffix}": one, f"1.{suffix}": one if other is None else other}), **limits)


def test_pictures_in_folders_are_labelled_by_them(tmp_path):
    files = {
        "top/cat/1.png": picture(GREY),
        "top/cat/2.PNG": picture(GREY),
        "top/dog/deep/1.bmp": picture(255 - GREY, "BMP"),
    }
    files |= {"top/readme.txt": b"no picture", "__MACOSX/top/cat/._1.png": b"no", "top/.hidden/1.png": b"no"}
    for name, data in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(data)
    in_windows = {name.replace("/", "\\"): data for name, data in files.items()}
    for reading in (read(tmp_path), read_bytes("a.zip", zipped(files)), read_bytes("a.zip", zipped(in_windows))):
        assert pixels_of(reading) == [GREY.tolist(), GREY.tolist(), (255 - GREY).tolist()]
        assert reading.dataset.classes == ("cat", "deep") and reading.dataset.y.tolist() == [0, 0, 1]
        assert said(reading, "3 pictures, in gray.") and said(reading, "The folders are the labels.")
        assert said(reading, "Ignored, since they are not pictures: top/readme.txt.")
    assert read(tmp_path).dataset.name == tmp_path.name


@pytest.mark.parametrize(
    ("names", "labels"),
    [
        (["1.png", "2.png"], None),
        (["a/1.png", "a/2.png"], None),
        (["a/1.png", "2.png"], None),
        (["a/1.png", "b/1.png"], ["a", "b"]),
        (["train/a/1.png", "test/a/1.png", "test/b/1.png"], ["a", "a", "b"]),
        (["a/images/1.png", "b/images/1.png"], ["a", "b"]),
    ],
)
def test_the_innermost_folder_in_which_they_differ_is_the_label(names, labels):
    reading = read_bytes("a.zip", zipped(dict.fromkeys(names, picture(GREY))))
    classes = None if reading.dataset.y is None else sorted(reading.dataset.classes[code] for code in reading.dataset.y)
    assert classes == labels
    assert said(reading, "some are not") == (len({"/" in name for name in names}) > 1)


@pytest.mark.parametrize(
    ("data", "pixels", "note"),
    [
        (picture(GREY), GREY, "in gray"),
        (picture(COLOUR), COLOUR, "in color"),
        (picture(np.dstack([GREY] * 3)), GREY, "in gray"),  # grey, stored as colour
        (picture(GREY > 99), (GREY > 99) * 255, "in gray"),
        (picture(GREY.astype(np.uint16) * 257), GREY, "2 of them: 16 bits a pixel are brought to 8."),
        (picture(GREY.astype(np.int32) * 257, "TIFF"), GREY, "16 bits a pixel"),
        (picture(Image.fromarray(GREY).convert("P")), GREY, "2 of them: a palette or another color space"),
        (picture(Image.fromarray(COLOUR).quantize(8)), COLOUR, "2 of them: a palette"),
        (picture(Image.fromarray(COLOUR).quantize(8), "GIF"), COLOUR, "2 of them: a palette"),
        (picture(GREY, "TIFF"), GREY, "in gray"),
        (picture(COLOUR, "WEBP", lossless=True), COLOUR, "in color"),
        (picture(GREY, "PPM"), GREY, "in gray"),
        (picture(np.dstack([GREY, np.full_like(GREY, 255)])), GREY, "in gray"),  # opaque
        (picture(np.dstack([COLOUR, np.full_like(GREY, 255)])), COLOUR, "in color"),
        (picture(np.dstack([GREY * 0, GREY])), 255 - GREY, "2 of them: transparent, laid on white."),  # black ink
        (picture(np.dstack([GREY * 0 + 255, GREY])), GREY, "2 of them: transparent, laid on black."),  # white ink
        (picture(np.dstack([GREY * 0] * 3 + [GREY])), 255 - GREY, "laid on white"),
        (picture(np.array([[0, 0, 9]] * 2, np.uint8), transparency=0), [[255, 255, 9]] * 2, "laid on white"),
    ],
    ids=range(18),
)  # fmt: skip
def test_pictures_of_every_mode(data, pixels, note):
    reading = read_two(data)
    assert np.array_equal(reading.dataset.images, [pixels, pixels])
    assert said(reading, note)


def test_pictures_are_turned_upright_as_exif_says():
    exif = Image.Exif()
    exif[0x0112] = 6  # the camera was turned: to be rotated by 270 degrees
    reading = read_two(picture(GREY, exif=exif), picture(GREY[:, ::-1].T))
    assert pixels_of(reading)[0] == np.rot90(GREY, 3).tolist()
    assert said(reading, "1 of them: turned upright, as their EXIF says.")


def test_large_pictures_are_shrunk_and_others_fitted():
    large, small = np.full((300, 600), 200, np.uint8), np.full((10, 10), 200, np.uint8)
    reading = read_two(picture(large))
    assert reading.dataset.images.shape == (2, 32, 64) and set(reading.dataset.images.ravel()) == {200}
    assert said(reading, "2 of them: shrunk to 64 pixels along the longer side.")
    files = {"0.png": picture(small), "1.png": picture(small), "2.png": picture(large), "3.png": picture(COLOUR)}
    files["4.png"] = picture(np.full((1, 5000), 200, np.uint8))
    reading = read_bytes("a.zip", zipped(files))
    assert reading.dataset.images.shape == (5, 10, 10, 3)
    assert said(reading, "3 of them: resized to the 10×10 pixels of the others, where the shape differs with a black")
    lines = reading.dataset.images[2, :, 5, 0].tolist()
    assert lines == [0, 0, *[200] * 5, 0, 0, 0] or lines == [0, 0, 0, *[200] * 5, 0, 0]


def test_the_first_frame_is_taken():
    frames = [Image.fromarray(GREY), Image.fromarray(255 - GREY)]
    reading = read_two(picture(frames[0], "GIF", save_all=True, append_images=frames[1:]), suffix="gif")
    assert pixels_of(reading)[0] == GREY.tolist() and said(reading, "the first of several frames is taken")


def test_jpeg_is_read_within_its_loss():
    smooth = np.add.outer(np.arange(32), np.arange(32)).astype(np.uint8) * 4
    reading = read_two(picture(smooth, "JPEG", quality=95), suffix="jpeg")
    assert np.abs(reading.dataset.images[0].astype(int) - smooth).max() < 8


def test_unreadable_pictures_are_counted_and_named_or_left_out():
    files = {"a.png": picture(GREY), "b.png": b"nothing", "c.png": picture(GREY)[:45], "d.png": picture(GREY)}
    files["e.png"] = picture(np.zeros((2, 2), np.float32), "TIFF")
    data = zipped(files)
    with pytest.raises(
        DataError, match=r"3 of 5 pictures cannot be read: b.png \(cannot identify.*c.png .*e.png \(float"
    ):
        read_bytes("a.zip", data)
    reading = read_bytes("a.zip", data, skip_unreadable=True)
    assert pixels_of(reading) == [GREY.tolist()] * 2
    assert said(reading, "3 pictures could not be read and are skipped: b.png")
    assert not said(reading, " at 0x")
    with pytest.raises(
        DataError, match=r"no picture that can be read, expected files ending in .png.*save them.*b.png"
    ):
        read_bytes("a.zip", zipped({"b.png": b"nothing"}), skip_unreadable=True)
    with pytest.raises(DataError, match=r"9 of 9 pictures cannot be read: 0.png.*4.png.* and 4 more"):
        read_bytes("a.zip", zipped({f"{i}.png": b"" for i in range(9)}))


def test_a_picture_that_lies_about_its_kind_is_not_given_to_other_programs(tmp_path):
    """Pillow hands EPS to Ghostscript."""
    eps = picture(COLOUR, "EPS")
    with pytest.raises(DataError, match="cannot identify"):
        read_two(eps)
    assert Image.open(io.BytesIO(eps)).format == "EPS"


def test_one_picture_alone_is_refused():
    with pytest.raises(DataError, match=r"received a single picture, expected many; put them into a .zip"):
        read_bytes("a.png", picture(GREY))
    with pytest.raises(DataError, match="received 1 image, expected at least 2"):
        read_bytes("a.zip", zipped({"a.png": picture(GREY)}))


# -- archives, folders and limits


@pytest.mark.parametrize(
    "path", ["../x.png", "/x.png", "C:\\x.png", "c:x.png", "a/../../x.png", "..\\x.png", "//x.png", "\\x.png", "a/.."]
)
def test_paths_that_leave_the_archive_are_refused(path):
    with pytest.raises(DataError, match=r"received the path .*, expected paths inside"):
        read_bytes("a.zip", zipped({"a.png": picture(GREY), path: picture(GREY)}))
    with pytest.raises(DataError, match=r"received the path .*, expected paths inside"):
        read_bytes("a.npz", zipped({"x.npy": npy(IMAGES), path: npy(IMAGES)}))


def test_a_member_without_a_name_is_no_file():
    data = bytearray(zipped({"a": picture(GREY), "a.png": picture(GREY), "b.png": picture(GREY)}))
    at = data.index(b"PK\1\2") + 46
    assert data[at : at + 1] == b"a"
    data[at] = 0  # the name ends here
    assert len(read_bytes("a.zip", bytes(data)).dataset.images) == 2


def test_long_names_do_not_make_long_messages():
    long = "a" * 60_000
    for files in (
        {f"{long}{i}.png": b"" for i in range(9)},
        {f"{long}{i}": b"" for i in range(9)},
        {"../" + long: b""},
        {long + "-images-idx3": b""},
    ):
        for name in ("a.zip", "a.npz"):
            with pytest.raises(DataError) as refused:
                read_bytes(name, zipped(files))
            assert len(str(refused.value)) < 2000


def test_names_that_only_look_odd_are_taken():
    names = ["a..b.png", "12:30.png", "…/ü.png", " .png"]
    assert len(read_bytes("a.zip", zipped(dict.fromkeys(names, picture(GREY)))).dataset.images) == 4


def central(data: bytes, **changes: int) -> bytes:
    """An archive with fields of the first member changed, here and in the directory at the end."""
    at = {"flags": (6, 8, "H"), "method": (8, 10, "H"), "crc": (14, 16, "I"), "size": (22, 24, "I")}
    data = bytearray(data)
    for name, value in changes.items():
        local, there, kind = at[name]
        struct.pack_into(f"<{kind}", data, local, value)
        struct.pack_into(f"<{kind}", data, data.index(b"PK\1\2") + there, value)
    return bytes(data)


def test_encrypted_and_oddly_packed_members_are_refused():
    good = zipped({"a.png": picture(GREY), "b.png": picture(GREY)})
    with pytest.raises(
        DataError, match=r"received 'a.png' encrypted, expected plain files; save it without a password"
    ):
        read_bytes("a.zip", central(good, flags=1))
    for method in (zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA):
        with pytest.raises(DataError, match=f"packed with method {method}, expected deflate"):
            read_bytes("a.zip", zipped({"a.png": picture(GREY), "b.png": picture(GREY)}, method))
    with pytest.raises(DataError, match="packed with method 99"):
        read_bytes("a.zip", central(good, method=99))
    with pytest.raises(DataError, match=r"1 of 2 pictures cannot be read: a.png .*Bad CRC-32"):
        read_bytes("a.zip", central(good, crc=1))


BOMBS = {
    "a.zip": zipped({"a.png": bytes(5_000_000)}),
    "a.npz": npz(x=np.zeros((5, 1000, 1000), np.uint8)),
    "a.gz": gzip.compress(idx_file(np.zeros((500, 100, 100), np.uint8))),
}


@pytest.mark.parametrize("name", BOMBS)
def test_bombs_are_refused_before_they_are_unpacked(name):
    tracemalloc.start()
    with pytest.raises(DataError, match=r"unpacks to [0-9]+ times its size, expected at most 200"):
        read_bytes(name, BOMBS[name])
    with pytest.raises(DataError, match=r"unpacks to 5,...,... bytes, at most 1,000,000 are taken; use fewer"):
        read_bytes(name, BOMBS[name], limits=Limits(n_bytes=1_000_000))
    assert tracemalloc.get_traced_memory()[1] < 1_000_000
    tracemalloc.stop()


def test_no_more_is_unpacked_than_a_member_declares():
    """A lie about the size gets past the check of all sizes; the bytes must not."""
    liar = central(zipped({"a.png": bytes(50_000_000), "b.png": picture(GREY)}), size=100)
    tracemalloc.start()
    with pytest.raises(DataError, match=r"1 of 2 pictures cannot be read: a.png"):
        read_bytes("a.zip", liar)
    assert tracemalloc.get_traced_memory()[1] < 5_000_000
    tracemalloc.stop()


def test_limits_of_files_are_kept_and_said(tmp_path):
    files = {f"{i}.png": picture(GREY) for i in range(3)}
    for name, data in files.items():
        (tmp_path / name).write_bytes(data)
    (tmp_path / "film.mp4").write_bytes(bytes(10_000))  # is not read, so it does not count
    assert len(read(tmp_path, limits=Limits(n_bytes=1_000)).dataset.images) == 3
    few, small = Limits(n_files=2), Limits(n_bytes=100)
    with pytest.raises(DataError, match="received more than 2 files; use a smaller folder"):
        read(tmp_path, limits=few)
    with pytest.raises(DataError, match="received more than 2 files"):
        read_bytes("a.zip", zipped(files), limits=few)
    total = sum(map(len, files.values()))
    with pytest.raises(DataError, match=f"received {total} bytes, at most 100 are taken; use fewer"):
        read(tmp_path, limits=small)
    with pytest.raises(DataError, match="received 10,000 bytes, at most 100"):
        read(tmp_path / "film.mp4", limits=small)
    with pytest.raises(DataError, match="received 200 bytes, at most 100"):
        read_bytes("a.npy", bytes(200), limits=small)
    with pytest.raises(DataError, match=r"3 files: received 1,200 bytes, at most 1,000 are taken"):
        read_files([(f"{i}.png", bytes(400)) for i in range(3)], limits=Limits(n_bytes=1_000))


def test_folders_may_not_be_too_deep(tmp_path):
    shallow, deep = "a/b/1.png", "a/b/c/2.png"
    for name in (shallow, deep):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(picture(GREY))
    files = zipped(dict.fromkeys((shallow, deep), picture(GREY)))
    for reader, source in ((read, (tmp_path,)), (read_bytes, ("a.zip", files))):
        assert len(reader(*source, limits=Limits(depth=3)).dataset.images) == 2
        with pytest.raises(DataError, match="received folders 3 deep, at most 2 are opened; put the files higher up"):
            reader(*source, limits=Limits(depth=2))


@pytest.mark.parametrize(
    ("name", "data", "limits", "words"),
    [
        ("a.npy", npy(IMAGES), Limits(n_values=100), "received 120 numbers, at most 100 are taken; use fewer"),
        ("a.npy", npy(IMAGES), Limits(n_images=5), "received 6 images, at most 5 are taken; use fewer"),
        ("a.npy", npy(IMAGES), Limits(side=4), "received 4×5 pixels, at most 4 a side"),
        ("a.gz", gzip.compress(idx_file(IMAGES)), Limits(n_images=5), "received 6 images, at most 5"),
        ("a.gz", gzip.compress(idx_file(IMAGES)), Limits(n_values=100), "received 120 numbers, at most 100"),
        ("a.csv", b"7\n" * 10, Limits(n_images=5), "up to row 6: received 6 images, at most 5 are taken"),
        ("a.csv", b"7,8\n" * 6, Limits(n_values=10), "received 12 numbers, at most 10"),
        ("a.csv", b"7,8,9,9,9,9,9,9,9,9\n" * 3, Limits(side=2), "received 10 columns, at most 4 are taken; shrink"),
        ("a.csv", b"7," * 100, Limits(side=2), "received a row of more than 128 letters and 64 columns, at most 4"),
    ],
    ids=range(9),
)
def test_limits_of_images_are_kept_and_said(name, data, limits, words):
    with pytest.raises(DataError, match=words):
        read_bytes(name, data, limits=limits)


def test_limits_of_pictures_are_kept_and_said():
    with pytest.raises(DataError, match=r"2 of 2 .*3×2 pixels, at most 5 are taken"):
        read_two(picture(GREY), limits=Limits(picture_pixels=5))
    for limits in (Limits(all_pictures_pixels=5), Limits(n_values=5)):
        with pytest.raises(DataError, match="received 2 pictures with too many pixels, at most"):
            read_two(picture(GREY), limits=limits)
    with pytest.raises(DataError, match="received 2 pictures with too many pixels"):
        read_two(picture(GREY), picture(COLOUR), limits=Limits(n_values=13))
    with pytest.raises(DataError, match="received 2 pictures, at most 1 are taken"):
        read_two(picture(GREY), limits=Limits(n_images=1))


def test_a_table_is_read_no_further_than_the_limit(monkeypatch):
    """A column of 10^8 rows is refused at the first row too many."""
    n_read = 0

    def counted(*arguments):
        nonlocal n_read
        for line in lines(*arguments):
            n_read += 1
            yield line

    lines = tables._lines
    monkeypatch.setattr(tables, "_lines", counted)
    with pytest.raises(DataError, match="at most 50 are taken"):
        read_bytes("a.csv", b"7\n" * 100_000, limits=Limits(n_images=50))
    assert n_read < 100


def test_a_wide_table_takes_little_memory():
    """With an object for each column, 262 144 of them took 1.2 GB."""
    rows = b"\n".join([b"7," * (100 * 100 - 1) + b"8"] * 2)
    tracemalloc.start()
    assert read_bytes("a.csv", rows).dataset.images.shape == (2, 100, 100)
    assert tracemalloc.get_traced_memory()[1] < 18_000_000
    tracemalloc.stop()


def test_large_photographs_are_decoded_small(monkeypatch):
    """At a part of each side, which takes a fraction of the time and of the memory."""
    decoded, plain = [], pictures._plain
    monkeypatch.setattr(pictures, "_plain", lambda image: decoded.append(image.size) or plain(image))
    photograph = picture(np.broadcast_to(np.uint8(200), (1600, 2400)), "JPEG")
    assert read_two(photograph, suffix="jpg").dataset.images.shape == (2, 43, 64)
    assert decoded == [(300, 200)] * 2


@pytest.mark.parametrize("many", ["images-idx3", "labels-idx1"])
def test_many_small_files_that_unpack_to_much_are_refused(many):
    files = {f"{i}-{kind}": idx_file(IMAGES) for i in range(9) for kind in ("images-idx3", "labels-idx1")}
    bombs = {f"{i}-{many}": gzip.compress(idx_file(np.zeros((10, 1000), np.uint8))) for i in range(9)}
    with pytest.raises(DataError, match=r"received 5.,... bytes, at most 50,000"):
        read_bytes("a.zip", zipped({**files, **bombs}), limits=Limits(n_bytes=50_000))


def test_a_bomb_within_a_picture_is_refused():
    for width, words in ((4_000, "4000×30000 pixels, at most 50,000,000"), (30_000, "900000000 pixels")):
        head = b"IHDR" + struct.pack(">IIBBBBB", width, 30_000, 1, 0, 0, 0, 0)
        large = picture(GREY > 9)[:12] + head + struct.pack(">I", zlib.crc32(head)) + picture(GREY > 9)[33:]
        with pytest.raises(DataError, match=f"2 of 2 pictures cannot be read: .*{words}"):
            read_two(large)


@pytest.mark.parametrize(
    ("name", "data", "words"),
    [
        ("a.zip", zipped({}), "received 0 files, expected pictures .*or IDX"),
        ("a.zip", zipped({"a.csv": b"1,2", "b.npy": b""}), "received 2 files: a.csv; b.npy, expected pictures"),
        ("a.zip", b"", "expected a whole archive"),
        ("a.zip", zipped({"a.png": picture(GREY)})[:-9], "expected a whole archive"),
        ("a.zip", picture(GREY), "expected a whole archive"),
        ("a.pdf", b"%PDF", "file of unknown kind, expected .npz, .npy, .csv, .zip, IDX or pictures"),
        ("noname", b"", "file of unknown kind, expected"),
        ("", b"", "file of unknown kind, expected"),
    ],
)
def test_files_that_hold_nothing_to_use_are_refused(name, data, words):
    with pytest.raises(DataError, match=words):
        read_bytes(name, data)


@pytest.mark.skipif(os.name == "nt", reason="of POSIX file systems")
def test_folders_and_files_that_are_not_there(tmp_path):
    with pytest.raises(DataError, match="received 0 files, expected pictures"):
        read(tmp_path)
    for missing in ("nothing.npy", "x" * 5000, "a\0b"):
        with pytest.raises(DataError, match=r"there is no file or folder .*expected mnist, .*, or .npz"):
            read(tmp_path / missing)
    os.mkfifo(tmp_path / "pipe.npy")
    with pytest.raises(DataError, match="there is no file"):
        read(tmp_path / "pipe.npy")


@pytest.mark.skipif(os.name == "nt", reason="of POSIX file systems")
def test_links_out_of_a_folder_are_not_followed(tmp_path):
    inside, outside = tmp_path / "in", tmp_path / "out"
    for folder in (inside, outside):
        folder.mkdir()
    for i, folder in enumerate((inside, inside, outside)):
        (folder / f"{i}.png").write_bytes(picture(GREY))
    (inside / "link.png").symlink_to(outside / "2.png")
    (inside / "folder").symlink_to(outside)
    (inside / "self").symlink_to(inside)
    (inside / "broken.png").symlink_to(tmp_path / "nothing")
    assert len(read(inside).dataset.images) == 2
    assert len(read(str(inside)).dataset.images) == 2


def test_a_file_that_may_not_be_read_is_refused(tmp_path, monkeypatch):
    (tmp_path / "a.png").write_bytes(picture(GREY))
    (tmp_path / "a.npy").write_bytes(npy(IMAGES))

    def refuse(path):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "read_bytes", refuse)
    with pytest.raises(DataError, match=r"a.npy: received what cannot be read \(.*denied\); check that it is there"):
        read(tmp_path / "a.npy")
    with pytest.raises(DataError, match=r"1 of 1 pictures cannot be read: a.png .*denied"):
        read(tmp_path)


@pytest.mark.skipif(os.name == "nt", reason="of POSIX file systems")
def test_names_that_are_no_text_can_be_shown(tmp_path):
    folder = os.fsencode(tmp_path) + b"/\xff\xfe"
    os.mkdir(folder)
    for name in (b"a\xff", b"b\n"):
        os.mkdir(folder + b"/" + name)
        Path(os.fsdecode(folder + b"/" + name + b"/1.png")).write_bytes(picture(GREY))
    reading = read(os.fsdecode(folder))
    assert reading.dataset.classes == (r"a\udcff", r"b\n") and reading.dataset.name == r"\udcff\udcfe"
    " ".join(reading.notes).encode()


# -- anything at all

FEW = settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
MANY = settings(FEW, max_examples=200)

IMAGE_ARRAYS = st.one_of(
    arrays_of.arrays(np.uint8, st.tuples(st.integers(2, 5), st.integers(1, 9), st.integers(1, 9))),
    arrays_of.arrays(np.uint8, st.tuples(st.integers(2, 5), st.integers(1, 9), st.integers(4, 9), st.just(3))),
).filter(lambda x: x.max() > 1)


def data_of(images, y) -> list[tuple[str, bytes, bytes | None]]:
    """The same images in every format that keeps them and their labels."""
    return [
        ("a.npz", npz(x=images, y=y), None),
        ("a.npz", npz(images=images.astype(np.float64), labels=y.astype(str)), None),
        ("a.npz", npz(x_train=images[:1], y_train=y[:1], x_test=images[1:], y_test=y[1:]), None),
        ("a-idx3", idx_file(images), idx_file(y)),
        ("a.gz", gzip.compress(idx_file(images)), gzip.compress(idx_file(y))),
    ]


def in_colour(images: np.ndarray) -> np.ndarray:
    return images if images.ndim == 4 else np.repeat(images[..., None], 3, axis=3)


@FEW
@given(IMAGE_ARRAYS, st.data())
def test_what_is_written_is_read_back(images, draw):
    y = np.sort(draw.draw(arrays_of.arrays(np.uint8, len(images), elements=st.integers(0, 9))))
    for name, data, labels in data_of(images, y):
        dataset = read_bytes(name, data, labels=labels).dataset
        assert np.array_equal(dataset.images, images)
        assert [dataset.classes[code] for code in dataset.y] == [str(label) for label in y]
    assert np.array_equal(read_bytes("a.npy", npy(images)).dataset.images, images)
    files = {f"{label}/{i}.png": picture(image) for i, (image, label) in enumerate(zip(images, y, strict=True))}
    dataset = read_bytes("a.zip", zipped(files)).dataset
    assert np.array_equal(in_colour(dataset.images), in_colour(images))
    assert dataset.y is None or [dataset.classes[code] for code in dataset.y] == [str(label) for label in y]


@FEW
@given(
    arrays_of.arrays(np.uint8, st.tuples(st.integers(2, 5), st.integers(1, 20))).filter(lambda x: x.max() > 1),
    st.lists(st.text(st.characters(codec="utf-8"), max_size=5), min_size=5, max_size=5),
)
def test_a_table_is_read_back(x, words):
    words = ["a" + printable(word).strip() for word in words[: len(x)]]  # what is a number would be read as one
    quoted = ['"' + word.replace('"', '""') + '"' for word in words]
    header = [f"p{i}" for i in range(x.shape[1])]
    expected = as_images(x)[0]
    for table in (
        csv([[word, *row] for word, row in zip(quoted, x, strict=True)], ["label", *header]),
        csv([[*row, word] for word, row in zip(quoted, x, strict=True)], [*header, "label"]),
    ):
        dataset = read_bytes("a.csv", table).dataset
        assert np.array_equal(dataset.images, expected)
        assert [dataset.classes[code] for code in dataset.y] == words
    if x.shape[1] not in (5, 10, 17):  # a square and one: the first would be the label
        assert np.array_equal(read_bytes("a.csv", csv(x, header)).dataset.images, expected)


def given_or_refused(name: str, data: bytes, **kwargs) -> Reading | None:
    """What everyone may rely on, whatever the bytes: a sound Reading or a DataError, and no warnings."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            reading = read_bytes(name, data, **kwargs)
        except DataError as error:
            assert len(str(error)) < 2000 and " at 0x" not in str(error)
            return None
        finally:
            assert not caught
    images, y = reading.dataset.images, reading.dataset.y
    assert images.dtype == np.uint8 and len(images) >= kwargs.get("at_least", 2) and images.size
    assert images.ndim == 3 or (images.ndim == 4 and images.shape[3] == 3)
    assert y is None or (y.dtype == np.uint8 and y.shape == images.shape[:1] and y.max() < len(reading.dataset.classes))
    assert all(isinstance(name, str) and name.isprintable() for name in (*reading.dataset.classes, *reading.notes))
    return reading


@st.composite
def damaged(draw, whole: st.SearchStrategy[bytes]) -> bytes:
    """Bytes of which some are changed, cut off, left out or added."""
    data = bytearray(draw(whole))
    for _ in range(draw(st.integers(0, 4))):
        at = draw(st.integers(0, len(data)))
        data[at : at + draw(st.sampled_from([0, 1, 1, 1, 2, 4]))] = draw(st.binary(max_size=4))
    if draw(st.booleans()):
        del data[draw(st.integers(0, len(data))) :]
    return bytes(data + draw(st.binary(max_size=3)))


NAMES = ("a-idx3-ubyte", "a", *(f"a{end}" for end in SUFFIXES_READ))
HEADS = [
    b"",
    b"\0\0\x08\3",
    b"\x1f\x8b\x08",
    b"PK\3\4",
    b"\x93NUMPY\1\0",
    b"\x89PNG",
    b"\xff\xd8\xff",
    b"GIF89a",
    b"II*\0",
]
VALID = {
    "a.npy": [npy(IMAGES), npy(IMAGES.astype(np.float32) / 255), npy(np.asfortranarray(IMAGES))],
    "a.csv": [
        csv([[3, *row] for row in IMAGES[:, :3, :3].reshape(6, 9)]),
        csv([["cat", 1.5, 2, 3, 4], ["dog", 2, 3, 4, 5]], ["label", *"abcd"]),
        b'"a","b"\r\n1,"2"\r\n3,4\r\n',
    ],
    "a-idx3-ubyte": [idx_file(IMAGES), idx_file(IMAGES.astype(">f4")), gzip.compress(idx_file(IMAGES))],
    "a.npz": [data for name, data, _ in data_of(IMAGES, LABELS.astype(np.uint8)) if name == "a.npz"],
    "a.zip": [
        zipped({"a/1.png": picture(GREY), "b/2.png": picture(COLOUR)}),
        zipped({"images-idx3": idx_file(IMAGES), "labels-idx1": idx_file(LABELS.astype(np.uint8))}),
    ],
}
PICTURES = [
    *[picture(pixels, kind) for kind in pictures.KINDS for pixels in (GREY, COLOUR)],
    picture(GREY.astype(np.uint16)),
    picture(Image.fromarray(COLOUR).quantize(4), transparency=0),
    picture(COLOUR, "TIFF", compression="tiff_lzw"),
    picture(Image.fromarray(GREY), "GIF", save_all=True, append_images=[Image.fromarray(255 - GREY)]),
]  # fmt: skip


@pytest.mark.parametrize("kind", FORMATS, ids=lambda kind: kind.name)
def test_each_format_is_fuzzed(kind):
    """By damaging samples below: of a new format, put some into VALID."""
    samples = [(name, data) for name in VALID for data in VALID[name]] + [("a.png", data) for data in PICTURES]
    assert any(format_of(name, data) is kind for name, data in samples)


def test_the_docs_list_the_formats():
    assert about_formats() in (Path(__file__).parents[1] / "docs" / "command-line.md").read_text()


# what is packed holds the time at which it was, and tests that run side by side must be called alike
WHOLE = [pytest.param(name, data, id=f"{name}-{i}") for name in VALID for i, data in enumerate(VALID[name])]


@pytest.mark.parametrize(("name", "data"), WHOLE)
def test_what_is_damaged_below_is_whole(name, data):
    assert given_or_refused(name, data)


@MANY
@given(
    st.sampled_from(NAMES),
    st.binary(max_size=300),
    st.sampled_from(HEADS),
    st.sampled_from([1, 2]),
)
def test_any_bytes_are_read_or_refused(name, data, head, at_least):
    given_or_refused(name, head + data, at_least=at_least)


@pytest.mark.parametrize("name", VALID)
@MANY
@given(st.data())
def test_damaged_files_are_read_or_refused(name, draw):
    given_or_refused(name, draw.draw(damaged(st.sampled_from(VALID[name]))))


@MANY
@given(damaged(st.sampled_from(VALID["a.npy"])), damaged(st.sampled_from(VALID["a.npy"])))
def test_damaged_arrays_in_whole_archives_are_read_or_refused(x, y):
    """Else every change would be caught by the archive's checksum."""
    given_or_refused("a.npz", zipped({"x.npy": x, "y.npy": y}))


@MANY
@given(damaged(st.sampled_from(PICTURES)), st.booleans())
def test_damaged_pictures_are_read_or_refused(data, skip_unreadable):
    files = zipped({"a/1.png": data, "b/2.png": picture(GREY), "b/3.png": picture(COLOUR)})
    reading = given_or_refused("a.zip", files, skip_unreadable=skip_unreadable)
    assert reading or not skip_unreadable


@MANY
@given(st.text(st.sampled_from('0123456789.,,,\n\n"e-+; \t\r\0#ax_ü'), max_size=80))
def test_any_table_is_read_or_refused(text):
    given_or_refused("a.csv", text.encode())


@MANY
@given(
    st.dictionaries(
        st.text(max_size=8), st.sampled_from([b"", picture(GREY), npy(IMAGES), idx_file(IMAGES)]), max_size=4
    ),
    st.sampled_from(["", ".png", ".npy", "images-idx3"]),
    st.sampled_from(["a.zip", "a.npz"]),
)
def test_any_names_in_archives_are_read_or_refused(files, end, name):
    files = {"0" + key.encode(errors="replace").decode() + end: data for key, data in files.items()}
    given_or_refused(name, zipped(files))


@MANY
@given(st.text(max_size=20), st.sampled_from(["", ".npy", ".csv", ".zip"]))
def test_any_file_name_is_taken(name, suffix):
    for data in (npy(IMAGES), b""):
        given_or_refused(name + suffix, data)
        with pytest.raises(DataError):
            read(f"/nowhere/{name}{suffix}")


# -- files that were dropped together


def test_one_picture_can_be_asked_about_but_not_clustered():
    one = [("five.png", picture(IMAGES[0]))]
    reading = read_files(one, at_least=1)
    assert np.array_equal(reading.dataset.images, IMAGES[:1]) and reading.notes[0].startswith("1 image of")
    with pytest.raises(DataError, match="received a single picture"):
        read_files(one)


def test_pictures_of_the_same_name_are_all_read():
    reading = read_files([("a.png", picture(image)) for image in IMAGES[:3]])
    assert np.array_equal(reading.dataset.images, IMAGES[:3]) and reading.dataset.y is None


def test_images_and_labels_dropped_together_belong_together():
    y = np.arange(len(IMAGES), dtype=np.uint8) % 3
    files = [("t10k-labels-idx1-ubyte.gz", idx_file(y)), ("t10k-images-idx3-ubyte.gz", idx_file(IMAGES))]
    reading = read_files(files)
    assert np.array_equal(reading.dataset.images, IMAGES) and np.array_equal(reading.dataset.y, y)


def test_labels_in_a_file_of_their_own_are_read_or_refused_never_dropped(tmp_path):
    y = np.arange(len(IMAGES), dtype=np.uint8) % 3
    reading = read_files([("images.npy", npy(IMAGES)), ("labels.npy", npy(y))])
    assert np.array_equal(reading.dataset.images, IMAGES) and np.array_equal(reading.dataset.y, y)
    (tmp_path / "images.npy").write_bytes(npy(IMAGES))
    (tmp_path / "labels.npy").write_bytes(npy(y))
    assert np.array_equal(read(tmp_path / "images.npy").dataset.y, y)
    with pytest.raises(DataError, match=r"labels of images.npy: received what cannot be read"):
        read_files([("images.npy", npy(IMAGES)), ("labels.csv", b"label\n1\n")])
    for images in (("images.csv", b"1,2,3,4\n1,2,3,4\n"), ("images.npz", b"PK"), ("images.zip", b"PK")):
        with pytest.raises(DataError, match=rf"2 files: received 2 files: {images[0]}; labels.npy, expected pictures"):
            read_files([images, ("labels.npy", npy(y))])
        with pytest.raises(DataError, match=rf"{images[0]}: received labels in a file of their own, expected them"):
            read_bytes(*images, labels=npy(y))
    pair = [("label.png", picture(IMAGES[0])), ("b.png", picture(IMAGES[1]))]
    assert len(read_files(pair).dataset.images) == 2  # two pictures, one of which is so called


@pytest.mark.parametrize("name", ["", "..", "a/../b.png", "\0", "x" * 5000, "C:\\a.png"])
def test_odd_names_are_no_more_than_names(name):
    files = [(name, picture(IMAGES[0])), ("b.png", picture(IMAGES[1])), ("c.png", picture(IMAGES[2]))]
    assert len(read_files(files).dataset.images) >= 2


# -- images like those of a run


def test_images_of_another_size_show_the_same():
    images = np.add.outer(np.arange(50), np.add.outer(np.arange(8), 3 * np.arange(8))).astype(np.uint8)
    assert pictures.brought_to(images, (8, 8)) == (images, [])
    larger, notes = pictures.brought_to(images, (24, 24))
    assert larger.shape == (50, 24, 24) and notes == ["Resized from 8×8 to the 24×24 pixels of the run."]
    again, _ = pictures.brought_to(larger, (8, 8))
    assert np.corrcoef(again.ravel(), images.ravel())[0, 1] > 0.98


def test_another_shape_gets_a_black_border_and_other_colours_are_said():
    bright = np.full((2, 4, 8, 3), 200, np.uint8)
    fitted, notes = pictures.brought_to(bright, (8, 8))
    assert fitted.shape == (2, 8, 8) and (fitted[:, 2:6] == 200).all() and not fitted[:, [0, 1, 6, 7]].any()
    assert notes[1] == "Read in gray, as the run's images are."
    assert pictures.brought_to(fitted, (8, 8, 3))[0].shape == (2, 8, 8, 3)
