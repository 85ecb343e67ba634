"""Images that stay in a file of their owner's: too many to be read, they are mapped into memory as they are needed.

What is kept of them below the folder of runs is where the file lies, how large it is and when it was written, and the
labels. A file that has changed since is refused: a run on it would be on other images.
"""

from __future__ import annotations

import hashlib
from math import prod
from pathlib import Path
from typing import Any

import numpy as np

from dec_core.data.arrays import as_labels
from dec_core.data.dataset import Dataset
from dec_core.data.errors import DataError, understood
from dec_core.data.limits import LIMITS
from dec_core.data.many_files import labels_for
from dec_core.data.numpy_files import head_of
from dec_core.even_part import even_part

LOOKED_AT = 1000  # images, for their brightest value
CHUNK = 1 << 24  # bytes that are digested at a time
REMEDY = "save it by numpy.save as uint8 of shape (n, height, width), 0 being background"


def is_for_mapping(path: Path) -> bool:
    """Whether a file is an .npy of more bytes, images or values than are read into memory, as its header has them."""
    if path.suffix != ".npy" or not path.is_file():
        return False
    if path.stat().st_size > LIMITS.n_bytes:
        return True
    try:
        with path.open("rb") as file, understood(path.name, REMEDY):
            shape, _, _ = head_of(file)
    except (DataError, OSError):
        return False  # who reads it says what is wrong with it
    return len(shape) > 1 and (shape[0] > LIMITS.n_images or prod(shape) > LIMITS.n_values)


def described(path: Path) -> dict[str, Any]:
    """What is kept of an .npy file of images: where it lies, its size, time and digest; labels and their classes.

    Labels are those of the file with the same name but `labels` for `images`, where there is one.

    Raises
    ------
    DataError
        As `mapped_images` does, and for labels that do not fit.
    """
    images, path = mapped_images(path), path.resolve()
    kept: dict[str, Any] = {"path": str(path), **_stamp(path)}
    labels_path = path.with_name(labels_for(path.name))
    if labels_path != path and labels_path.is_file():
        with understood(labels_path.name, "expected an array of labels, as numpy.save writes it"):
            labels = np.load(labels_path, allow_pickle=False)
        y, classes = as_labels(labels, len(images))
        kept |= {"y": y, "classes": np.asarray(classes)}
    return kept | {"digest": _digest(path, kept.get("y"))}


def find_mapped(name: str, kept: dict[str, np.ndarray]) -> Dataset:
    """The data set of which `described` gave these arrays. Raises DataError if its file is gone, or another."""
    path = Path(str(kept["path"]))
    try:
        now = _stamp(path)
    except OSError:
        now = {}
    if now != {key: kept[key].item() for key in ("n_bytes", "written")}:
        became = "has changed since" if now else "is gone"
        raise DataError(f"dataset: {path}, the file of {name}, {became}; put it back, or name it again by --data")
    classes = tuple(kept["classes"].tolist()) if "classes" in kept else ()
    return Dataset(name, _mapped(path), kept.get("y"), classes)


def mapped_images(path: Path) -> np.memmap:
    """The images of an .npy file.

    Raises
    ------
    DataError
        If it holds no uint8 of shape (n, height, width) or (n, height, width, 3), row by row, or only values of 0
        and 1, as far as an even part of them shows.
    """
    images = _mapped(path)
    if images[even_part(len(images), LOOKED_AT)].max(initial=0) == 1:
        raise DataError(
            f"{path.name}: received values of 0 and 1, expected 0 to 255; multiply them by 255 and save them"
        )
    return images


def _mapped(path: Path) -> np.memmap:
    with understood(path.name, REMEDY):
        images = np.lib.format.open_memmap(path, "r")  # unlike np.load, of nothing but .npy
    is_image = images.ndim == 3 or (images.ndim == 4 and images.shape[3] == 3)
    received = f"{path.name}: received {images.dtype} of shape {images.shape}"
    if not images.size:
        raise DataError(f"{received}, which holds no pixels; {REMEDY}")
    if images.dtype != np.uint8 or not is_image:
        raise DataError(f"{received}, too large to be read; {REMEDY}")
    if not images.flags.c_contiguous:
        raise DataError(f"{received}, stored column by column; save numpy.ascontiguousarray of it, image by image")
    LIMITS.check_sides(path.name, *images.shape[1:3])
    return images


def _stamp(path: Path) -> dict[str, int]:
    stat = path.stat()
    return {"n_bytes": stat.st_size, "written": stat.st_mtime_ns}


def _digest(path: Path, y: np.ndarray | None) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(CHUNK):
            digest.update(chunk)
    if y is not None:
        digest.update(y.tobytes())
    return digest.hexdigest()[:12]
