"""Files that nobody should upload, made from a seed: random, damaged, named as another format, and crafted."""

from __future__ import annotations

import gzip
import io
import pickle
import random
import struct
import zipfile
import zlib
from collections.abc import Callable
from functools import cache
from pathlib import Path

import numpy as np
from PIL import Image

Files = list[tuple[str, bytes]]

NAMES = (
    "a.npy", "a.npz", "a.csv", "a.zip", "a-idx3-ubyte", "a-idx3-ubyte.gz", "a.gz", "a.png", "a.jpg", "a.tif", "a.bmp",
    "a", "", "a.pkl", "labels.npy", "../a.npy",
)  # fmt: skip
HEADS = (
    b"", b"\0\0\x08\3", b"\x1f\x8b\x08\0", b"PK\3\4", b"\x93NUMPY\1\0", b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff\xe0",
    b"GIF89a", b"II*\0", b"BM", b"\x80\4\x95",
)  # fmt: skip


class Payload:
    """Unpickled, it would make a file."""

    def __init__(self, path: Path):
        self.path = path

    def __reduce__(self):
        return (Path.touch, (self.path,))


def upload(seed: int, canary: Path) -> tuple[str, Files]:
    """What kind of upload it is, and its files; code among them, if it were run, would make the file `canary`."""
    chance = random.Random(seed)
    kind = chance.choice(list(KINDS))
    return kind, KINDS[kind](chance, canary)


def _random(chance: random.Random, _: Path) -> Files:
    return [(chance.choice(NAMES), chance.choice(HEADS) + chance.randbytes(chance.choice((0, 5, 80, 3000))))]


def _damaged(chance: random.Random, _: Path) -> Files:
    name, data = chance.choice(valid())
    return [(name, _changed(chance, data))]


def _renamed(chance: random.Random, _: Path) -> Files:
    _, data = chance.choice(valid())
    return [(chance.choice(NAMES), data if chance.random() < 0.5 else _changed(chance, data))]


def _mixed(chance: random.Random, canary: Path) -> Files:
    """Several files that do not belong together, of which some are of the other kinds."""
    makers = (_random, _damaged, _renamed, _crafted, _sound, _sound, _sound)
    return [file for _ in range(chance.randint(2, 4)) for file in chance.choice(makers)(chance, canary)]


def _sound(chance: random.Random, _: Path) -> Files:
    return [chance.choice(valid())]


def _packed(chance: random.Random, canary: Path) -> Files:
    """Damaged files in whole archives, and archives in archives: no checksum gives them away."""
    inside = {
        chance.choice(("", "x/", "../", "/", "a/b/c/d/")) + name: data for name, data in _mixed(chance, canary) if name
    }
    return [(chance.choice(("a.zip", "a.npz")), _zip(inside or {"x": b""}))]


def _table(chance: random.Random, _: Path) -> Files:
    letters = '0123456789.,,,;\n\n"e-+ \t\r\0#ax_ü=@'
    return [("a.csv", "".join(chance.choices(letters, k=chance.choice((10, 100, 2000)))).encode())]


def _crafted(chance: random.Random, canary: Path) -> Files:
    """One of those that are known to have broken readers of other programs."""
    name, make = chance.choice(_traps(chance, canary))
    return [(name, make())]


KINDS: dict[str, Callable[[random.Random, Path], Files]] = {
    "random": _random,
    "damaged": _damaged,
    "renamed": _renamed,
    "several": _mixed,
    "packed": _packed,
    "table": _table,
    "crafted": _crafted,
}


def _traps(chance: random.Random, canary: Path) -> list[tuple[str, Callable[[], bytes]]]:
    """Code, bombs, shapes and sizes that lie, paths out of a folder."""
    pickled = pickle.dumps(Payload(canary))
    objects = io.BytesIO()
    np.save(objects, np.array([Payload(canary)], object), allow_pickle=True)
    n = chance.choice((10**6, 10**8, 3 * 10**8))
    huge = chance.choice(((10**12, 28, 28), (1, 2**62), (-5, 8, 8), (2**31, 2**31, 2**31), ()))
    code = f"__import__('pathlib').Path({str(canary)!r}).touch()"
    deep = b"[" * 10**5
    return [
        ("a.npy", lambda: objects.getvalue()),
        ("a.npz", lambda: _zip({"x.npy": objects.getvalue()})),
        ("a.npy", lambda: pickled),
        ("a.pkl", lambda: pickled),
        ("a.zip", lambda: _zip({"a.png": pickled, "a.npy": pickled})),
        ("a.npy", lambda: _npy_header(f"{{'descr': {code}, 'fortran_order': False, 'shape': (2, 8, 8)}}")),
        ("a.npy", lambda: _npy_header(f"{{'descr': '|u1', 'fortran_order': False, 'shape': {huge}}}")),
        ("a.npy", lambda: _npy_header(f"{{'descr': '|O', 'fortran_order': False, 'shape': {(4, 8, 8)}}}") + pickled),
        ("a.npy", lambda: _npy_header("(" * 5000)),
        ("a.npz", lambda: _zip({"x.npy": _npy_header(f"{{'descr': '|u1', 'fortran_order': False, 'shape': ({n},)}}")})),
        ("a.zip", lambda: _zip({f"{i}.png": bytes(n // 100) for i in range(3)})),
        ("a.gz", lambda: gzip.compress(bytes(n // 10))),
        ("a-idx3-ubyte", lambda: struct.pack(">IIII", 0x803, 2**31, 2**16, 2**16) + bytes(100)),
        ("a-idx3-ubyte", lambda: struct.pack(">II", 0x8FF, 3) + bytes(100)),
        (
            "a.png",
            lambda: _png(
                chance.choice((2**31 - 1, 60_000)), chance.choice((2**31 - 1, 60_000)), zlib.compress(bytes(n // 10), 1)
            ),
        ),
        ("a.zip", lambda: _zip({"../../../etc/passwd": b"x", "/abs/a.png": _picture(chance), "a\\..\\b.png": b""})),
        ("a.zip", lambda: _zip({f"{'d/' * 200}a.png": _picture(chance)})),
        ("a.zip", lambda: _quine(chance)),
        ("a.csv", lambda: b",".join([b"1"] * 300_000)),
        ("a.csv", lambda: b'"' + b"x" * 300_000),
        ("a.csv", lambda: f"=cmd|' /C calc'!A0,{code},1,2\n1,2,3,4\n".encode()),
        ("a.csv", lambda: b"1e999,nan,inf,-inf\n1,2,3,4\n"),
        ("a.json", lambda: deep),
        ("<img src=x onerror=alert(1)>.npy", lambda: _npy(chance)),
        ("\x00\x1b[2J\u202e.npy", lambda: _npy(chance)),
    ]


@cache
def valid() -> Files:
    """A file of each format that can be read."""
    images = np.random.default_rng(0).integers(0, 256, (6, 8, 8)).astype(np.uint8)
    x = io.BytesIO()
    np.savez_compressed(x, images=images, labels=np.arange(6) % 3)
    idx = struct.pack(">IIII", 0x803, 6, 8, 8) + images.tobytes()
    pictures = [_image(images[0], kind) for kind in ("PNG", "JPEG", "TIFF", "BMP", "GIF")]
    rows = "\n".join(",".join(map(str, row)) for row in images.reshape(6, 64)[:, :16])
    return [
        ("a.npy", _saved(images)), ("a.npy", _saved(images.astype(np.float64) / 255)), ("a.npz", x.getvalue()),
        ("a-idx3-ubyte", idx), ("a-idx3-ubyte.gz", gzip.compress(idx)), ("a.csv", rows.encode()),
        ("a.zip", _zip({f"{i % 2}/{i}.png": data for i, data in enumerate(pictures)})),
        *((f"a.{kind}", data) for kind, data in zip(("png", "jpg", "tif", "bmp", "gif"), pictures, strict=True)),
    ]  # fmt: skip


def _changed(chance: random.Random, data: bytes) -> bytes:
    """Some bytes changed, cut out, doubled or cut off."""
    changed = bytearray(data)
    for _ in range(chance.choice((1, 1, 2, 8))):
        at, n = chance.randrange(len(changed) + 1), chance.choice((0, 1, 1, 2, 4, 64))
        changed[at : at + n] = chance.choice((chance.randbytes(n), b"", b"\xff" * n, bytes(changed[at : at + n]) * 2))
    return bytes(changed[: chance.randrange(len(changed) + 1)] if chance.random() < 0.3 else changed)


def _zip(files: dict[str, bytes]) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(zipfile.ZipInfo(name.replace("\0", "?")), data, zipfile.ZIP_DEFLATED)
    return packed.getvalue()


def _quine(chance: random.Random) -> bytes:
    """An archive whose entries all point to the same bytes, as bombs that overlap do."""
    data = bytearray(_zip({"aaaa.png": bytes(10**5), "bbbb.png": bytes(10**5)}))
    at = data.rfind(b"PK\1\2")
    data[at + 42 : at + 46] = struct.pack("<I", chance.choice((0, 1, 2**31)))
    return bytes(data)


def _npy_header(text: str) -> bytes:
    header = text.encode() + b"\n"
    return b"\x93NUMPY\2\0" + struct.pack("<I", len(header)) + header


def _png(width: int, height: int, pixels: bytes) -> bytes:
    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")


def _picture(chance: random.Random) -> bytes:
    return _image(np.frombuffer(chance.randbytes(64), np.uint8).reshape(8, 8), "PNG")


def _npy(chance: random.Random) -> bytes:
    return _saved(np.frombuffer(chance.randbytes(192), np.uint8).reshape(3, 8, 8))


def _saved(array: np.ndarray) -> bytes:
    np.save(file := io.BytesIO(), array)
    return file.getvalue()


def _image(pixels: np.ndarray, kind: str) -> bytes:
    Image.fromarray(pixels).save(file := io.BytesIO(), kind)
    return file.getvalue()
