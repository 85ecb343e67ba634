"""Many images on one picture, each with a line or two below it."""

from __future__ import annotations

import io
from collections.abc import Sequence

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from dec_core.figures.palette import WRONG

CELL, CAPTION, COLUMNS = 64, 26, 20  # pixels of an image and of the two lines below it; images in a row
MOST = 2000


def contact_sheet(images: np.ndarray, captions: Sequence[str], wrong: np.ndarray | None = None) -> bytes:
    """The images as one PNG, in rows of twenty; captions of wrong ones are orange.

    Parameters
    ----------
    images : ndarray of uint8, shape (n, height, width) or (n, height, width, 3)
    captions : sequence of str, length n
    wrong : ndarray of bool, shape (n,), or None

    Raises
    ------
    ValueError
        If there are no images, more than 2000, or lengths differ.
    """
    n = len(images)
    if not 0 < n <= MOST or len(captions) != n:
        raise ValueError(
            f"images: received {n} with {len(captions)} captions, expected 1 to {MOST} and as many captions"
        )
    columns = min(n, COLUMNS)
    sheet = Image.new("RGB", (columns * CELL, -(-n // columns) * (CELL + CAPTION)), "white")
    draw, font = ImageDraw.Draw(sheet), ImageFont.load_default(10)
    for number, (image, caption) in enumerate(zip(images, captions, strict=True)):
        left, top = number % columns * CELL, number // columns * (CELL + CAPTION)
        picture = Image.fromarray(np.ascontiguousarray(image)).resize((CELL - 2, CELL - 2), Image.Resampling.NEAREST)
        sheet.paste(picture, (left + 1, top + 1))
        ink = WRONG if wrong is not None and wrong[number] else "black"
        draw.multiline_text(
            (left + CELL // 2, top + CELL), caption, fill=ink, font=font, anchor="ma", align="center", spacing=1
        )
    file = io.BytesIO()
    sheet.save(file, "PNG")
    return file.getvalue()
