"""How much of a person's own data is read. Each limit is checked before the memory for it is asked for."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod

from dec_core.data.errors import DataError

ALWAYS_UNPACKED = 1_000_000  # bytes that anything may unpack to, however small it is packed


@dataclass(frozen=True)
class Limits:
    """What is read at most; the defaults take EMNIST's digits (280 000 images) and photographs from a telephone.

    Attributes
    ----------
    n_bytes : int
        Of all files together as they are given, and again of all that they unpack to.
    ratio : int
        Times its packed size that a file may unpack to, if that is more than `ALWAYS_UNPACKED` bytes.
    n_files : int
        Files in an archive, or files and folders below a folder.
    depth : int
        Folders within each other.
    n_images : int
        Images; rows of a table.
    side : int
        Pixels along each side of an image that is not shrunk; `side` squared in a single line, or columns of a table.
    n_values : int
        Numbers in all images together, after they were shrunk: one byte each.
    picture_pixels, all_pictures_pixels : int
        Pixels of one picture file, and of all of them together, before they are shrunk.
    seconds : float
        Of a reading in a process of its own (`dec_core.data.isolated`).
    memory : int
        Bytes of address space of that process, where the system can limit it.
    """

    n_bytes: int = 500_000_000
    ratio: int = 200
    n_files: int = 200_000
    depth: int = 32
    n_images: int = 1_000_000
    side: int = 512
    n_values: int = 400_000_000
    picture_pixels: int = 50_000_000
    all_pictures_pixels: int = 10_000_000_000
    seconds: float = 120
    memory: int = 4_000_000_000

    def check_bytes(self, name: str, n_bytes: int) -> None:
        """Raise DataError if files hold more bytes than are read."""
        if n_bytes > self.n_bytes:
            raise DataError(f"{name}: received {n_bytes:,} bytes, at most {self.n_bytes:,} are taken; use fewer images")

    def check_unpacked(self, name: str, n_bytes: int, n_packed: int) -> None:
        """Raise DataError if what says that it unpacks to `n_bytes` is to stay packed."""
        if n_bytes > self.n_bytes:
            raise DataError(
                f"{name}: received what unpacks to {n_bytes:,} bytes, at most {self.n_bytes:,} are taken; "
                "use fewer images"
            )
        if n_bytes > ALWAYS_UNPACKED and n_bytes > self.ratio * n_packed:
            raise DataError(
                f"{name}: received what unpacks to {n_bytes // max(n_packed, 1)} times its size, "
                f"expected at most {self.ratio}, as images do; give it unpacked"
            )

    def check_shape(self, name: str, shape: tuple[int, ...]) -> None:
        """Raise DataError if an array of images, of shape (n, ...), has too many of them, or too many numbers."""
        if shape and shape[0] > self.n_images:
            raise DataError(
                f"{name}: received {shape[0]:,} images, at most {self.n_images:,} are taken; use fewer images"
            )
        self.check_values(name, prod(shape))

    def check_sides(self, name: str, height: int, width: int) -> None:
        """Raise DataError if an image has too many pixels along a side, or in its single line."""
        if height * width > self.side**2 or (min(height, width) > 1 and max(height, width) > self.side):
            raise DataError(
                f"{name}: received {height}×{width} pixels, at most {self.side} a side are taken, "
                f"in a single line {self.side**2:,}; shrink them"
            )

    def check_values(self, name: str, n_values: int) -> None:
        """Raise DataError if all images together have too many numbers."""
        if n_values > self.n_values:
            raise DataError(
                f"{name}: received {n_values:,} numbers, at most {self.n_values:,} are taken; use fewer or smaller"
            )


LIMITS = Limits()
