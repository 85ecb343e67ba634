"""IDX, the format in which MNIST, Fashion-MNIST, KMNIST and EMNIST are distributed, gzipped or not.

2 zero bytes, 1 byte type, 1 byte number of dimensions, then each dimension as uint32, big-endian,
then the values.    (Y. LeCun, *The MNIST database*)
"""

from __future__ import annotations

import gzip
import io
from math import prod

import numpy as np

from dec_core.data.arrays import MAX_PIXELS, DataError, understood

TYPES = {0x08: ">u1", 0x09: ">i1", 0x0B: ">i2", 0x0C: ">i4", 0x0D: ">f4", 0x0E: ">f8"}
GZIP = b"\x1f\x8b"


def looks_like_idx(head: bytes) -> bool:
    """Whether a file that begins so may be IDX, packed or not."""
    return head[:2] == GZIP or (len(head) >= 4 and head[:2] == b"\0\0" and head[2] in TYPES)


def read_idx(data: bytes, name: str) -> np.ndarray:
    """The array in the bytes of an IDX file. Raises DataError if they are not one, or it is cut off."""
    name = name[:200]
    if data[:2] == GZIP:
        data = _unzipped(data, name)
    if len(data) < 4 or data[:2] != b"\0\0" or data[2] not in TYPES:
        raise DataError(
            f"{name}: received bytes {data[:4].hex(' ') or 'of nothing'}, expected the head of an IDX file; "
            "is it the right file?"
        )
    n_dimensions = data[3]
    if not 1 <= n_dimensions <= 4 or len(data) < 4 + 4 * n_dimensions:
        raise DataError(
            f"{name}: received the head of an IDX file with {n_dimensions} dimensions, expected 1 to 4; "
            "is it the right file?"
        )
    shape = np.frombuffer(data, ">u4", n_dimensions, 4).astype(int).tolist()
    kind = np.dtype(TYPES[data[2]])
    expected, received = prod(shape) * kind.itemsize, len(data) - 4 - 4 * n_dimensions
    if received != expected:
        raise DataError(
            f"{name}: received {received} bytes of values, expected {expected} for {shape}; is it complete?"
        )
    return np.frombuffer(data, kind, offset=4 + 4 * n_dimensions).reshape(shape).astype(kind.newbyteorder("="))


def _unzipped(data: bytes, name: str) -> bytes:
    limit = MAX_PIXELS + 20  # the head has at most 20 bytes
    with understood(name, "expected a whole .gz file: download or copy it again"):
        unpacked = gzip.GzipFile(fileobj=io.BytesIO(data)).read(limit + 1)
    if len(unpacked) > limit:
        raise DataError(f"{name}: received what unpacks to more than {MAX_PIXELS:,} bytes; use fewer images")
    return unpacked
