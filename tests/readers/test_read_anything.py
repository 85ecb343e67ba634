"""Bytes at random and files that are damaged: each is read or refused in words; what is written is read back."""

import gzip
import warnings
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays_of
from PIL import Image
from reader_files import (
    COLOUR,
    GREY,
    IMAGES,
    LABELS,
    csv,
    idx_file,
    npy,
    npz,
    picture,
    zipped,
)

from dec_core.data import pictures
from dec_core.data.arrays import as_images
from dec_core.data.errors import DataError, printable
from dec_core.data.formats import FORMATS, SUFFIXES_READ, about_formats, format_of
from dec_core.data.readers import Reading, read, read_bytes

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
    assert about_formats() in (Path(__file__).parents[2] / "docs" / "command-line.md").read_text()


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
