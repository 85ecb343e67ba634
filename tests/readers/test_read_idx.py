"""IDX files, as MNIST is distributed in: what is understood and what is refused."""

import gzip

import numpy as np
import pytest
from reader_files import (
    CODES,
    IMAGES,
    LABELS,
    idx_file,
    pixels_of,
    said,
    zipped,
)

from dec_core.data.errors import DataError
from dec_core.data.readers import read, read_bytes


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
