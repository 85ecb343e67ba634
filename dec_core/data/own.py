"""Where people's own data is kept: one file a data set, named by its content, beside the runs that use it."""

from __future__ import annotations

import hashlib
import io
import re
import zipfile
from pathlib import Path

import numpy as np

from dec_core.config import OWN
from dec_core.data.arrays import DataError
from dec_core.data.dataset import Dataset

FOLDER = ".data"  # below the folder of runs


def keep(dataset: Dataset, root: Path) -> str:
    """Store a data set below `root`; the name under which `find` has it. The same content gets the same name."""
    arrays = {"images": dataset.images}
    if dataset.y is not None:
        arrays |= {"y": dataset.y, "classes": np.asarray(dataset.classes)}
    digest = hashlib.sha256(dataset.images.tobytes() + repr(dataset.images.shape).encode())
    if dataset.y is not None:
        digest.update(dataset.y.tobytes() + repr(dataset.classes).encode())
    words = re.sub(r"[^a-z0-9]+", "-", Path(dataset.name).stem.lower()).strip("-")[:40] or "data"
    name = f"{OWN}{words}-{digest.hexdigest()[:8]}"
    path = root / FOLDER / f"{name}.npz"
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary = path.with_suffix(f".{digest.hexdigest()[8:16]}.tmp")
        with temporary.open("wb") as file:
            np.savez_compressed(file, **arrays)
        temporary.replace(path)
    return name


def find(name: str, root: Path) -> Dataset:
    """The data set that `keep` stored. Raises DataError if it is not there or damaged."""
    path = root / FOLDER / f"{name}.npz"
    if not re.fullmatch(r"[a-z0-9-]+", name) or not path.is_file():
        raise DataError(
            f"dataset: there is no {name!r}, expected mnist, digits or data kept on this machine; give the file again"
        )
    try:
        with np.load(io.BytesIO(path.read_bytes()), allow_pickle=False) as file:
            y = file["y"] if "y" in file.files else None
            classes = tuple(file["classes"].tolist()) if y is not None else ()
            return Dataset(name, file["images"], y, classes)
    except (ValueError, OSError, KeyError, zipfile.BadZipFile) as error:
        raise DataError(f"dataset: {path.name} is damaged ({error}); upload or name the file again") from None


def names(root: Path) -> list[str]:
    """Names of all data sets kept below `root`, the newest first."""
    paths = sorted((root / FOLDER).glob(f"{OWN}*.npz"), key=lambda path: path.stat().st_mtime, reverse=True)
    return [path.stem for path in paths]
