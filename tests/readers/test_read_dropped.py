"""Files that were dropped together, and images for a run that has others."""

import numpy as np
import pytest
from reader_files import IMAGES, idx_file, npy, picture

from dec_core.data import pictures
from dec_core.data.errors import DataError
from dec_core.data.readers import read, read_bytes
from dec_core.data.uploads import read_files


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
