"""Sets on which no preset was tuned: MNIST changed or made small, letters in the fonts of this machine, others' images.

Each is drawn anew for every seed, so that a spread is one over images as well. From MNIST only images are drawn that
`first-look`, which takes the first 10 000, has never seen.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from dec_core.data import Dataset, load
from dec_core.data.readers import read

N_IMAGES = 5000
SEEN = 10_000  # the first images of MNIST
NOISE = 64  # standard deviation, of 255 gray levels
LETTERS = "ABCDEFGHIJ"
SIDE, INK = 28, 20  # pixels of an image of a letter, and of its longer side: as MNIST
DRAWN = 96  # points in which a letter is drawn before it is made small
CELL, ROWS_OF_A_DIGIT = 20, 5  # of OpenCV's digits.png: pixels of a digit, and rows with the same one

Draw = Callable[[int], Dataset]  # a set, by the number of its draw


def sets(fashion: Path | None, fonts: Path | None, sheet: Path | None) -> dict[str, Draw]:
    """What draws each set, by its title; without a folder or file those that need it are left out.

    Parameters
    ----------
    fashion : folder of Fashion-MNIST's IDX files
    fonts : folder of TrueType and OpenType fonts
    sheet : OpenCV's samples/data/digits.png
    """

    def mnist(change: Callable[[np.ndarray], np.ndarray] = lambda images: images, n: int = N_IMAGES) -> Draw:
        return lambda number: _changed(_drawn(_unseen(), n, number), change)

    drawn = {
        "MNIST": mnist(),
        "MNIST, upside down": mnist(lambda images: images[:, ::-1, ::-1]),
        "MNIST, inverted": mnist(lambda images: 255 - images),
        "MNIST, noisy": mnist(noisy),
        "MNIST, 1 000": mnist(n=1000),
        "MNIST, 500": mnist(n=500),
    }
    if fonts is not None:
        all_letters = cache(lambda: letters(fonts))
        drawn["letters A–J"] = lambda number: _drawn(all_letters(), N_IMAGES, number)
    if sheet is not None:
        digits = cache(lambda: of_sheet(np.asarray(Image.open(sheet).convert("L"))))
        drawn["OpenCV's digits"] = lambda number: digits()
    if fashion is not None:
        clothes = cache(lambda: read(fashion, skip_unreadable=False).dataset)
        drawn["Fashion-MNIST"] = lambda number: _drawn(clothes(), N_IMAGES, number)
    return drawn


def _unseen() -> Dataset:
    return load("mnist").only(slice(SEEN, None))


def _drawn(dataset: Dataset, n: int, number: int) -> Dataset:
    """`n` images at random, or all where there are no more."""
    n_all = len(dataset.images)
    return dataset.only(np.random.default_rng(number).permutation(n_all)[: min(n, n_all)])


def _changed(dataset: Dataset, change: Callable[[np.ndarray], np.ndarray]) -> Dataset:
    return Dataset(dataset.name, np.ascontiguousarray(change(dataset.images)), dataset.y, dataset.classes)


def noisy(images: np.ndarray) -> np.ndarray:
    """uint8 images with Gaussian noise in every pixel, cut off at 0 and 255; the same for the same images."""
    noise = np.random.default_rng(0).normal(scale=NOISE, size=images.shape)
    return np.clip(np.round(images + noise), 0, 255).astype(np.uint8)


def letters(folder: Path) -> Dataset:
    """The capitals A to J in each font below `folder` that has them, like notMNIST; white, as large as MNIST's.

    Raises
    ------
    ValueError
        If there is no such font.
    """
    paths = sorted(path for path in folder.rglob("*") if path.suffix.lower() in (".ttf", ".otf"))
    alphabets = [alphabet for path in paths if (alphabet := _alphabet(path)) is not None]
    if not alphabets:
        raise ValueError(
            f"--fonts: received {folder}, expected a folder with TrueType or OpenType fonts of latin letters"
        )
    images = np.concatenate(alphabets)
    return Dataset("letters", images, np.tile(np.arange(len(LETTERS), dtype=np.uint8), len(alphabets)), tuple(LETTERS))


def _alphabet(path: Path) -> np.ndarray | None:
    """The letters in one font, uint8 of shape (10, 28, 28); None where it does not draw ten different ones."""
    try:
        font = ImageFont.truetype(path, DRAWN)
        images = np.stack([_letter(letter, font) for letter in LETTERS])
    except (OSError, ValueError):  # a font that FreeType cannot read, or one with nothing in the place of a letter
        return None
    return images if len(np.unique(images, axis=0)) == len(LETTERS) else None


def _letter(letter: str, font: ImageFont.FreeTypeFont) -> np.ndarray:
    """A letter, white, in the middle of a black image, `INK` pixels long. Raises ValueError if it is empty."""
    canvas = Image.new("L", (4 * DRAWN, 4 * DRAWN))
    ImageDraw.Draw(canvas).text((DRAWN, DRAWN), letter, fill=255, font=font)
    box = canvas.getbbox()
    if box is None:
        raise ValueError(f"letter: received {letter}, which this font leaves empty; take another font")
    ink = canvas.crop(box)
    scale = INK / max(ink.size)
    small = ink.resize([max(1, round(side * scale)) for side in ink.size], Image.Resampling.BOX)
    image = Image.new("L", (SIDE, SIDE))
    image.paste(small, [(SIDE - side) // 2 for side in small.size])
    return np.asarray(image)


def of_sheet(pixels: np.ndarray) -> Dataset:
    """The digits of a sheet, (height, width) of uint8: 20 × 20 pixels each, five rows of each digit, as OpenCV's.

    Raises
    ------
    ValueError
        If the sheet does not hold five rows of each of the ten digits.
    """
    height, width = pixels.shape
    n_rows, n_columns = height // CELL, width // CELL
    if n_rows != 10 * ROWS_OF_A_DIGIT or (height % CELL, width % CELL) != (0, 0):
        raise ValueError(
            f"--sheet: received {width}×{height} pixels, expected 50 rows of digits of 20×20 pixels; "
            "give samples/data/digits.png of OpenCV"
        )
    images = pixels.reshape(n_rows, CELL, n_columns, CELL).swapaxes(1, 2).reshape(-1, CELL, CELL)
    y = np.repeat(np.arange(10, dtype=np.uint8), ROWS_OF_A_DIGIT * n_columns)
    return Dataset("opencv-digits", np.ascontiguousarray(images), y, tuple("0123456789"))
