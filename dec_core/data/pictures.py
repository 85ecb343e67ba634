"""Pictures in files (PNG, JPEG, ...), brought to one size and to grey or colour."""

from __future__ import annotations

import io
import warnings
from collections import Counter
from collections.abc import Iterable
from pathlib import PurePosixPath

import numpy as np
from PIL import Image, ImageOps

from dec_core.data.arrays import MAX_PIXELS, DataError

SUFFIXES = (".png", ".jpg", ".jpeg", ".bmp", ".gif", ".tif", ".tiff", ".webp", ".pgm", ".ppm")
MAX_FILE_PIXELS = 50_000_000
LARGEST = 64  # pixels a side to which larger pictures are shrunk: what the networks here are made for


def is_picture(name: str) -> bool:
    """Whether a file's name is that of a picture; hidden files are not looked at."""
    path = PurePosixPath(name)
    return path.suffix.lower() in SUFFIXES and not any(part.startswith((".", "__MACOSX")) for part in path.parts)


def read_pictures(
    files: Iterable[tuple[str, bytes]], *, skip_unreadable: bool
) -> tuple[np.ndarray, list[str] | None, list[str]]:
    """Pictures as one array of uint8, the folder of each as its label where there are folders, and notes.

    Parameters
    ----------
    files : iterable of (name, bytes)
        Names with "/" between folders.
    skip_unreadable : bool
        Leave out files that cannot be read; otherwise they are an error that names them.

    Raises
    ------
    DataError
        If there are none, too many, or some that cannot be read.
    """
    pictures, names, unreadable = [], [], []
    for name, data in files:
        try:
            pictures.append(_opened(data))
            names.append(name)
        except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
            unreadable.append(f"{name} ({error})")
    if unreadable and not skip_unreadable:
        raise DataError(
            f"{len(unreadable)} of {len(unreadable) + len(names)} pictures cannot be read: {_few(unreadable)}. "
            "Repair or remove them, or say that the rest is to be used"
        )
    if not pictures:
        raise DataError(f"received no picture that can be read, expected files ending in {', '.join(SUFFIXES)}")
    images, notes = _alike(pictures)
    if unreadable:
        notes.append(f"{len(unreadable)} pictures could not be read and are left out: {_few(unreadable)}.")
    return images, _folders(names), notes


def _opened(data: bytes) -> Image.Image:
    """The picture, upright, as grey (L) or colour (RGB)."""
    with warnings.catch_warnings():
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        picture = Image.open(io.BytesIO(data))
        if picture.width * picture.height > MAX_FILE_PIXELS:
            raise ValueError(f"{picture.width}×{picture.height} pixels, at most {MAX_FILE_PIXELS:,} are taken")
        picture = ImageOps.exif_transpose(picture)
    if picture.mode.startswith("I;16") or picture.mode == "I":
        return Image.fromarray((np.clip(np.asarray(picture, dtype=np.int64), 0, 65535) // 257).astype(np.uint8))
    if picture.mode in ("1", "L", "LA"):
        return picture.convert("L")
    coloured = picture.convert("RGB")
    red, green, blue = coloured.split()
    return red if red.tobytes() == green.tobytes() == blue.tobytes() else coloured


def _alike(pictures: list[Image.Image]) -> tuple[np.ndarray, list[str]]:
    """All in the most frequent size, at most LARGEST a side, and in colour if one of them is."""
    mode = "RGB" if any(picture.mode == "RGB" for picture in pictures) else "L"
    (width, height), n_same = Counter(picture.size for picture in pictures).most_common(1)[0]
    shrink = min(1.0, LARGEST / max(width, height))
    size = max(1, round(width * shrink)), max(1, round(height * shrink))
    if len(pictures) * size[0] * size[1] * len(mode) > MAX_PIXELS:
        raise DataError(f"received {len(pictures)} pictures of {size[1]}×{size[0]}, at most {MAX_PIXELS:,} pixels")
    arrays = []
    for picture in pictures:
        fitted = picture.convert(mode)
        arrays.append(np.asarray(fitted if fitted.size == size else ImageOps.pad(fitted, size)))
    notes = [f"{len(pictures)} pictures, in {'colour' if mode == 'RGB' else 'grey'}."]
    if shrink < 1 or n_same < len(pictures):
        notes.append(f"Brought to {size[1]}×{size[0]} pixels; where the shape differs, with a black border.")
    return np.stack(arrays), notes


def _folders(names: list[str]) -> list[str] | None:
    """The innermost folder of each picture, if all lie in folders and there are at least two."""
    folders = [PurePosixPath(name).parent.name for name in names]
    return folders if all(folders) and len(set(folders)) > 1 else None


def _few(names: list[str], n: int = 5) -> str:
    return "; ".join(names[:n]) + (f" and {len(names) - n} more" if len(names) > n else "")
