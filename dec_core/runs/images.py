"""The images of a data set as a memory map: any of them at hand, none of them in memory."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np

from dec_core.config import RunConfig
from dec_core.data import load_shown
from dec_core.runs.folder import RunFolder

FOLDER = ".images"  # below the folder of runs


def name_of_images(config: RunConfig) -> str:
    """What the images of a run are called: runs of the same name have the same."""
    whole = "all" if config.n_samples is None else str(config.n_samples)
    return re.sub(r"[^a-z0-9-]", "", f"{config.dataset}-{whole}{'-upright' if config.deskew else ''}")


def mapped_images(config: RunConfig, root: Path) -> np.ndarray:
    """The images as the network of a run saw them: uint8, shape (n, height, width[, 3]), read only.

    They are written once below `root`, the folder of runs; deskewing 70 000 digits takes some seconds. Where nothing
    can be written there, they are in memory.
    """
    path = Path(root) / FOLDER / f"{name_of_images(config)}.npy"
    if not path.is_file():
        data = load_shown(config.dataset, config.n_samples, upright=config.deskew, root=root)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            RunFolder.write(path, lambda file: np.save(file, data.images))
        except OSError:  # a full disk, or one that is read-only: what is there can be looked at
            return data.images
    return np.load(path, mmap_mode="r")
