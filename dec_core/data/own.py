"""The store of people's own data: one file a data set, named by its content, in the folder of runs.

Of images that are too many to be read, the file says where they lie (`mapped.py`).

Beside it, in a file `.owners`, stand the visitors who brought it, one a line, where they are known.
"""

from __future__ import annotations

import hashlib
import io
import re
import time
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from dec_core.config import BUNDLED, OWN_DATA
from dec_core.data.dataset import Dataset
from dec_core.data.errors import DataError, understood
from dec_core.data.mapped import described, find_mapped
from dec_core.whole_files import write_whole

FOLDER = ".data"  # below the folder of runs
TOO_MANY = "images: {} kept on this server, as much as may be; delete some below Your own images, or bring fewer"
PLAIN = re.compile(r"[a-z0-9-]{1,100}")


@dataclass(frozen=True)
class Allowance:
    """What is kept of each visitor: so many data sets, and bytes on disk of all together; 0 for any."""

    n_sets: int = 0
    n_bytes: int = 0


def keep(dataset: Dataset, root: Path, owner: str = "", most: Allowance | None = None) -> str:
    """Store a data set below `root`; the name under which `find` has it.

    The same content gets the same name, that of the file that brought it first. A damaged file is replaced. What a
    visitor, the `owner`, has brought has the name of a file of theirs: those of others say what others look at.

    Raises
    ------
    DataError
        If the owner would then have more than `most`.
    """
    digest = _digest(dataset)
    known = next((name for name in names(root, owner or None) if name.endswith(f"-{digest}")), None)
    name = known or f"{OWN_DATA}{_slug(dataset.name)}-{digest}"
    path, is_new = root / FOLDER / f"{name}.npz", bool(owner) and owner not in owners(name, root)
    held, was_there = held_by(owner, root) if is_new else (0, 0), path.exists()
    if is_new and most and 0 < most.n_sets <= held[0]:
        raise DataError(TOO_MANY.format(f"{most.n_sets} of your data sets are"))
    if _is_damaged(name, root):
        _write(dataset, path)
    if is_new and most and 0 < most.n_bytes < held[1] + path.stat().st_size:
        if not was_there:
            path.unlink(missing_ok=True)
        raise DataError(TOO_MANY.format(f"{held[1] / 1e6:,.0f} of {most.n_bytes / 1e6:,.0f} MB are"))
    if is_new:
        with (root / FOLDER / f"{name}.owners").open("a", encoding="utf-8") as file:
            file.write(f"{owner}\n")
    return name


def keep_mapped(path: Path, root: Path) -> str:
    """Remember below `root` an .npy file that is too large to be read; the name under which `find` has its images.

    The file stays where it is. Raises DataError as `mapped.described` does.
    """
    kept = described(path)
    name = f"{OWN_DATA}{_slug(path.name)}-{kept['digest']}"
    target = root / FOLDER / f"{name}.npz"
    target.parent.mkdir(parents=True, exist_ok=True)
    write_whole(target, lambda file: np.savez(file, **kept))
    return name


def upright_path(name: str, root: Path) -> Path:
    """Where the images of a mapped data set lie once they are deskewed."""
    return root / FOLDER / f"{name}-upright.npy"


def owners(name: str, root: Path) -> frozenset[str]:
    """The visitors who brought a data set; empty where nobody knows, and for what is none of one's own."""
    try:
        if PLAIN.fullmatch(name):
            return frozenset((root / FOLDER / f"{name}.owners").read_text(encoding="utf-8").split())
    except (OSError, UnicodeError):
        pass
    return frozenset()


def find(name: str, root: Path) -> Dataset:
    """The data set that `keep` stored. Raises DataError if it is not there or damaged."""
    path = root / FOLDER / f"{name}.npz"
    if not PLAIN.fullmatch(name) or not path.is_file():
        raise DataError(
            f"dataset: there is no {name!r}, expected {', '.join(BUNDLED)} or data kept on this machine; "
            "give the file again"
        )
    with (
        understood(f"dataset: {path.name}", "it is damaged: upload or name the file again"),
        np.load(io.BytesIO(path.read_bytes()), allow_pickle=False) as file,
    ):
        if "path" in file.files:
            return find_mapped(name, {key: file[key] for key in file.files})
        y = file["y"] if "y" in file.files else None
        classes = tuple(file["classes"].tolist()) if y is not None else ()
        dataset = Dataset(name, file["images"], y, classes)
        if _digest(dataset) != name.rpartition("-")[2]:
            raise ValueError("content that is not what its name says")
        return dataset


def names(root: Path, owner: str | None = None) -> list[str]:
    """Names of the data sets kept below `root` that a visitor has brought, or of all; the newest first."""
    paths = sorted((root / FOLDER).glob(f"{OWN_DATA}*.npz"), key=lambda path: path.stat().st_mtime, reverse=True)
    return [path.stem for path in paths if owner is None or owner in owners(path.stem, root)]


def forget(name: str, root: Path, owner: str = "") -> None:
    """Delete what a visitor has brought; it stays for others who have brought the same. Without `owner`, for all."""
    other_owners = owners(name, root) - {owner} if owner else frozenset()
    if not PLAIN.fullmatch(name) or (owner and owner not in owners(name, root)):
        return
    listed = root / FOLDER / f"{name}.owners"
    if other_owners:
        write_whole(listed, lambda file: file.write("".join(f"{each}\n" for each in sorted(other_owners)).encode()))
        return
    for path in (root / FOLDER / f"{name}.npz", upright_path(name, root), listed):
        path.unlink(missing_ok=True)


def forget_unused(root: Path, in_use: Collection[str], seconds: float) -> None:
    """Delete what visitors have brought so many seconds ago or more, and no run in `in_use` is of."""
    for name in names(root):
        path = root / FOLDER / f"{name}.npz"
        if name not in in_use and owners(name, root) and time.time() - path.stat().st_mtime > seconds:
            forget(name, root)


def held_by(owner: str, root: Path) -> tuple[int, int]:
    """How many data sets a visitor has brought that are kept, and how many bytes they take."""
    paths = [root / FOLDER / f"{name}.npz" for name in names(root, owner)]
    return len(paths), sum(path.stat().st_size for path in paths)


def _is_damaged(name: str, root: Path) -> bool:
    try:
        find(name, root)
        return False
    except DataError:
        return True


def _digest(dataset: Dataset) -> str:
    digest = hashlib.sha256(np.ascontiguousarray(dataset.images))  # its memory, not a copy of it
    digest.update(repr(dataset.images.shape).encode())
    if dataset.y is not None:
        digest.update(dataset.y.tobytes() + repr(dataset.classes).encode())
    return digest.hexdigest()[:12]


def _slug(name: str) -> str:
    """A file's name in lower-case letters, digits and hyphens."""
    slug = re.sub(r"[^a-z0-9]+", "-", Path(name).stem.lower()).strip("-")
    return slug[:40].strip("-") or "data"


def _write(dataset: Dataset, path: Path) -> None:
    """Whole or not at all, also where two write the same."""
    arrays = {"images": dataset.images}
    if dataset.y is not None:
        arrays |= {"y": dataset.y, "classes": np.asarray(dataset.classes)}
    path.parent.mkdir(parents=True, exist_ok=True)
    write_whole(path, lambda file: np.savez_compressed(file, **arrays))
