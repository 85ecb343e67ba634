"""A person's own data: one file or folder in, images and perhaps labels out, with notes on what was understood.

    .npz              x or images or data, y or labels; x_train, y_train and x_test, y_test are joined
    .npy              images
    .csv              a row an image; a column named label, y, class or target, or a first column too many
    IDX, .gz or not   images; labels from the file of the same name with "labels" for "images"
    .zip or a folder  pictures, folders as labels; or IDX files

Files of others are data: nothing in them is executed, no pickle is opened, nothing is unpacked to disk,
nothing is unpacked to more than it declares, and all of it keeps within `Limits`.
"""

from __future__ import annotations

import io
import os
from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial
from math import prod
from operator import itemgetter
from pathlib import Path, PurePosixPath

import numpy as np

from dec_core.data.archives import content, files_below, files_in_zip
from dec_core.data.arrays import Raw, as_images, as_labels
from dec_core.data.dataset import Dataset
from dec_core.data.errors import DataError, few, printable, understood
from dec_core.data.idx import looks_like_idx, read_idx
from dec_core.data.limits import LIMITS, Limits
from dec_core.data.pictures import SUFFIXES, Files, is_hidden, is_picture, read_pictures
from dec_core.data.tables import read_csv

MIN_IMAGES = 2
IMAGE_KEYS, LABEL_KEYS = ("x", "images", "data"), ("y", "labels", "target")
FORMATS = ".npz, .npy, .csv, IDX (.gz or not), .zip or a folder of pictures"


@dataclass(frozen=True)
class Reading:
    """What was read: the data, and what was understood and done, a sentence each."""

    dataset: Dataset
    notes: tuple[str, ...]


def read(
    path: Path | str, *, skip_unreadable: bool = False, at_least: int = MIN_IMAGES, limits: Limits = LIMITS
) -> Reading:
    """Read a file or folder; see the module for the formats.

    Parameters
    ----------
    path : Path or str
    skip_unreadable : bool
        Leave out pictures that cannot be read and say so in the notes, instead of refusing them all.
    at_least : int
        How many images are needed: two to cluster them, one to ask where it belongs.
    limits : Limits

    Raises
    ------
    DataError
        For all that cannot be used, and nothing else: too large, damaged, not of the formats above.
    """
    path = Path(path)
    if os.path.isdir(path):  # unlike Path.is_dir, False for any path that cannot be asked for
        name = printable(Path(os.path.abspath(path)).name)
        return _reading(name, _from_files(name, files_below(path, limits), skip_unreadable, limits), at_least, limits)
    if not os.path.isfile(path):
        raise DataError(
            f"data: there is no file or folder {printable(str(path))}; expected mnist, digits, or {FORMATS}"
        )
    data = content(path, limits)
    labels_path = path.with_name(_labels_for(path.name))
    with_labels = looks_like_idx(data[:4]) and labels_path != path and os.path.isfile(labels_path)
    labels = content(labels_path, limits) if with_labels else None
    return read_bytes(path.name, data, labels=labels, skip_unreadable=skip_unreadable, at_least=at_least, limits=limits)


def read_bytes(
    name: str,
    data: bytes,
    *,
    labels: bytes | None = None,
    skip_unreadable: bool = False,
    at_least: int = MIN_IMAGES,
    limits: Limits = LIMITS,
) -> Reading:
    """Read a file that was uploaded: its name decides the format. `labels` go with IDX images. Raises DataError."""
    name = printable(name)[-200:]
    limits.check_bytes(name, len(data) + len(labels or b""))
    suffix = PurePosixPath(name.lower()).suffix
    if suffix in (".npz", ".npy", ".csv"):
        raw = {".npz": _npz, ".npy": _npy, ".csv": read_csv}[suffix](name, data, limits)
    elif suffix == ".zip":
        raw = _from_files(name, files_in_zip(name, data, limits), skip_unreadable, limits)
    elif looks_like_idx(data[:4]):
        y = None if labels is None else read_idx(labels, f"labels of {name}", limits)
        raw = read_idx(data, name, limits), y, []
    elif is_picture(name) and at_least == 1:
        raw = _from_files(name, [(name, lambda: data)], skip_unreadable, limits)
    elif is_picture(name):
        raise DataError(f"{name}: received a single picture, expected many; put them into a .zip or a folder")
    else:
        raise DataError(f"{name}: received a file of unknown kind, expected {FORMATS}; save it as one of them")
    return _reading(name, raw, at_least, limits)


def read_together(
    files: list[tuple[str, bytes]],
    *,
    skip_unreadable: bool = False,
    at_least: int = MIN_IMAGES,
    limits: Limits = LIMITS,
) -> Reading:
    """Read files that were uploaded together, by (name, bytes), as a folder of them. Raises DataError."""
    name = f"{len(files)} files"
    limits.check_bytes(name, sum(len(data) for _, data in files))
    named = [(printable(file)[-200:], partial(bytes, data)) for file, data in files]
    return _reading(
        name, _from_files(name, sorted(named, key=itemgetter(0)), skip_unreadable, limits), at_least, limits
    )


def _reading(name: str, raw: Raw, at_least: int, limits: Limits) -> Reading:
    x, y, notes = raw
    limits.check_shape(name, np.shape(x))
    images, done = as_images(x, limits)
    if len(images) < at_least:
        raise DataError(f"{name}: received 1 image, expected at least {at_least}; clusters are found among many")
    notes = [*notes, *done]
    shape, colour = f"{images.shape[1]}×{images.shape[2]}", ", in colour" if images.ndim == 4 else ""
    notes.insert(0, f"{len(images)} image{'s' if len(images) > 1 else ''} of {shape} pixels{colour}.")
    if y is None:
        notes.append("No labels: clusters cannot be scored.")
        return Reading(Dataset(name, images, None), tuple(notes))
    codes, classes = as_labels(y, len(images))
    shown = ", ".join(classes[:10]) + (", …" if len(classes) > 10 else "")
    notes.append(f"{len(classes)} classes as labels, for scoring only: {shown}.")
    return Reading(Dataset(name, images, codes, classes), tuple(notes))


# -- arrays


def _npz(name: str, data: bytes, limits: Limits) -> Raw:
    files = {key.removesuffix(".npy").lower(): read for key, read in files_in_zip(name, data, limits)}
    parts = [part for part in ("train", "test") if f"x_{part}" in files]
    if parts:
        images = _joined(name, [_array(f"{name}, x_{part}", files[f"x_{part}"]()) for part in parts])
        with_labels = [part for part in parts if f"y_{part}" in files]
        labels = _joined(name, [_array(f"{name}, y_{part}", files[f"y_{part}"]()) for part in with_labels])
        return images, labels if with_labels == parts else None, _on_parts(parts, len(with_labels))
    image_key = next((key for key in IMAGE_KEYS if key in files), None) or (
        next(iter(files)) if len(files) == 1 else None
    )
    if image_key is None:
        raise DataError(f"{name}: received arrays {few(list(files))}, expected x (and y), or x_train; rename them")
    labels = next((_array(f"{name}, {key}", files[key]()) for key in LABEL_KEYS if key in files), None)
    return _array(f"{name}, {image_key}", files[image_key]()), labels, []


def _npy(name: str, data: bytes, _: Limits) -> Raw:
    return _array(name, data), None, []


def _array(name: str, data: bytes) -> np.ndarray:
    """The array in the bytes of an .npy file, not a copy. Objects are refused before anything of them is looked at."""
    with understood(name, "expected an array of numbers, as numpy.save writes it"):
        file = io.BytesIO(data)
        version = np.lib.format.read_magic(file)
        read_head = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
        shape, is_fortran, dtype = read_head(file)
        if dtype.hasobject:
            raise ValueError("Object arrays cannot be loaded")
        values = np.frombuffer(data, dtype, prod(shape), file.tell())  # no more than there is, whatever the head says
        return values.reshape(shape, order="F" if is_fortran else "C")


def _joined(name: str, parts: list[np.ndarray]) -> np.ndarray | None:
    if len({part.shape[1:] for part in parts if part.ndim}) > 1 or not all(part.ndim for part in parts):
        shapes = " and ".join(str(part.shape) for part in parts)
        raise DataError(
            f"{name}: received parts of shapes {shapes}, expected the same but for the first number; "
            "give one part alone"
        )
    with understood(name, "expected parts of the same type; give one part alone"):
        return np.concatenate(parts) if parts else None


def _on_parts(names: list[str], n_with_labels: int) -> list[str]:
    more = f" and {len(names) - 4} more" if len(names) > 4 else ""
    joined = [f"{' and '.join(names[:4])}{more} joined."] if len(names) > 1 else []
    return joined + (["Labels of some parts only: left out."] if 0 < n_with_labels < len(names) else [])


# -- many files


def _from_files(name: str, files: Files, skip_unreadable: bool, limits: Limits) -> Raw:
    pictures = [(file, read) for file, read in files if is_picture(file)]
    if not pictures:
        return _idx_pairs(name, files, limits)
    images, labels, notes = read_pictures(pictures, skip_unreadable=skip_unreadable, limits=limits)
    others = [file for file, _ in files if not is_picture(file) and not is_hidden(file)]
    notes += [] if labels is None else ["The folders are the labels."]
    return images, labels, notes + ([f"Not read, as they are no pictures: {few(others)}."] if others else [])


def _idx_pairs(name: str, files: Files, limits: Limits) -> Raw:
    known = {file: read for file, read in files if not is_hidden(file)}
    images = [file for file in known if _is_idx_images(PurePosixPath(file).name.lower())]
    if not images:
        raise DataError(
            f"{name}: received {len(known)} files{': ' if known else ''}{few(list(known))}, "
            f"expected pictures ({', '.join(SUFFIXES)}) or IDX files; for an .npz, .npy or .csv give the file itself"
        )
    images.sort(key=lambda file: "train" not in file.lower())  # as they are joined everywhere: train, then test
    parts, labels = [], []
    for file in images:
        parts.append(read_idx(known[file](), file, limits))
        label_file = _label_file(file, known)
        labels += [] if label_file is None else [read_idx(known[label_file](), label_file, limits)]
        limits.check_bytes(name, sum(part.nbytes for part in (*parts, *labels)))
    with_labels = 0 < len(labels) == len(parts)
    return _joined(name, parts), _joined(name, labels) if with_labels else None, _on_parts(images, len(labels))


def _is_idx_images(name: str) -> bool:
    return "idx" in name and "images" in name


def _labels_for(name: str) -> str:
    return name.replace("images", "labels").replace("idx3", "idx1")


def _label_file(file: str, known: Iterable[str]) -> str | None:
    """The labels of IDX images: in the same folder, else the only ones of that name in any."""
    path = PurePosixPath(file)
    others = [other for other in known if PurePosixPath(other).name == _labels_for(path.name)]
    label_file = str(path.with_name(_labels_for(path.name)))
    return label_file if label_file in others else others[0] if len(others) == 1 else None
