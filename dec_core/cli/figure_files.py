"""The figures that the command `figures` writes."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from matplotlib.figure import Figure

from dec_core.analysis.metrics import confusion
from dec_core.config import RunConfig
from dec_core.data import Dataset, load
from dec_core.figures.model import model_figure
from dec_core.figures.paper import curves_figure
from dec_core.figures.reconstructions import reconstruction_figure
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
    """The newest snapshot that has clusters."""
    files = [record["file"] for record in history.snapshots if record["clustered"]]
    snapshot = folder.load_arrays(files[-1]) if files else None
    if snapshot is None:
        raise ValueError(f"run_dir: {folder.path} has no clusters yet; resume it until clustering has begun")
    return snapshot


def _heatmap(config: RunConfig, dataset: Dataset, labels: np.ndarray) -> Figure:
    from dec_core.figures.heatmap import heatmap  # seaborn takes seconds to import

    return heatmap(confusion(dataset.y, labels, config.n_clusters), names=dataset.classes)


def _reconstructions(dataset: Dataset, reconstructions: np.ndarray) -> Figure:
    examples = example_index(len(dataset.images), dataset.y)
    captions = [str(i) if dataset.y is None else dataset.classes[dataset.y[i]] for i in examples.tolist()]
    return reconstruction_figure(dataset.images[examples], reconstructions, captions)
