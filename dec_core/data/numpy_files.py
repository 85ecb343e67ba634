"""NumPy's own files, .npz and .npy: arrays of numbers in, never a pickle."""

from __future__ import annotations

import io
from math import prod
from typing import BinaryIO

import numpy as np

from dec_core.data.archives import files_in_zip
from dec_core.data.arrays import Raw
from dec_core.data.errors import DataError, few, understood
from dec_core.data.limits import Limits
from dec_core.data.parts import joined, on_parts

IMAGE_KEYS, LABEL_KEYS = ("x", "images", "data"), ("y", "labels", "target")


def read_npz(name: str, data: bytes, limits: Limits) -> Raw:
    """Images and labels in an archive of arrays, under the usual names. Raises DataError."""
    files = {key.removesuffix(".npy").lower(): read for key, read in files_in_zip(name, data, limits)}
    parts = [part for part in ("train", "test") if f"x_{part}" in files]
    if parts:
        images = joined(name, [_array(f"{name}, x_{part}", files[f"x_{part}"]()) for part in parts])
        with_labels = [part for part in parts if f"y_{part}" in files]
        labels = joined(name, [_array(f"{name}, y_{part}", files[f"y_{part}"]()) for part in with_labels])
        return images, labels if with_labels == parts else None, on_parts(parts, len(with_labels))
    image_key = next((key for key in IMAGE_KEYS if key in files), None) or (
        next(iter(files)) if len(files) == 1 else None
    )
    if image_key is None:
        raise DataError(f"{name}: received arrays {few(list(files))}, expected x (and y), or x_train; rename them")
    labels = next((_array(f"{name}, {key}", files[key]()) for key in LABEL_KEYS if key in files), None)
    return _array(f"{name}, {image_key}", files[image_key]()), labels, []


def read_npy(name: str, data: bytes, labels: bytes | None) -> Raw:
    """The array of an .npy file as images, and that of another as their labels. Raises DataError."""
    return _array(name, data), None if labels is None else _array(f"labels of {name}", labels), []


def head_of(file: BinaryIO) -> tuple[tuple[int, ...], bool, np.dtype]:
    """Shape, whether it is stored column by column, and dtype of an .npy file, read up to its first value."""
    version = np.lib.format.read_magic(file)
    read_head = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
    return read_head(file)


def _array(name: str, data: bytes) -> np.ndarray:
    """The array in the bytes of an .npy file, not a copy. Objects are refused before anything of them is looked at."""
    with understood(name, "expected an array of numbers, as numpy.save writes it"):
        file = io.BytesIO(data)
        shape, is_fortran, dtype = head_of(file)
        if dtype.hasobject:
            raise ValueError("Object arrays cannot be loaded")
        values = np.frombuffer(data, dtype, prod(shape), file.tell())  # no more than there is, whatever the head says
        return values.reshape(shape, order="F" if is_fortran else "C")
