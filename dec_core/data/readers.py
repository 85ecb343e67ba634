"""A person's own data: one file or folder in, images and perhaps labels out, with notes on what was understood.

    .npz              x or images or data, y or labels; x_train, y_train and x_test, y_test are joined
    .npy              images
    .csv              a row an image; a column named label, y, class or target, or a first column too many
    IDX, .gz or not   images; labels from the file of the same name with "labels" for "images"
    .zip or a folder  pictures, folders as labels; or IDX files

Files of others are data: nothing in them is executed, no pickle is opened, nothing is unpacked to disk.
"""

from __future__ import annotations

import io
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from math import isqrt
from pathlib import Path, PurePosixPath

import numpy as np

from dec_core.data.arrays import DataError, as_images, as_labels
from dec_core.data.dataset import Dataset
from dec_core.data.idx import looks_like_idx, read_idx
from dec_core.data.pictures import is_picture, read_pictures

MAX_BYTES = 500_000_000  # of one file, and of all that an archive unpacks to
MAX_RATIO = 200  # times its size an archive may unpack to
MAX_FILES = 200_000
IMAGE_KEYS, LABEL_KEYS = ("x", "images", "data"), ("y", "labels", "target")
LABEL_COLUMNS = ("label", "labels", "y", "class", "target")
FORMATS = ".npz, .npy, .csv, IDX (.gz or not), .zip or a folder of pictures"

Raw = tuple[np.ndarray, np.ndarray | list[str] | None, list[str]]  # images, labels, notes


@dataclass(frozen=True)
class Reading:
    """What was read: the data, and what was understood and done, a sentence each."""

    dataset: Dataset
    notes: tuple[str, ...]


def read(path: Path | str, *, skip_unreadable: bool = False) -> Reading:
    """Read a file or folder; see the module for the formats. Raises DataError."""
    path = Path(path)
    if path.is_dir():
        return _reading(path.name, _from_files(_files_below(path), skip_unreadable))
    if not path.is_file():
        raise DataError(f"data: there is no file or folder {path}; expected mnist, digits, or {FORMATS}")
    if path.stat().st_size > MAX_BYTES:
        raise DataError(f"{path.name}: received {path.stat().st_size:,} bytes, at most {MAX_BYTES:,} are taken")
    beside = path.with_name(path.name.replace("images", "labels").replace("idx3", "idx1"))
    labels = beside.read_bytes() if beside != path and beside.is_file() else None
    return read_bytes(path.name, path.read_bytes(), labels=labels, skip_unreadable=skip_unreadable)


def read_bytes(name: str, data: bytes, *, labels: bytes | None = None, skip_unreadable: bool = False) -> Reading:
    """Read a file that was uploaded: its name decides the format. `labels` go with IDX images. Raises DataError."""
    if len(data) > MAX_BYTES:
        raise DataError(f"{name}: received {len(data):,} bytes, at most {MAX_BYTES:,} are taken; use fewer images")
    suffix = PurePosixPath(name.lower()).suffix
    if suffix in (".npz", ".npy", ".csv"):
        raw = {".npz": _npz, ".npy": _npy, ".csv": _csv}[suffix](name, data)
    elif suffix == ".zip":
        raw = _from_files(_files_in_zip(name, data), skip_unreadable)
    elif looks_like_idx(data[:4]):
        raw = read_idx(data, name), None if labels is None else read_idx(labels, f"labels of {name}"), []
    else:
        raise DataError(f"{name}: received a file of unknown kind, expected {FORMATS}")
    return _reading(name, raw)


def _reading(name: str, raw: Raw) -> Reading:
    x, y, notes = raw
    images, done = as_images(x)
    notes = [*notes, *done]
    shape, colour = f"{images.shape[1]}×{images.shape[2]}", ", in colour" if images.ndim == 4 else ""
    notes.insert(0, f"{len(images)} images of {shape} pixels{colour}.")
    if y is None:
        notes.append("No labels: clusters cannot be scored.")
        return Reading(Dataset(name, images, None), tuple(notes))
    codes, classes = as_labels(np.asarray(y), len(images))
    shown = ", ".join(classes[:10]) + (", …" if len(classes) > 10 else "")
    notes.append(f"{len(classes)} classes as labels, for scoring only: {shown}.")
    return Reading(Dataset(name, images, codes, classes), tuple(notes))


# -- arrays


def _npz(name: str, data: bytes) -> Raw:
    _check_archive(name, data)
    try:
        with np.load(io.BytesIO(data), allow_pickle=False) as file:
            return _from_arrays(name, file)
    except (ValueError, OSError, EOFError, zipfile.BadZipFile, KeyError) as error:
        if isinstance(error, DataError):
            raise
        raise DataError(f"{name}: cannot be read as .npz ({_first_line(error)}); expected plain arrays") from None


def _from_arrays(name: str, file: np.lib.npyio.NpzFile) -> Raw:
    keys = {key.lower(): key for key in file.files}
    parts = [part for part in ("train", "test") if f"x_{part}" in keys]
    if parts:
        images = _joined(name, [file[keys[f"x_{part}"]] for part in parts])
        with_labels = all(f"y_{part}" in keys for part in parts)
        labels = _joined(name, [file[keys[f"y_{part}"]] for part in parts]) if with_labels else None
        return images, labels, [f"{' and '.join(parts)} joined."] if len(parts) > 1 else []
    found = next((keys[key] for key in IMAGE_KEYS if key in keys), None)
    if found is None:
        raise DataError(f"{name}: received arrays {', '.join(file.files) or 'none'}, expected x (and y), or x_train")
    labels = next((file[keys[key]] for key in LABEL_KEYS if key in keys), None)
    return file[found], labels, []


def _joined(name: str, parts: list[np.ndarray]) -> np.ndarray:
    try:
        return np.concatenate(parts)
    except ValueError:
        shapes = " and ".join(str(part.shape) for part in parts)
        raise DataError(f"{name}: train and test do not go together, received shapes {shapes}") from None


def _npy(name: str, data: bytes) -> Raw:
    try:
        return np.load(io.BytesIO(data), allow_pickle=False), None, []
    except (ValueError, OSError, EOFError, SyntaxError) as error:
        raise DataError(f"{name}: cannot be read as .npy ({_first_line(error)}); expected a plain array") from None


def _csv(name: str, data: bytes) -> Raw:
    import pandas as pd

    try:
        first = pd.read_csv(io.BytesIO(data), header=None, nrows=1, dtype=str, keep_default_na=False)
        headed = not all(_is_number(cell) for cell in first.iloc[0])
        frame = pd.read_csv(io.BytesIO(data), header=0 if headed else None)
    except (ValueError, pd.errors.ParserError, UnicodeDecodeError) as error:
        raise DataError(f"{name}: cannot be read as CSV ({_first_line(error)})") from None
    labels, notes = None, []
    column = next((c for c in frame.columns if str(c).strip().lower() in LABEL_COLUMNS), None)
    n = frame.shape[1]
    if column is None and isqrt(n) ** 2 != n and isqrt(n - 1) ** 2 == n - 1 and n > 2:
        column = frame.columns[0]
        notes.append(f"{n} columns are a square and one: the first is read as the label.")
    if column is not None:
        labels, frame = frame[column].to_numpy(), frame.drop(columns=column)
        labels = labels.astype(str) if labels.dtype == object else labels
    wrong = [str(c) for c in frame.columns if frame[c].dtype.kind not in "buif"]
    if wrong:
        raise DataError(f"{name}: received text in column {wrong[0]}, expected numbers; name the labels' column label")
    return frame.to_numpy(), labels, notes


def _is_number(text: str) -> bool:
    try:
        float(text)
        return True
    except ValueError:
        return False


# -- many files

Files = list[tuple[str, Callable[[], bytes]]]  # name, how to read it


def _files_below(folder: Path) -> Files:
    paths = sorted(path for path in folder.rglob("*") if path.is_file() and not path.is_symlink())
    if len(paths) > MAX_FILES or sum(path.stat().st_size for path in paths) > MAX_BYTES:
        raise DataError(f"{folder.name}: more than {MAX_FILES:,} files or {MAX_BYTES:,} bytes; use a smaller folder")
    return [(path.relative_to(folder).as_posix(), path.read_bytes) for path in paths]


def _files_in_zip(name: str, data: bytes) -> Files:
    archive = _check_archive(name, data)
    return [
        (member.filename, lambda member=member: archive.read(member))
        for member in sorted(archive.infolist(), key=lambda member: member.filename)
        if not member.is_dir()
    ]


def _check_archive(name: str, data: bytes) -> zipfile.ZipFile:
    """The archive, if it keeps within bounds: no bombs, no paths that leave it, nothing encrypted."""
    try:
        archive = zipfile.ZipFile(io.BytesIO(data))
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
        raise DataError(f"{name}: cannot be opened as an archive ({_first_line(error)}); is it complete?") from None
    members = archive.infolist()
    unpacked = sum(member.file_size for member in members)
    if len(members) > MAX_FILES or unpacked > MAX_BYTES:
        raise DataError(f"{name}: unpacks to {len(members):,} files and {unpacked:,} bytes, at most {MAX_BYTES:,}")
    if unpacked > 1_000_000 and unpacked > MAX_RATIO * len(data):
        raise DataError(f"{name}: unpacks to {unpacked // len(data)} times its size, which no pictures do; refused")
    for member in members:
        parts = PurePosixPath(member.filename.replace("\\", "/")).parts
        if parts and (parts[0] == "/" or ".." in parts or ":" in parts[0]):
            raise DataError(f"{name}: holds the path {member.filename!r}, which leaves the archive; refused")
        if member.flag_bits & 1:
            raise DataError(f"{name}: {member.filename} is encrypted; save it without a password")
    return archive


def _from_files(files: Files, skip_unreadable: bool) -> Raw:
    pictures = [(name, read) for name, read in files if is_picture(name)]
    idx = [(name, read) for name, read in files if "idx" in name.lower() and "images" in name.lower()]
    if idx and not pictures:
        return _idx_pairs(idx, dict(files))
    images, labels, notes = read_pictures(_contents(pictures), skip_unreadable=skip_unreadable)
    if labels is not None:
        notes.append("The folders are the labels.")
    return images, labels, notes


def _contents(files: Files) -> Iterator[tuple[str, bytes]]:
    for name, read_file in files:
        try:
            yield name, read_file()
        except (zipfile.BadZipFile, OSError, EOFError, NotImplementedError, ValueError, zlib.error):
            yield name, b""


def _idx_pairs(images: Files, files: dict[str, Callable[[], bytes]]) -> Raw:
    parts, labels = [], []
    for name, content in _contents(images):
        parts.append(read_idx(content, name))
        beside = name.replace("images", "labels").replace("idx3", "idx1")
        if beside in files and beside != name:
            labels.append(read_idx(next(_contents([(beside, files[beside])]))[1], beside))
    notes = [f"{' and '.join(name for name, _ in images)} joined."] if len(images) > 1 else []
    return _joined("IDX files", parts), _joined("labels", labels) if len(labels) == len(parts) else None, notes


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0][:160]


def read_files(files: list[tuple[str, bytes]], *, skip_unreadable: bool = False) -> Reading:
    """Read what was uploaded together: one file; IDX images with their labels; or pictures. Raises DataError."""
    if len(files) == 1:
        return read_bytes(*files[0], skip_unreadable=skip_unreadable)
    labels = [item for item in files if "label" in item[0].lower()]
    images = [item for item in files if item not in labels]
    if len(labels) == len(images) == 1:
        return read_bytes(*images[0], labels=labels[0][1], skip_unreadable=skip_unreadable)
    raw = _from_files([(name, lambda data=data: data) for name, data in files], skip_unreadable)
    return _reading(f"{len(files)} files", raw)
