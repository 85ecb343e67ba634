"""Files of every format, as tests make them, and what was read of them."""

import io
import struct
import zipfile

import numpy as np
from PIL import Image

from dec_core.data.readers import Reading, read_bytes

CODES = {"u1": 0x08, "i1": 0x09, "i2": 0x0B, "i4": 0x0C, "f4": 0x0D, "f8": 0x0E}
IMAGES = np.random.default_rng(0).integers(0, 256, (6, 4, 5)).astype(np.uint8)
IMAGES[0, 0, 0] = 255
LABELS = np.array([3, 1, 3, 7, 1, 7])
GREY = np.array([[0, 50, 100], [150, 200, 255]], np.uint8)
COLOUR = np.dstack([GREY, GREY[::-1], GREY[:, ::-1]])


def npy(x, **kwargs) -> bytes:
    np.save(file := io.BytesIO(), x, **kwargs)
    return file.getvalue()


def npz(**arrays) -> bytes:
    np.savez_compressed(file := io.BytesIO(), **arrays)
    return file.getvalue()


def idx_file(x) -> bytes:
    x = np.asarray(x)
    head = bytes([0, 0, CODES[x.dtype.str[1:]], x.ndim]) + struct.pack(f">{x.ndim}I", *x.shape)
    return head + x.astype(x.dtype.newbyteorder(">")).tobytes()


def csv(rows, header=None) -> bytes:
    lines = [*([header] if header else []), *rows]
    return "\n".join(",".join(str(cell) for cell in line) for line in lines).encode()


def zipped(files: dict[str, bytes], method=zipfile.ZIP_DEFLATED) -> bytes:
    with zipfile.ZipFile(file := io.BytesIO(), "w", method) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return file.getvalue()


def picture(pixels, kind="PNG", **kwargs) -> bytes:
    image = pixels if isinstance(pixels, Image.Image) else Image.fromarray(np.asarray(pixels))
    image.save(file := io.BytesIO(), kind, **kwargs)
    return file.getvalue()


def pixels_of(reading: Reading) -> list:
    return reading.dataset.images.tolist()


def said(reading: Reading, text: str) -> bool:
    return text in " ".join(reading.notes)


def read_two(one: bytes, other: bytes | None = None, suffix="png", **limits) -> Reading:
    return read_bytes("a.zip", zipped({f"0.{suffix}": one, f"1.{suffix}": one if other is None else other}), **limits)
