"""The file of a `DEC` model: an .npz of plain arrays, all else as JSON in the array `about`.

A file from others can do no harm: no pickle is opened, it may not unpack to more than its own size, and `check_state`
builds no network larger than the arrays it came with.
"""

from __future__ import annotations

import json
import os
import zipfile
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from dec_core.architecture import architecture
from dec_core.config import RunConfig
from dec_core.json_text import parse_json
from dec_core.methods import uses_mixture_target
from dec_core.whole_files import write_whole

FORMAT = "dec_core.DEC 1"


def write_model(path: Path, about: dict[str, Any], arrays: dict[str, np.ndarray]) -> None:
    """Write a model, whole or not at all."""
    header = json.dumps({"format": FORMAT} | about, default=int)  # NumPy's integers
    write_whole(path, lambda file: np.savez(file, about=np.asarray(header), **arrays))


def read_model(file: BinaryIO) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """`about` and the arrays that `write_model` wrote. Of any other content it raises an error of some kind."""
    arrays = _arrays(file)
    about = parse_json(str(arrays.pop("about")))
    if about["format"] != FORMAT or about["scale"] not in (1, 255):
        raise ValueError(f"format: received {about['format']!r:.40}, expected {FORMAT!r}")
    return about, arrays


def _arrays(file: BinaryIO) -> dict[str, np.ndarray]:
    """The arrays of an .npz. Raises ValueError if they unpack to more than the file, and what zipfile raises."""
    size = file.seek(0, os.SEEK_END)
    members = zipfile.ZipFile(file).infolist()
    stored = all(member.compress_type == zipfile.ZIP_STORED for member in members)
    if not stored or sum(member.file_size for member in members) > size:
        raise ValueError(f"it unpacks to more than its {size:,} bytes")
    file.seek(0)
    with np.load(file, allow_pickle=False) as arrays:
        return dict(arrays)


def check_state(arrays: dict[str, np.ndarray], config: RunConfig, image_shape: tuple[int, ...]) -> None:
    """Raise ValueError unless `arrays` are a whole state of `config`. Builds nothing larger than they are."""
    from dec_core.training import TrainingState

    described = architecture(config, image_shape)
    n_weights = described.n_parameters + config.n_clusters * described.latent_dim
    n_received = sum(array.size for name, array in arrays.items() if name.startswith("weight_"))
    if n_received != n_weights:
        raise ValueError(
            f"received {n_received:,} weights, expected {n_weights:,}; they belong to another architecture"
        )
    expected = {name: (a.dtype, a.shape) for name, a in TrainingState(config, image_shape).to_arrays().items()}
    expected["phase"] = arrays["phase"].dtype, ()
    if "delta_label" not in arrays:  # earlier versions did not keep it
        del expected["delta_label"]
    if arrays["phase"] in ("clustering", "finished"):
        labels, n = arrays["labels"], arrays["labels"].size
        if labels.dtype.kind != "i" or not np.isin(labels, range(config.n_clusters)).all():
            raise ValueError(f"labels: expected whole numbers below {config.n_clusters}")
        expected |= {"labels": (labels.dtype, (n,)), "z": (np.float32, (n, described.latent_dim))}
        has_p = arrays["n_updates"] > 0 or uses_mixture_target(config)  # a mixture's p is there before the first update
        expected |= {"p": (np.float32, (n, config.n_clusters))} if has_p else {}
    received = {name: (a.dtype, a.shape) for name, a in arrays.items() if not name.startswith("optimizer_")}
    for name in sorted(received | expected):
        if received.get(name) != expected.get(name):
            raise ValueError(f"{name}: received {received.get(name)}, expected {expected.get(name)}")
    if not all(np.isfinite(array).all() for array in arrays.values() if array.dtype.kind == "f"):
        raise ValueError("some of its numbers are infinite or not numbers")
