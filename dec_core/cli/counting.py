"""The number of groups among the images of a config, for every command that takes `n_clusters=auto`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from dec_core.config import RunConfig

if TYPE_CHECKING:
    from dec_core.analysis.how_many import HowMany
    from dec_core.data import Dataset


def counted(config: RunConfig, root: Path) -> tuple[HowMany, Dataset]:
    """What there is among the images that training would see, and these; `root` is the folder of runs.

    Raises ValueError.
    """
    import dec_core.silent_tensorflow  # noqa: F401  UMAP imports TensorFlow, too
    from dec_core.analysis.how_many import how_many
    from dec_core.data import load

    dataset = load(config.dataset, config.n_samples, upright=config.deskew, root=root)
    return how_many(dataset.x, dataset.images.shape[1:], config.random_state), dataset


def with_counted_clusters(config: RunConfig, root: Path) -> RunConfig:
    """The config with the number of clusters that was found, which is said on stderr. Raises ValueError."""
    found, _ = counted(config, root)
    n_clusters = found.at_least_two()
    print(
        f"n_clusters: {n_clusters}, found among {found.n_seen} images (score {found.best.score:.2f})", file=sys.stderr
    )
    return config.changed(n_clusters=n_clusters)
