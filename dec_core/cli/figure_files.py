"""The figures that the command `figures` writes."""

from __future__ import annotations

import sys
from collections.abc import Iterator

import numpy as np
from matplotlib.figure import Figure

from dec_core.analysis.metrics import confusion
from dec_core.config import RunConfig
from dec_core.data import Dataset, load
from dec_core.figures.model import model_figure
from dec_core.figures.paper import curves_figure
from dec_core.figures.reconstructions import reconstruction_figure
from dec_core.reading.run import Run
from dec_core.runs.folder import RunFolder
from dec_core.runs.history import History, RunReader
from dec_core.runs.subset import example_index


def figures_of(folder: RunFolder) -> Iterator[tuple[str, Figure]]:
    """Name of the file and figure, one by one. Raises ValueError if clusters have not been recorded yet."""
    history = RunReader(folder).refresh()
    snapshot = _clustered(folder, history)
    config = folder.config
    dataset = load(config.dataset, config.n_samples, upright=config.deskew, root=folder.path.parent)
    if dataset.y is None:
        print("No labels, so no confusion heatmap.")
    else:
        figure = _heatmap(config, dataset, snapshot["labels"])
        yield from (("confusion.png", figure), ("confusion.svg", figure))
    yield "reconstructions.png", _reconstructions(dataset, snapshot["reconstructions"])
    yield "model.svg", model_figure(config, dataset.images.shape[1:])
    if history.pretrain:
        yield "curves.png", curves_figure(history.pretrain, history.updates)


def _clustered(folder: RunFolder, history: History) -> dict[str, np.ndarray]:
    """The newest snapshot that has clusters and can be read."""
    run = Run.open(folder, history)
    number = run.newest_clustered()
    if number is None and any(record["clustered"] for record in history.snapshots):
        raise ValueError(f"run_dir: {folder.path} shows no clusters, for its snapshots are damaged; train it again")
    if number is None:
        raise ValueError(f"run_dir: {folder.path} has no clusters yet; resume it until clustering has begun")
    if run.n_unreadable:
        print(f"{run.n_unreadable} newer snapshot{'s'[: run.n_unreadable > 1]} cannot be read.", file=sys.stderr)
    return folder.load_arrays(run.snapshots[number]["file"])


def _heatmap(config: RunConfig, dataset: Dataset, labels: np.ndarray) -> Figure:
    from dec_core.figures.heatmap import heatmap  # seaborn takes seconds to import

    return heatmap(confusion(dataset.y, labels, config.n_clusters), names=dataset.classes)


def _reconstructions(dataset: Dataset, reconstructions: np.ndarray) -> Figure:
    examples = example_index(len(dataset.images), dataset.y)
    captions = [str(i) if dataset.y is None else dataset.classes[dataset.y[i]] for i in examples.tolist()]
    return reconstruction_figure(dataset.images[examples], reconstructions, captions)
