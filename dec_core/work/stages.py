"""Stages of training that are known already, kept by what they depend on: none is computed a second time.

`stages/<stage>-<digest>.npz` below the folder of runs. The digest is of the images and their labels, of the fields
that the stage depends on, of the program, its libraries and the machine: with another of these, numbers may differ. A
file is written as a whole, by whomever; one that is damaged counts as none. Where there are too many bytes, what was
unused for longest goes first.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import time
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

import dec_core
from dec_core.data import Dataset
from dec_core.machine import trained_with
from dec_core.whole_files import write_whole

FOLDER = "stages"  # below the folder of runs
MOST_BYTES = 500_000_000  # first-look leaves 14 MB
DATA = ("dataset", "n_samples", "deskew")  # the images themselves stand for these
DECIDES = ("analysis", "data", "networks", "training", "architecture.py", "methods.py")  # what computes the numbers
THREADS = ("TF_NUM_INTRAOP_THREADS", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMBA_NUM_THREADS")

Fields = dict[str, Any]
Arrays = dict[str, np.ndarray]


class Stages:
    """The stages below one folder of runs, for one data set.

    Parameters
    ----------
    root : Path
        The folder of runs.
    dataset : Dataset
    most_bytes : int
        What all files together may take.

    Attributes
    ----------
    taken : dict of str to float
        The stages that were known when they were asked for, and how many seconds it took to make each.
    """

    def __init__(self, root: Path, dataset: Dataset, most_bytes: int = MOST_BYTES):
        self.folder, self.most_bytes = Path(root) / FOLDER, most_bytes
        self.taken: dict[str, float] = {}
        self._data = _digest_of(dataset)

    def known(self, stage: str, depends: Fields, make: Callable[[], Arrays]) -> Arrays:
        """The arrays of a stage: those that are kept, or else what `make` returns, which is kept then."""
        arrays = self.load(stage, depends)
        if arrays is None:
            started = time.monotonic()
            arrays = make()
            self.save(stage, depends, arrays, time.monotonic() - started)
        return arrays

    def load(self, stage: str, depends: Fields) -> Arrays | None:
        """What is kept of a stage; None where nothing is, or nothing that can be read."""
        path = self.path(stage, depends)
        try:
            with np.load(path, allow_pickle=False) as file:
                arrays = {name: file[name] for name in file.files}
            seconds = float(arrays.pop("seconds"))
        except Exception:  # NumPy, zipfile, zlib and tokenize each raise errors of their own for what is damaged
            return None
        with contextlib.suppress(OSError):  # others may have thrown it out; the folder may be read-only
            os.utime(path)
        self.taken[stage] = seconds
        return arrays

    def save(self, stage: str, depends: Fields, arrays: Arrays, seconds: float) -> None:
        """Keep a stage that took so many seconds, if the disk takes it: training goes on without."""
        with contextlib.suppress(OSError):
            self.folder.mkdir(exist_ok=True)
            write_whole(self.path(stage, depends), lambda file: np.savez(file, seconds=np.asarray(seconds), **arrays))
            self._make_room()

    def path(self, stage: str, depends: Fields) -> Path:
        """Where a stage is kept."""
        fields = {name: value for name, value in depends.items() if name not in DATA}
        key = json.dumps([stage, self._data, fields, _program(), _machine()], sort_keys=True)
        return self.folder / f"{stage}-{hashlib.sha256(key.encode()).hexdigest()[:32]}.npz"

    def _make_room(self) -> None:
        """Throw out what was not used for longest, half files of killed writers included."""
        stats = {}
        for path in self.folder.iterdir():
            with contextlib.suppress(FileNotFoundError):  # another process makes room as well
                stats[path] = path.stat()
        excess = sum(stat.st_size for stat in stats.values()) - self.most_bytes
        for path, stat in sorted(stats.items(), key=lambda item: item[1].st_mtime_ns):
            if excess <= 0:
                break
            path.unlink(missing_ok=True)
            excess -= stat.st_size


def _digest_of(dataset: Dataset) -> str:
    """Of images and labels: the labels choose which images are shown with their reconstructions.

    Mapped images are not read for it: the name of what is a person's own has their digest.
    """
    if isinstance(dataset.images, np.memmap):
        return hashlib.sha256(f"{dataset.name} {dataset.images.shape}".encode()).hexdigest()
    digest = hashlib.sha256(np.ascontiguousarray(dataset.images))
    digest.update(f"{dataset.images.shape} {dataset.images.dtype}".encode())
    if dataset.y is not None:
        digest.update(np.ascontiguousarray(dataset.y))
    return digest.hexdigest()


@cache
def _program() -> str:
    """Digest of the source that computes the numbers: it changes more often than the version does."""
    digest, package = hashlib.sha256(), Path(dec_core.__file__).parent
    for name in DECIDES:
        path = package / name
        for source in sorted(path.rglob("*.py")) if path.is_dir() else [path]:
            digest.update(source.read_bytes())
    return digest.hexdigest()


def _machine() -> dict[str, Any]:
    """Versions, processor, cores, and how many threads share the arithmetic."""
    return {**trained_with(), **{name: os.environ.get(name, "") for name in THREADS}}
