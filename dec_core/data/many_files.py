"""Many files together, in a folder or an archive: pictures with folders as labels, or IDX files, images and labels."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import PurePosixPath

from dec_core.data.arrays import Raw
from dec_core.data.errors import DataError, few
from dec_core.data.idx import read_idx
from dec_core.data.limits import Limits
from dec_core.data.parts import joined, on_parts
from dec_core.data.pictures import SUFFIXES, Files, is_hidden, is_picture, read_pictures


def from_files(name: str, files: Files, skip_unreadable: bool, limits: Limits) -> Raw:
    """Pictures, or where there are none IDX files, of a folder or an archive. Raises DataError."""
    pictures = [(file, read) for file, read in files if is_picture(file)]
    if not pictures:
        return _idx_pairs(name, files, limits)
    images, labels, notes = read_pictures(pictures, skip_unreadable=skip_unreadable, limits=limits)
    others = [file for file, _ in files if not is_picture(file) and not is_hidden(file)]
    notes += [] if labels is None else ["The folders are the labels."]
    return images, labels, notes + ([f"Ignored, since they are not pictures: {few(others)}."] if others else [])


def _idx_pairs(name: str, files: Files, limits: Limits) -> Raw:
    known = {file: read for file, read in files if not is_hidden(file)}
    images = [file for file in known if _is_idx_images(PurePosixPath(file).name.lower())]
    if not images:
        raise DataError(
            f"{name}: received {len(known)} files{': ' if known else ''}{few(list(known))}, "
            f"expected pictures ({', '.join(SUFFIXES)}) or IDX files; of all else give the file itself"
        )
    images.sort(key=lambda file: "train" not in file.lower())  # as they are joined everywhere: train, then test
    parts, labels = [], []
    for file in images:
        parts.append(read_idx(known[file](), file, limits))
        label_file = _label_file(file, known)
        labels += [] if label_file is None else [read_idx(known[label_file](), label_file, limits)]
        limits.check_bytes(name, sum(part.nbytes for part in (*parts, *labels)))
    with_labels = 0 < len(labels) == len(parts)
    return joined(name, parts), joined(name, labels) if with_labels else None, on_parts(images, len(labels))


def _is_idx_images(name: str) -> bool:
    return "idx" in name and "images" in name


def labels_for(name: str) -> str:
    """The name of the file with the labels, by that of the file with the images."""
    return name.replace("images", "labels").replace("idx3", "idx1")


def _label_file(file: str, known: Iterable[str]) -> str | None:
    """The labels of IDX images: in the same folder, else the only ones of that name in any."""
    path = PurePosixPath(file)
    others = [other for other in known if PurePosixPath(other).name == labels_for(path.name)]
    label_file = str(path.with_name(labels_for(path.name)))
    return label_file if label_file in others else others[0] if len(others) == 1 else None
