"""Deskew handwriting: shear each image so that its ink no longer leans.

A prior about handwriting, not about clustering: it helps digits and would harm clothes, so it is a
choice in the config. It looks at one image at a time and at no label.
"""

from __future__ import annotations

import numpy as np

CHUNK = 256  # images at a time: what they need stays in the processor's cache, and takes a few MB


def deskew(images: np.ndarray) -> np.ndarray:
    """Shear images horizontally about their centre of mass, which moves to the middle of the image.

    With second moments m of the ink, x' = x + (y - y_mean) * m_xy / m_yy makes m_xy zero. Values are
    interpolated linearly; what leaves the image is lost, what enters is background. Ink is what is bright; where more
    than half of an image's border is bright, that is paper, and ink is dark.

    Parameters
    ----------
    images : ndarray of uint8, 0..255, or of float32, 0..1; shape (n, height, width)
        An image without ink stays as it is.

    Returns
    -------
    ndarray of shape and dtype of `images`
        Gray levels are rounded, float32 is not.
    """
    chunks = [_deskew(images[i : i + CHUNK]) for i in range(0, len(images), CHUNK)]
    return np.concatenate(chunks) if chunks else images


def _deskew(images: np.ndarray) -> np.ndarray:
    height, width = images.shape[1:]
    is_levels = images.dtype == np.uint8
    levels = images.astype(np.float32) if is_levels else images * np.float32(255)  # by levels, faint ink is none
    on_paper = _is_bright(levels)
    ink = np.where(on_paper, 255 - levels, levels)
    mass = np.maximum(ink.sum(axis=(1, 2)), 1e-6)  # (n,)
    rows, columns = np.arange(height, dtype=np.float32), np.arange(width, dtype=np.float32)
    by_row, by_column = ink.sum(axis=2), ink.sum(axis=1)  # (n, height), (n, width)
    y_mean, x_mean = by_row @ rows / mass, by_column @ columns / mass
    dy, dx = rows - y_mean[:, None], columns - x_mean[:, None]
    m_yy = (by_row * dy**2).sum(axis=1) / mass
    m_xy = np.einsum("nyx,ny,nx->n", ink, dy, dx, optimize=True) / mass  # (n,)
    slant = m_xy / np.maximum(m_yy, 1e-6)  # pixels to the side for each pixel down
    slant[mass < 1] = 0
    # where each output pixel comes from: output (v, u) is taken at (y, x)
    y = np.where(mass > 1, y_mean, (height - 1) / 2)[:, None] + rows - (height - 1) / 2  # (n, height)
    shift = np.where(mass > 1, x_mean, (width - 1) / 2)[:, None] + slant[:, None] * (rows - (height - 1) / 2)
    x = shift[:, :, None] + columns - (width - 1) / 2  # (n, height, width)
    sampled = _sample(ink, y, x)
    sampled = np.where(on_paper, 255 - sampled, sampled)
    return np.round(sampled).astype(np.uint8) if is_levels else (sampled / 255).astype(np.float32)


def _is_bright(levels: np.ndarray) -> np.ndarray:
    """Whether more than half of each border is bright: of (n, height, width) in 0..255, bool of shape (n, 1, 1)."""
    border = np.ones(levels.shape[1:], bool)
    border[1:-1, 1:-1] = False
    return (levels[:, border] > 127.5).mean(axis=1)[:, None, None] > 0.5


def _sample(ink: np.ndarray, y: np.ndarray, x: np.ndarray) -> np.ndarray:
    """Bilinear samples of each image at rows y (n, height) and columns x (n, height, width)."""
    n, height, width = ink.shape
    padded = np.zeros((n, height + 2, width + 2), dtype=np.float32)
    padded[:, 1:-1, 1:-1] = ink
    y, x = np.clip(y + 1, 0, height + 0.999), np.clip(x + 1, 0, width + 0.999)
    top, left = y.astype(int), x.astype(int)
    down, right = (y - top)[:, :, None], x - left
    image = np.arange(n)[:, None, None]
    top = top[:, :, None]

    def at(rows: np.ndarray, columns: np.ndarray) -> np.ndarray:
        return padded[image, rows, columns]

    upper = at(top, left) * (1 - right) + at(top, left + 1) * right
    lower = at(top + 1, left) * (1 - right) + at(top + 1, left + 1) * right
    return upper * (1 - down) + lower * down
