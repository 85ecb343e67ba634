"""People's pictures: how each becomes an image, and what is said of those that cannot be read."""

import io

import numpy as np
import pytest
from PIL import Image
from reader_files import (
    COLOUR,
    GREY,
    picture,
    pixels_of,
    read_two,
    said,
    zipped,
)

from dec_core.data.errors import DataError
from dec_core.data.readers import read, read_bytes


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
