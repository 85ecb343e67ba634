"""Figures to files: the diagram of a system, and what a run has found, for reports and slides."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from dec_core.analysis.metrics import confusion
from dec_core.analysis.verdict import thousands
from dec_core.config import BUNDLED, RunConfig
from dec_core.data import Dataset, load
from dec_core.figures.curves import SCORES
from dec_core.figures.model import layer_table, model_figure, n_parameters
from dec_core.figures.palette import GREY, TEN
from dec_core.runs.folder import RunFolder
from dec_core.runs.history import History, RunReader
from dec_core.runs.view import example_index

SUFFIXES = (".svg", ".png", ".pdf")
COLUMNS = "{part:12} {layer:16} {kind:16} {output shape:>12} {parameters:>14}"


# -- the diagram


def draw_model(config: RunConfig, out: Path, root: Path) -> int:
    """Write the diagram of `config` to `out` and print its layers. Data of one's own are kept below `root`.

    Raises ValueError for a file that is not .svg, .png or .pdf, or that cannot be written.
    """
    if out.suffix.lower() not in SUFFIXES:
        raise ValueError(f"--out: received {out}, expected a name that ends in {', '.join(SUFFIXES)}")
    known = config.dataset in BUNDLED
    shape = BUNDLED[config.dataset][1] if known else load(config.dataset, root=root).images.shape[1:]
    save(model_figure(config, shape), out)
    print(table_text(layer_table(config, shape)))
    print(out)
    return 0


def table_text(table: list[dict[str, Any]]) -> str:
    """A `layer_table` as lines: every layer, then the sums."""
    head = COLUMNS.format(**{name: name for name in table[0]})
    rows = [COLUMNS.format(**{**row, "parameters": thousands(row["parameters"])}) for row in table]
    sums = {"autoencoder": ("encoder", "decoder"), "in all": ()}
    lines = [f"{name:58} {thousands(n_parameters(table, *parts)):>15}" for name, parts in sums.items()]
    return "\n".join([head, *rows, *lines]).replace("\u2009", " ")  # not every terminal has thin spaces


def save(figure: Figure, path: Path) -> None:
    """Write a figure on white paper, in the format of the suffix. Raises ValueError where that is not possible."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        figure.savefig(path, dpi=200, facecolor="white")
    except OSError as error:
        raise ValueError(f"--out: {path} cannot be written: {error.strerror}") from None


# -- a run


def draw_run(path: Path, out: Path | None) -> int:
    """Write the figures of the run in `path` to `out`, or to `figures` in the run's folder, and print their paths.

    Raises ValueError if it is no run, or its clusters have not been recorded yet.
    """
    if not (path / "config.json").is_file():
        raise ValueError(f"run_dir: received {path}, expected the folder of a run, with a config.json in it")
    folder = RunFolder(path.resolve())  # its parent must be known, even of "."
    history = RunReader(folder).refresh()
    snapshot = _clustered(folder, history)
    config = folder.config
    dataset = load(config.dataset, config.n_samples, upright=config.deskew, root=folder.path.parent)
    out = path / "figures" if out is None else out
    for name, figure in _figures(config, history, dataset, snapshot):
        save(figure, out / name)
        print(out / name)
    return 0


def _clustered(folder: RunFolder, history: History) -> dict[str, np.ndarray]:
    """The newest snapshot that has clusters."""
    files = [record["file"] for record in history.snapshots if record["clustered"]]
    snapshot = folder.load_arrays(files[-1]) if files else None
    if snapshot is None:
        raise ValueError(f"run_dir: {folder.path} has no clusters yet; go on with it until clustering has begun")
    return snapshot


def _figures(
    config: RunConfig, history: History, dataset: Dataset, snapshot: dict[str, np.ndarray]
) -> Iterator[tuple[str, Figure]]:
    """Name of the file and figure, one by one."""
    if dataset.y is None:
        print("No labels, so no confusion heatmap.")
    else:
        figure = _heatmap(config, dataset, snapshot["labels"])
        yield from (("confusion.png", figure), ("confusion.svg", figure))
    yield "reconstructions.png", _reconstructions(dataset, snapshot["reconstructions"])
    yield "model.svg", model_figure(config, dataset.images.shape[1:])
    if history.pretrain:
        yield "curves.png", curves_figure(history)


def _heatmap(config: RunConfig, dataset: Dataset, labels: np.ndarray) -> Figure:
    from dec_core.figures.heatmap import heatmap  # seaborn takes seconds to import

    return heatmap(confusion(dataset.y, labels, config.n_clusters), names=dataset.classes)


def _reconstructions(dataset: Dataset, reconstructions: np.ndarray) -> Figure:
    from dec_core.figures.reconstructions import reconstruction_figure

    examples = example_index(len(dataset.images), dataset.y)
    captions = [str(i) if dataset.y is None else dataset.classes[dataset.y[i]] for i in examples.tolist()]
    return reconstruction_figure(dataset.images[examples], reconstructions, captions)


def curves_figure(history: History) -> Figure:
    """The app's curves on paper: error by epoch and, where clusters moved, scores and changes by gradient step."""
    n_panels = 2 if history.updates else 1
    figure = Figure(figsize=(4 + 5 * (n_panels - 1), 3.2), layout="constrained", facecolor="white")
    panels = figure.subplots(1, n_panels, squeeze=False, width_ratios=[1, 2][:n_panels])[0]
    epochs = [record["epoch"] - 1 + record["batch"] / record["n_batches"] for record in history.pretrain]
    panels[0].plot(epochs, [record["loss"] for record in history.pretrain], color=TEN[0])
    panels[0].set(title="Reconstruction error", xlabel="epoch", xlim=(0, None), ylim=(0, None))
    if history.updates:
        _draw_scores(panels[1], history.updates)
    return figure


def _draw_scores(axes: Axes, updates: list[dict[str, Any]]) -> None:
    scores = {key: [record for record in updates if key in record] for key in SCORES}
    for key, records in scores.items():
        if records:
            name, colour, _ = SCORES[key]
            _draw(axes, records, key, color=colour, marker=".", label=name)
    changed = [record for record in updates if record["iteration"] > 0 and "delta_label" in record]
    _draw(axes, changed, "delta_label", color=GREY, linestyle="dotted", label="changed")
    axes.set(title="Clusters, %", xlabel="gradient steps", ylim=(min(0, axes.get_ylim()[0]), 101))
    axes.legend(frameon=False)


def _draw(axes: Axes, records: list[dict[str, Any]], key: str, **look: Any) -> None:
    axes.plot([record["iteration"] for record in records], [100 * record[key] for record in records], **look)
