"""The arrays of a run on disk: read, and checked against what a run of its config must have. The only way to read them.

A file is described by the kind and the shape of each of its arrays. Sizes have names, and one name is one number
throughout the file: `n` images, of which `view` are shown, `k` clusters, `d` dimensions of z, `image` a height, a width
and perhaps channels. What is known of the run beforehand (`sizes_of`) is given, the rest follows from the file.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np

from dec_core.config import ConfigError, RunConfig
from dec_core.data import load_shown
from dec_core.methods import METHODS
from dec_core.runs.subset import view_index

Sizes = dict[str, int | tuple[int, ...]]


class ArraysError(ValueError):
    """A file of arrays that cannot be read, or that no run of its config can have written."""


@dataclass(frozen=True)
class Array:
    """What one array must be.

    Attributes
    ----------
    kinds : str
        NumPy's letters of the kinds of numbers: "f" floats, "u" unsigned, "i" signed integers, "U" text.
    shape : str
        Names of its sizes, or numbers, with spaces between them.
    required : bool
        Whether the file always has it.
    below : str
        The size that its values, which count from 0, stay below.
    infinite : bool
        Whether numbers may be infinite: those too large for 16 bits were, before version 0.5. NaN is never right.
    """

    kinds: str
    shape: str
    required: bool = False
    below: str = ""
    infinite: bool = False


SNAPSHOT = {
    "z": Array("f", "rows d", required=True, infinite=True),  # of all images, or while pretraining of the view
    "plane": Array("f", "view 2", required=True, infinite=True),
    "axes": Array("f", "d 2"),
    "reconstructions": Array("u", "examples image", required=True),
    "labels": Array("u", "n", below="k"),
    "cluster_centers": Array("f", "k centers"),
    "mixture_weights": Array("f", "k"),
    "mixture_variances": Array("f", "k centers"),
    "q": Array("f", "n k"),
    "decoded_centers": Array("u", "k image"),
}
INSPECTION = {
    "neighbours": Array("iu", "n neighbours", required=True, below="n"),
    "umap": Array("f", "n 2", required=True),
    "z": Array("f", "n d"),
    "middles": Array("f", "moments d"),
    "axes": Array("f", "moments d 2"),
    "extents": Array("f", "moments 4"),
}
TOGETHER = (
    {"labels", "cluster_centers"},
    {"mixture_weights", "mixture_variances"},
    {"middles", "axes", "extents"},
)  # all of them, or none
UMAPS_FILE = "umaps.npz"
UMAPS = {
    "planes": Array("f", "moments part 2", required=True),
    "samples": Array("iu", "part", required=True, below="n"),
}
LIVE_UMAP_FILE = "live_umap.npz"
LIVE_UMAP = {
    "plane": Array("f", "live 2", required=True),
    "index": Array("iu", "live", required=True, below="view"),
    "labels": Array("u", "live", required=True, below="k"),
    "iteration": Array("iu", "", required=True),
}
COUNTERS = ("epoch", "batch", "loss_sum", "iteration", "next_batch", "updated_at", "n_updates")
CHECKPOINT = {name: Array("iuf", "", required=True) for name in COUNTERS} | {
    "phase": Array("U", "", required=True),
    "p": Array("f", "n k"),
    "labels": Array("iu", "n", below="k"),
}
FILES = {
    "umap.npz": {"plane": Array("f", "view 2", required=True)},
    LIVE_UMAP_FILE: LIVE_UMAP,
    UMAPS_FILE: UMAPS,
    "inspection.npz": INSPECTION,
    "checkpoint.npz": CHECKPOINT,
    "pretrained.npz": {name: CHECKPOINT[name] for name in ("phase", "epoch")},
}


def read_arrays(folder: Path, name: str, *only: str) -> dict[str, np.ndarray]:
    """The arrays of `name` in the folder of a run, or `only` those of them; read only, and as a run of its config has.

    Parameters
    ----------
    folder : Path
    name : str
        A path inside the folder, such as "snapshots/00001.npz" or "umap.npz".

    Raises
    ------
    ArraysError
        If the file is missing, damaged, or holds what this run cannot have written.
    """
    described = SNAPSHOT if name.startswith("snapshots/") else FILES.get(name, {})
    if only:
        described = {key: array for key, array in described.items() if key in only}
    arrays = _loaded(folder / name, only)
    try:
        check(arrays, described, sizes_of(folder) if described else {})
    except ValueError as error:
        raise ArraysError(f"{folder.name}/{name}: {error}") from None
    for array in arrays.values():
        array.flags.writeable = False
    return arrays


def check(arrays: Mapping[str, np.ndarray], described: Mapping[str, Array], sizes: Sizes) -> None:
    """Check arrays against their description. Raises ValueError with received and expected."""
    sizes = dict(sizes)
    for name, wanted in described.items():
        if name in arrays:
            _check_one(name, arrays[name], wanted, sizes)
        elif wanted.required:
            raise ValueError(f"{name} is missing; the file is damaged, or of another program")
    for names in TOGETHER:
        if names <= described.keys() and 0 < len(names & arrays.keys()) < len(names):
            received, expected = sorted(names & arrays.keys()), sorted(names)
            raise ValueError(f"received {', '.join(received)} alone, expected {', '.join(expected)}")
    n = sizes.get("n", sizes.get("rows"))
    if "rows" in sizes and (sizes["rows"] not in (n, sizes.get("view")) or sizes["rows"] > n):
        raise ValueError(f"z: received {sizes['rows']} rows, expected {n}, or the view alone")


def _check_one(name: str, array: np.ndarray, wanted: Array, sizes: Sizes) -> None:
    shape = _shape(wanted, array.shape, sizes)
    if array.dtype.kind not in wanted.kinds or array.shape != shape:
        kinds = "/".join({"f": "floats", "u": "unsigned", "i": "integers", "U": "text"}[kind] for kind in wanted.kinds)
        raise ValueError(f"{name}: received {array.dtype} {array.shape}, expected {kinds} of shape ({wanted.shape})")
    if array.dtype.kind == "f" and (np.isnan(array).any() or not (wanted.infinite or np.isfinite(array).all())):
        raise ValueError(f"{name}: received numbers that are none, expected finite ones")
    most = sizes.get(wanted.below)
    if most is not None and array.size and not 0 <= array.min() <= array.max() < most:
        raise ValueError(f"{name}: received {array.min()} to {array.max()}, expected 0 to {most - 1}")


def _shape(wanted: Array, received: tuple[int, ...], sizes: Sizes) -> tuple[int, ...]:
    """The shape that an array should have; sizes not yet known are taken from the array itself."""
    shape: list[int] = []
    for size in wanted.shape.split():
        actual = received[len(shape) :] if size == "image" else next(iter(received[len(shape) :]), 0)
        expected = int(size) if size.isdigit() else sizes.setdefault(size, actual)
        shape += expected if isinstance(expected, tuple) else [expected]
    return tuple(shape)


def sizes_of(folder: Path) -> Sizes:
    """What is known of the arrays of a run by its config and its data; nothing where they cannot be read."""
    path = folder / "config.json"
    try:
        stat = path.stat()
    except OSError:
        return {}
    return _sizes_of(path, (stat.st_mtime_ns, stat.st_ino))


@lru_cache(maxsize=1000)
def _sizes_of(path: Path, stamp: tuple[int, int]) -> Sizes:
    try:
        config = RunConfig.from_json(path)
        shape = load_shown(config.dataset, config.n_samples, root=path.parents[1]).images.shape
    except (ConfigError, ValueError, OSError):
        return {}
    sizes: Sizes = {"n": shape[0], "view": len(view_index(shape[0])), "image": shape[1:], "k": config.n_clusters}
    if not METHODS[config.method].has_network:
        return sizes
    return sizes | {"d": config.latent_dim, "centers": config.latent_dim}


def _loaded(path: Path, only: tuple[str, ...]) -> dict[str, np.ndarray]:
    try:
        with np.load(path, allow_pickle=False) as file:
            return {key: file[key] for key in file.files if not only or key in only}
    except FileNotFoundError:
        raise ArraysError(f"{path.parent.name}/{path.name} is missing") from None
    except Exception as error:  # NumPy, zipfile, zlib and tokenize each raise errors of their own for what is damaged
        raise ArraysError(f"{path.parent.name}/{path.name} is damaged: {error or type(error).__name__}") from None


def half(values: np.ndarray) -> np.ndarray:
    """Numbers in 16 bits, for snapshots: within 1 in 2048, and those beyond ±65 504 as that."""
    most = np.finfo(np.float16).max
    return np.clip(values, -most, most).astype(np.float16)
