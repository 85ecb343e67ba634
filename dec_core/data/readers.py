"""A person's own data: one file or folder in, images and perhaps labels out, with notes on what was understood.

Which formats there are, and by what they are known, stands in `dec_core.data.formats`.
Files of others are data: nothing in them is executed, no pickle is opened, nothing is unpacked to disk,
nothing is unpacked to more than it declares, and all of it keeps within `Limits`.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import partial
from operator import itemgetter
from pathlib import Path

import numpy as np

from dec_core.config import BUNDLED
from dec_core.data.archives import content, files_below
from dec_core.data.arrays import Raw, as_images, as_labels
from dec_core.data.dataset import Dataset
from dec_core.data.errors import DataError, printable
from dec_core.data.formats import FORMAT_NAMES, Given, format_of
from dec_core.data.limits import LIMITS, Limits
from dec_core.data.many_files import from_files, labels_for

MIN_IMAGES = 2


@dataclass(frozen=True)
class Reading:
    """What was read: the data, and what was understood and done, a sentence each."""

    dataset: Dataset
    notes: tuple[str, ...]


def read(
    path: Path | str, *, skip_unreadable: bool = False, at_least: int = MIN_IMAGES, limits: Limits = LIMITS
) -> Reading:
    """Read a file or folder; see `dec_core.data.formats`.

    Parameters
    ----------
    path : Path or str
    skip_unreadable : bool
        Skip pictures that cannot be read and say so in the notes, instead of refusing them all.
    at_least : int
        How many images are needed: two to cluster them, one to ask where it belongs.
    limits : Limits

    Raises
    ------
    DataError
        For all that cannot be used, and nothing else: too large, damaged, not of these formats.
    """
    path = Path(path)
    if os.path.isdir(path):  # unlike Path.is_dir, False for any path that cannot be asked for
        name = printable(Path(os.path.abspath(path)).name)
        return _reading(name, from_files(name, files_below(path, limits), skip_unreadable, limits), at_least, limits)
    if not os.path.isfile(path):
        raise DataError(
            f"data: there is no file or folder {printable(str(path))}; expected {', '.join(BUNDLED)}, or {FORMAT_NAMES}"
        )
    data = content(path, limits)
    labels_path = path.with_name(labels_for(path.name))
    with_labels = format_of(path.name, data).has_label_files and labels_path != path and os.path.isfile(labels_path)
    labels = content(labels_path, limits) if with_labels else None
    return read_bytes(path.name, data, labels=labels, skip_unreadable=skip_unreadable, at_least=at_least, limits=limits)


def read_bytes(
    name: str,
    data: bytes,
    *,
    labels: bytes | None = None,
    skip_unreadable: bool = False,
    at_least: int = MIN_IMAGES,
    limits: Limits = LIMITS,
) -> Reading:
    """Read the bytes of a file, of the format that `format_of` says, and of one with its labels. Raises DataError."""
    name = printable(name)[-200:]
    limits.check_bytes(name, len(data) + len(labels or b""))
    given, kind = Given(name, data, labels, skip_unreadable, at_least, limits), format_of(name, data)
    if labels is not None and not kind.has_label_files:
        raise DataError(f"{name}: received labels in a file of their own, expected them within {kind.name}; join them")
    return _reading(name, kind.read(given), at_least, limits)


def read_together(
    files: list[tuple[str, bytes]],
    *,
    skip_unreadable: bool = False,
    at_least: int = MIN_IMAGES,
    limits: Limits = LIMITS,
) -> Reading:
    """Read files that were uploaded together, by (name, bytes), as a folder of them. Raises DataError."""
    name = f"{len(files)} files"
    limits.check_bytes(name, sum(len(data) for _, data in files))
    named = [(printable(file)[-200:], partial(bytes, data)) for file, data in files]
    return _reading(name, from_files(name, sorted(named, key=itemgetter(0)), skip_unreadable, limits), at_least, limits)


def _reading(name: str, raw: Raw, at_least: int, limits: Limits) -> Reading:
    x, y, notes = raw
    limits.check_shape(name, np.shape(x))
    images, done = as_images(x, limits)
    if len(images) < at_least:
        raise DataError(f"{name}: received 1 image, expected at least {at_least}; clusters are found among many")
    notes = [*notes, *done]
    shape, colour = f"{images.shape[1]}×{images.shape[2]}", ", in color" if images.ndim == 4 else ""
    notes.insert(0, f"{len(images)} image{'s' if len(images) > 1 else ''} of {shape} pixels{colour}.")
    if y is None:
        notes.append("No labels: clusters cannot be scored.")
        return Reading(Dataset(name, images, None), tuple(notes))
    codes, classes = as_labels(y, len(images))
    shown = ", ".join(classes[:10]) + (", …" if len(classes) > 10 else "")
    notes.append(f"{len(classes)} class{'es' if len(classes) > 1 else ''} as labels, for scoring only: {shown}.")
    return Reading(Dataset(name, images, codes, classes), tuple(notes))
