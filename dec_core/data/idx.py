"""IDX, the format in which MNIST, Fashion-MNIST, KMNIST and EMNIST are distributed, gzipped or not.

2 zero bytes, 1 byte type, 1 byte number of dimensions, then each dimension as uint32, big-endian,
then the values.    (Y. LeCun, *The MNIST database*)
"""

from __future__ import annotations

import gzip
import io
from math import prod
from typing import BinaryIO

import numpy as np

from dec_core.data.errors import DataError, understood
from dec_core.data.limits import LIMITS, Limits

TYPES = {0x08: ">u1", 0x09: ">i1", 0x0B: ">i2", 0x0C: ">i4", 0x0D: ">f4", 0x0E: ">f8"}
GZIP = b"\x1f\x8b"


def looks_like_idx(head: bytes) -> bool:
    """Whether a file that begins so may be IDX, packed or not."""
    return head[:2] == GZIP or (len(head) >= 4 and head[:2] == b"\0\0" and head[2] in TYPES)


def read_idx(data: bytes, name: str, limits: Limits = LIMITS) -> np.ndarray:
    """The array in the bytes of an IDX file.

    Its head says how much follows, and no more than that is unpacked.

    Raises
    ------
    DataError
        If they are no IDX file, or it is cut off, or larger than the limits.
    """
    name = name[:200]
    if data[:2] != GZIP:
        return _read(io.BytesIO(data), name, len(data), limits)
    with (
        understood(name, "expected a whole .gz file: download or copy it again"),
        gzip.GzipFile(fileobj=io.BytesIO(data)) as file,
    ):
        return _read(file, name, len(data), limits)


def _read(file: BinaryIO, name: str, n_given: int, limits: Limits) -> np.ndarray:
    shape, kind = _head(file, name)
    limits.check_shape(name, shape)
    expected = prod(shape) * kind.itemsize
    limits.check_unpacked(name, expected, n_given)
    values = np.empty(expected, np.uint8)
    received = _fill(file, values)
    if received < expected or file.read(1):
        more = "" if received < expected else "more than "
        raise DataError(
            f"{name}: received {more}{received} bytes of values, expected {expected} for {list(shape)}; is it complete?"
        )
    return values.view(kind).reshape(shape).astype(kind.newbyteorder("="), copy=False)


def _head(file: BinaryIO, name: str) -> tuple[tuple[int, ...], np.dtype]:
    head = file.read(4)
    if len(head) < 4 or head[:2] != b"\0\0" or head[2] not in TYPES:
        raise DataError(
            f"{name}: received bytes {head.hex(' ') or 'of nothing'}, expected the head of an IDX file; "
            "is it the right file?"
        )
    n_dimensions = head[3]
    lengths = file.read(4 * n_dimensions) if 1 <= n_dimensions <= 4 else b""
    if not lengths or len(lengths) < 4 * n_dimensions:
        raise DataError(
            f"{name}: received the head of an IDX file with {n_dimensions} dimensions, expected 1 to 4; "
            "is it the right file?"
        )
    return tuple(np.frombuffer(lengths, ">u4").tolist()), np.dtype(TYPES[head[2]])


def _fill(file: BinaryIO, values: np.ndarray) -> int:
    """Read until an array is full or the file ends; how many bytes that were."""
    n, view = 0, memoryview(values)
    while n < len(values) and (more := file.readinto(view[n : n + 2**20])):
        n += more
    return n
