"""Archives and folders: what is unpacked, what is refused, and the limits of all."""

import gzip
import os
import re
import struct
import zipfile
import zlib
from pathlib import Path

import numpy as np
import pytest
from alone import ended_with_most
from reader_files import (
    COLOUR,
    GREY,
    IMAGES,
    idx_file,
    npy,
    npz,
    picture,
    read_two,
    zipped,
)

from dec_core.data import pictures, tables
from dec_core.data.errors import DataError
from dec_core.data.limits import Limits
from dec_core.data.readers import read, read_bytes
from dec_core.data.uploads import read_files


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
    for limits, said in (
        (Limits(), r"unpacks to [0-9]+ times its size, expected at most 200"),
        (Limits(n_bytes=1_000_000), r"unpacks to 5,...,... bytes, at most 1,000,000 are taken; use fewer"),
    ):
        error, most = ended_with_most(read_bytes, name, BOMBS[name], limits=limits)
        assert isinstance(error, DataError) and re.search(said, str(error)) and most < 1_000_000


def test_no_more_is_unpacked_than_a_member_declares():
    """A lie about the size gets past the check of all sizes; the bytes must not."""
    liar = central(zipped({"a.png": bytes(50_000_000), "b.png": picture(GREY)}), size=100)
    error, most = ended_with_most(read_bytes, "a.zip", liar)
    assert isinstance(error, DataError) and "1 of 2 pictures cannot be read: a.png" in str(error)
    assert most < 5_000_000


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
    reading, most = ended_with_most(read_bytes, "a.csv", rows)
    assert reading.dataset.images.shape == (2, 100, 100) and most < 18_000_000


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
