"""A data set by its name, whether it comes with the project or is a person's own."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import BinaryIO

import numpy as np

from dec_core.data.bundled import READERS
from dec_core.data.dataset import Dataset
from dec_core.data.deskew import deskew
from dec_core.data.own import find, upright_path
from dec_core.even_part import part_of_many
from dec_core.whole_files import write_whole

AT_ONCE = 10_000  # images that are deskewed at a time, where they are in a file


def load(name: str, n_samples: int | None = None, *, upright: bool = False, root: Path = Path()) -> Dataset:
    """The data set `name`, one that comes along or one's own, all of it or the `n_samples` images of `taken`.

    With `upright` the images are deskewed. `root` is the folder of runs, below which `own.keep` puts data.

    Raises
    ------
    ValueError
        If there is no such data set, or it has fewer images than asked for.
    """
    root = Path() if name in READERS else root  # read once, whoever asks
    dataset = _whole(name, root)
    if n_samples is not None and not 0 < n_samples <= len(dataset.images):
        raise ValueError(f"n_samples: received {n_samples}, but {name} has {len(dataset.images)} images")
    return _upright(name, n_samples, root) if upright else dataset.only(taken(name, len(dataset.images), n_samples))


def load_shown(name: str, n_samples: int | None = None, *, upright: bool = False, root: Path = Path()) -> Dataset:
    """What is kept and shown of the images of `load`: all, or of very many an even part."""
    return _part(name, n_samples, upright, Path() if name in READERS else root)


@lru_cache(maxsize=1)
def _part(name: str, n_samples: int | None, upright: bool, root: Path) -> Dataset:
    dataset = load(name, n_samples, upright=upright, root=root)
    return dataset.only(part_of_many(len(dataset.images)))


def positions(name: str, n_samples: int | None = None, *, root: Path = Path()) -> np.ndarray:
    """Where the images of `load_shown` lie in the whole data set: int, shape (n,). Raises as `load` does."""
    n = len(_whole(name, Path() if name in READERS else root).images)
    index = np.arange(n)[taken(name, n, n_samples)]
    return index[part_of_many(len(index))]


def taken(name: str, n: int, n_samples: int | None) -> np.ndarray | slice:
    """Which of the `n` images of a data set are taken when `n_samples` are asked for.

    Of those that come along the first ones, as everywhere; of one's own, which are often sorted by class,
    evenly spread ones.
    """
    if n_samples is None or name in READERS:
        return slice(n_samples)
    return np.arange(n_samples) * n // n_samples


@lru_cache(maxsize=1)
def _upright(name: str, n_samples: int | None, root: Path) -> Dataset:
    whole = _whole(name, root)
    dataset = whole.only(taken(name, len(whole.images), n_samples))
    if isinstance(dataset.images, np.memmap):
        return replace(dataset, images=_upright_file(dataset, root))
    images = deskew(dataset.images)
    images.flags.writeable = False
    return replace(dataset, images=images)


def _upright_file(dataset: Dataset, root: Path) -> np.ndarray:
    """Mapped images, deskewed, in a file of their own below `root`; made where it is not yet."""
    path = upright_path(dataset.name, root)
    if not path.is_file():
        write_whole(path, lambda file: _write_upright(dataset.images, file))
    return np.load(path, mmap_mode="r")


def _write_upright(images: np.ndarray, file: BinaryIO) -> None:
    head = {"descr": "|u1", "fortran_order": False, "shape": images.shape}
    np.lib.format.write_array_header_1_0(file, head)
    for first in range(0, len(images), AT_ONCE):
        file.write(deskew(np.asarray(images[first : first + AT_ONCE])).tobytes())


@lru_cache(maxsize=3)
def _whole(name: str, root: Path) -> Dataset:
    if name in READERS:
        images, y = READERS[name]()
        dataset = Dataset(name, images, y, tuple("0123456789"))
    else:
        dataset = find(name, root)
    for array in (dataset.images, dataset.y):
        if array is not None:
            array.flags.writeable = False  # shared by every user of this process
    return dataset
