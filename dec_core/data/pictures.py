"""Pictures in files (PNG, JPEG, ...), brought to one size and to grey or colour."""

from __future__ import annotations

import io
import warnings
from collections import Counter
from collections.abc import Callable
from pathlib import PurePosixPath

import numpy as np
from PIL import ExifTags, Image, ImageOps

from dec_core.data.errors import NO_MEMORY, DataError, few, reason
from dec_core.data.limits import LIMITS, Limits

SUFFIXES = (".png", ".jpg", ".jpeg", ".bmp", ".gif", ".tif", ".tiff", ".webp", ".pgm", ".ppm")
KINDS = ("PNG", "JPEG", "BMP", "GIF", "TIFF", "WEBP", "PPM")  # Pillow's others run programs (EPS) or read paths
LARGEST = 64  # pixels a side to which larger pictures are shrunk: what the networks here are made for

Files = list[tuple[str, Callable[[], bytes]]]  # name with "/" between folders, how to read it


def is_picture(name: str) -> bool:
    """Whether a file's name is that of a picture; hidden files are not looked at."""
    return PurePosixPath(name).suffix.lower() in SUFFIXES and not is_hidden(name)


def is_hidden(name: str) -> bool:
    """Whether a file is hidden, or one of those that macOS adds to archives."""
    return any(part.startswith((".", "__MACOSX")) for part in PurePosixPath(name).parts)


def read_pictures(
    files: Files, *, skip_unreadable: bool, limits: Limits = LIMITS
) -> tuple[np.ndarray, list[str] | None, list[str]]:
    """Pictures as one array of uint8, the folder of each as its label where there are folders, and notes.

    Parameters
    ----------
    files : list of (name, function that gives the bytes)
        They are opened one after the other and shrunk at once, so that few are in memory.
    skip_unreadable : bool
        Leave out files that cannot be read; otherwise they are an error that names them.
    limits : Limits

    Returns
    -------
    images : ndarray of uint8, shape (n, height, width) or (n, height, width, 3)
    labels : list of n str, or None
    notes : list of str

    Raises
    ------
    DataError
        If there are none, too many, or some that cannot be read.
    """
    if len(files) > limits.n_images:
        raise DataError(f"received {len(files):,} pictures, at most {limits.n_images:,} are taken; use fewer")
    pictures, names, unreadable, done = _opened_all(files, limits)
    if unreadable and not skip_unreadable:
        raise DataError(
            f"{len(unreadable)} of {len(files)} pictures cannot be read: {few(unreadable)}. "
            "Repair or remove them, or say that the rest is to be used"
        )
    if not pictures:
        raise DataError(
            f"received no picture that can be read, expected files ending in {', '.join(SUFFIXES)}; "
            f"save them again{': ' + few(unreadable) if unreadable else ''}"
        )
    images, notes = _alike(pictures, limits)
    notes[1:1] = [f"{count} of them: {what}." for what, count in sorted(done.items())]
    if unreadable:
        notes.append(f"{len(unreadable)} pictures could not be read and are skipped: {few(unreadable)}.")
    labels = _folders(names)
    if labels is None and len({"/" in name for name in names}) > 1:
        notes.append("Some pictures are in folders and some are not, so folders are not read as labels.")
    return images, labels, notes


def brought_to(images: np.ndarray, shape: tuple[int, ...]) -> tuple[np.ndarray, list[str]]:
    """Images as uint8 of shape (n, *shape), and notes on what was done to them.

    Parameters
    ----------
    images : ndarray of uint8, shape (n, height, width) or (n, height, width, 3)
    shape : tuple of int
        (height, width) or (height, width, 3).
    """
    if images.shape[1:] == shape:
        return images, []
    mode, (height, width) = "RGB" if len(shape) == 3 else "L", shape[:2]
    fitted = [ImageOps.pad(Image.fromarray(image).convert(mode), (width, height)) for image in images]
    notes = []
    if images.shape[1:3] != shape[:2]:
        notes.append(f"Resized from {images.shape[1]}×{images.shape[2]} to the {height}×{width} pixels of the run.")
    if images.ndim != len(shape) + 1:
        notes.append(f"Read in {'color' if mode == 'RGB' else 'gray'}, as the run's images are.")
    return np.stack([np.asarray(picture) for picture in fitted]), notes


def _opened_all(files: Files, limits: Limits) -> tuple[list[Image.Image], list[str], list[str], Counter[str]]:
    """Pictures and their names, what could not be read and why, and how often what was done."""
    pictures, names, unreadable, done, n_pixels, n_kept = [], [], [], Counter(), 0, 0
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Pillow's, of damaged EXIF and the like
        for name, read_file in files:
            if n_pixels > limits.all_pictures_pixels or n_kept > limits.n_values:
                raise DataError(_too_large(len(files), limits))
            try:
                picture, what, size = _opened(read_file(), limits)
            except MemoryError:
                raise DataError(f"{name}: {NO_MEMORY}") from None
            except Exception as error:  # Pillow's readers raise anything on bytes they do not understand
                unreadable.append(f"{name} ({reason(error)})")
                continue
            n_pixels += size
            n_kept += picture.width * picture.height * len(picture.getbands())
            pictures.append(picture)
            names.append(name)
            done.update(what)
    return pictures, names, unreadable, done


def _too_large(n: int, limits: Limits) -> str:
    return (
        f"received {n} pictures with too many pixels, at most {limits.all_pictures_pixels:,} are read "
        f"and {limits.n_values:,} kept; use fewer or smaller"
    )


def _opened(data: bytes, limits: Limits) -> tuple[Image.Image, set[str], int]:
    """The picture, upright, in L, LA, RGB or RGBA, at most LARGEST a side; what was done; pixels it had."""
    picture = Image.open(io.BytesIO(data), formats=KINDS)
    n_pixels = picture.width * picture.height
    if n_pixels > limits.picture_pixels:
        raise ValueError(f"{picture.width}×{picture.height} pixels, at most {limits.picture_pixels:,} are taken")
    picture.draft(None, (2 * LARGEST, 2 * LARGEST))  # JPEG alone can: decodes large ones at a part of their size
    done = set()
    if getattr(picture, "is_animated", False):
        done.add("the first of several frames is taken")
    if picture.getexif().get(ExifTags.Base.Orientation, 1) != 1:
        done.add("turned upright, as their EXIF says")
    ImageOps.exif_transpose(picture, in_place=True)
    plain, what = _plain(picture)
    if max(plain.size) > LARGEST:
        plain.thumbnail((LARGEST, LARGEST))
        done.add(f"shrunk to {LARGEST} pixels along the longer side")
    return _simplest(plain), done | what, n_pixels


def _plain(picture: Image.Image) -> tuple[Image.Image, set[str]]:
    """As grey or colour of 8 bits, with opacity if it has some."""
    if picture.mode == "F":
        raise ValueError("floating point pixels; save it with 8 or 16 bits")
    if picture.mode == "I" or picture.mode.startswith("I;16"):
        levels = np.clip(np.asarray(picture), 0, 65535) // 257
        return Image.fromarray(levels.astype(np.uint8)), {"16 bits a pixel are brought to 8"}
    mode = "L" if picture.mode in ("1", "L", "LA", "La") else "RGB"
    known = picture.mode in ("1", "L", "LA", "RGB", "RGBA")
    mode += "A" if picture.has_transparency_data else ""
    plain = picture if picture.mode == mode else picture.convert(mode)  # no copy of a large one
    return plain, set() if known else {"a palette or another color space is read as RGB"}


def _simplest(picture: Image.Image) -> Image.Image:
    """Without opacity if all is opaque, without colour if all is grey."""
    *colours, last = picture.split()
    opacity = last if picture.mode in ("LA", "RGBA") else None
    colours = colours if opacity else [*colours, last]
    if all(band.tobytes() == colours[0].tobytes() for band in colours):
        colours = colours[:1]
    if opacity and opacity.getextrema() != (255, 255):
        return Image.merge("LA" if len(colours) == 1 else "RGBA", [*colours, opacity])
    return colours[0] if len(colours) == 1 else Image.merge("RGB", colours)


def _alike(pictures: list[Image.Image], limits: Limits) -> tuple[np.ndarray, list[str]]:
    """All in the most frequent size, on one ground, and in colour if one of them is."""
    mode = "RGB" if any(picture.mode.startswith("RGB") for picture in pictures) else "L"
    size, n_same = Counter(picture.size for picture in pictures).most_common(1)[0]
    if len(pictures) * size[0] * size[1] * len(mode) > limits.n_values:
        raise DataError(_too_large(len(pictures), limits))
    ground, notes = _ground(pictures)
    opaque = (_on_ground(picture, mode, ground) for picture in pictures)
    arrays = [np.asarray(picture if picture.size == size else ImageOps.pad(picture, size)) for picture in opaque]
    notes.insert(0, f"{len(pictures)} pictures, in {'color' if mode == 'RGB' else 'gray'}.")
    if n_same < len(pictures):
        notes.append(
            f"{len(pictures) - n_same} of them: resized to the {size[1]}×{size[0]} pixels of the others, "
            "where the shape differs with a black border."
        )
    return np.stack(arrays), notes


def _ground(pictures: list[Image.Image]) -> tuple[int, list[str]]:
    """The grey level on which transparent pictures are laid: white, or black if what they show is light."""
    n_clear, balance = 0, 0.0
    for picture in pictures:
        if picture.mode.endswith("A"):
            level, opacity = np.moveaxis(np.asarray(picture.convert("LA"), dtype=float), 2, 0)
            balance += ((level - 127.5) * opacity).sum()
            n_clear += 1
    ground = 0 if balance > 0 else 255
    return ground, [f"{n_clear} of them: transparent, laid on {'white' if ground else 'black'}."] if n_clear else []


def _on_ground(picture: Image.Image, mode: str, ground: int) -> Image.Image:
    if not picture.mode.endswith("A"):
        return picture.convert(mode)
    laid = Image.new(mode, picture.size, (ground,) * len(mode))
    laid.paste(picture.convert(mode), mask=picture.getchannel("A"))
    return laid


def _folders(names: list[str]) -> list[str] | None:
    """The folder of each picture, the innermost in which they differ; None if some are in none."""
    parents = [PurePosixPath(name).parent.parts for name in names]
    while all(parents) and len({parts[-1] for parts in parents}) == 1:
        parents = [parts[:-1] for parts in parents]
    return [parts[-1] for parts in parents] if all(parents) else None
