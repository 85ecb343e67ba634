"""A run as a notebook that makes it again, cell by cell, by the library alone.

    text = notebook(summary("runs/20261125-120000-ab12"))

nbformat 4.5 is a small format of plain dicts, so it is written as such. The config stands in a cell as the call of
`RunConfig.make` that makes it; `dec_core.reading.config_in` reads it from there.
"""

from __future__ import annotations

import json
from typing import Any

from dec_core import __version__
from dec_core.config import GROUPS, OWN_DATA, RunConfig
from dec_core.data.formats import FORMAT_NAMES
from dec_core.fields import fields
from dec_core.figures.markdown import escape
from dec_core.figures.shown import duration_shown, heading, score_shown
from dec_core.methods import METHODS

NAMES = {"acc": "ACC", "nmi": "NMI", "ari": "ARI", "silhouette": "silhouette", "confidence": "confidence"}
MOST = 1000  # letters of a sentence

IMPORTS = """
%matplotlib inline
%env TF_CPP_MIN_LOG_LEVEL=3
import matplotlib.pyplot as plt
import numpy as np

from dec_core import RunConfig
from dec_core.analysis.metrics import confusion, score
from dec_core.analysis.projection import pca_plane
from dec_core.data import load
from dec_core.figures.heatmap import heatmap
from dec_core.figures.palette import TEN
from dec_core.training import TrainingState, train
from dec_core.training.events import CentersInitialized, ClusterProgress, Finished, PretrainProgress, TargetUpdated
"""

LOAD_BUNDLED = """
dataset = load(config.dataset, config.n_samples, upright=config.deskew)
dataset.images.shape, "without labels" if dataset.y is None else "with labels, to score with"
"""

LOAD_OWN = """
from pathlib import Path

from dec_core.data import own
from dec_core.data.readers import read

FILE = "images.zip"  # put your file beside this notebook, and write its name here
name = own.keep(read(Path(FILE)).dataset, Path("runs"))
if name != config.dataset:
    print(f"These are not the run's images ({config.dataset}), so its labels will differ.")
config = config.changed(dataset=name)
dataset = load(config.dataset, config.n_samples, upright=config.deskew, root=Path("runs"))
dataset.images.shape, "without labels" if dataset.y is None else "with labels, to score with"
"""

TRAINING = """
state = TrainingState(config, dataset.images.shape[1:])
losses, divergences, changes = [], {}, {}
for event in train(state, dataset.x):
    match event:
        case PretrainProgress(epoch_ended=True):
            losses.append(event.loss)
            print(f"epoch {event.epoch} of {event.n_epochs}: error {event.loss:.4f}", end="\\r")
        case CentersInitialized():
            print("\\nthe centers are initialized")
        case ClusterProgress():
            divergences[event.iteration] = event.loss
        case TargetUpdated():
            changes[event.iteration] = event.delta_label
            print(f"step {event.iteration} of {event.max_iterations}: {event.delta_label:.2%} changed", end="\\r")
        case Finished():
            print(f"\\nended after {event.n_iterations} steps: {event.reason}")
labels = state.labels
"""

CURVES = """
figure, (left, middle, right) = plt.subplots(1, 3, figsize=(12, 3), layout="constrained")
left.plot(range(1, len(losses) + 1), losses, color=TEN[0])
left.set(title="Reconstruction error", xlabel="epoch", ylim=0)
middle.plot(divergences.keys(), divergences.values(), color=TEN[6])
middle.set(title="{loss}", xlabel="gradient steps", ylim=0)
right.plot(changes.keys(), [100 * share for share in changes.values()], ".-", color=TEN[4])
right.set(title="Images that changed cluster, %", xlabel="gradient steps", ylim=0);
"""

SCORES = """
reached = {reached}  # by the run
if dataset.y is not None:
    scores = score(dataset.y, labels, config.n_clusters)
    for name, before in reached.items():
        now = getattr(scores, name)
        print(f"{{name.upper():4}} now {{now:.4f}}, the run {{before:.4f}}, difference {{now - before:+.4f}}")
"""

SCORES_WITHOUT_LABELS = """
from dec_core.analysis.label_free import confidence, silhouette

reached = {reached}  # by the run
now = {{"silhouette": silhouette(state.z, labels), "confidence": confidence(state.q())}}
for name, before in reached.items():
    print(f"{{name:10}} now {{now[name]:.4f}}, the run {{before:.4f}}, difference {{now[name] - before:+.4f}}")
"""

SIZES = """
print("the clusters now:", sorted(np.bincount(labels, minlength=config.n_clusters).tolist()))
print("those of the run:", {sizes})
"""

CONFUSION = """
heatmap(confusion(dataset.y, labels, config.n_clusters), names=dataset.classes)
"""

EMBEDDING = """
shown = np.random.default_rng(0).permutation(len(labels))[:10_000]
plane = pca_plane(state.z[shown])
figure, axes = plt.subplots(figsize=(6, 5), layout="constrained")
axes.scatter(*plane.T, s=3, c=np.array(TEN)[labels[shown] % len(TEN)])
for cluster in np.unique(labels[shown]):
    x, y = np.median(plane[labels[shown] == cluster], axis=0)
    axes.text(x, y, cluster, weight="bold", ha="center", va="center")
axes.set(title="z in its first two principal components", xticks=[], yticks=[]);
"""

CENTERS = """
centers = np.clip(state.decode(state.cluster_centers), 0, 1).reshape(-1, *dataset.images.shape[1:])
figure, axes = plt.subplots(1, len(centers), figsize=(len(centers), 1.4), layout="constrained", squeeze=False)
for cluster, place in enumerate(axes[0]):
    place.imshow(centers[cluster], cmap="gray")
    place.set(title=cluster, xticks=[], yticks=[])
"""


def notebook(run: Any) -> str:
    """The notebook of a run, as the text of its file.

    Parameters
    ----------
    run : dec_core.reading.summary.RunSummary, or anything with its attributes
        However far it has come: the notebook makes all of it.
    """
    cells = [_markdown("title", _title(run)), _code("imports", IMPORTS)]
    cells += [_markdown("about-config", _about_config(run)), _code("config", config_source(run.config))]
    cells += _data(run) + _trained(run) + _results(run)
    for cell in cells:
        cell["source"] = cell["source"].strip("\n").splitlines(keepends=True)
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    metadata = {"kernelspec": kernel, "language_info": {"name": "python"}}
    written = {"cells": cells, "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}
    return json.dumps(written, indent=1, ensure_ascii=False) + "\n"


def config_source(config: RunConfig) -> str:
    """Python that makes a config: all fields that differ from the defaults, group by group."""
    differing = {n: field for n, field in fields().items() if getattr(config, n) != field["default"]}
    lines = ["config = RunConfig.make("]
    for group in GROUPS:
        inside = [name for name, field in differing.items() if field["group"] == group]
        lines += [f"    # {group.lower()}"] if inside else []
        lines += [f"    {name}={getattr(config, name)!r}," for name in inside]
    return "\n".join([*lines, ")"])


def _title(run: Any) -> str:
    quoted = "\n".join(f"> {escape(sentence, MOST)}  " for sentence in run.sentences)
    return f"""
# {escape(heading(run))}

This notebook makes a run of deep embedded clustering again, from top to bottom, with the library `dec_core`
{__version__}. It needs no app: run `pip install .` in the project's repository first. What the run had found
({escape(run.created or run.id)}, after {duration_shown(run.seconds)} of training):

{quoted}
"""


def _about_config(run: Any) -> str:
    nearest = f"This is the preset `{run.preset}`."
    if run.changed:
        nearest = f"The nearest preset is `{run.preset}`; fields that differ: `{'`, `'.join(run.changed)}`."
    return f"""
## What is going to be trained

A config says everything about a run; what is not named here has its default. {nearest} App and command line read this
cell, too: `python -m dec_core train --config` and the name of this notebook.
"""


def _data(run: Any) -> list[dict[str, Any]]:
    own_data = run.config.dataset.startswith(OWN_DATA)
    about = "The images come with the package. Labels are used for scoring only; training never sees them."
    if run.config.dataset == "mnist-unbalanced":
        about = f"{about} They did decide which digits of MNIST are in this data set: all 9s, a tenth of the 0s."
    if own_data:
        about = (
            "The run was trained on your own images, which are not in this notebook: a file or folder of one of "
            f"the formats {FORMAT_NAMES}. Labels, if there are any, are used for scoring only."
        )
    return [_markdown("about-data", f"## Images\n\n{about}"), _code("data", LOAD_OWN if own_data else LOAD_BUNDLED)]


def _trained(run: Any) -> list[dict[str, Any]]:
    about = "`train` is a generator: it yields an event for each thing that happens. Leaving the loop stops training."
    cells = [_markdown("about-training", f"## Training, as it happens\n\n{about}"), _code("training", TRAINING)]
    method = METHODS[run.config.method]
    loss = method.loss.name if method.loss else "Clustering loss"
    return [*cells, _code("curves", CURVES.replace("{loss}", loss))] if method.has_network else cells


def _results(run: Any) -> list[dict[str, Any]]:
    cells = [_markdown("about-scores", f"## Results\n\n{_reached(run)}")]
    if run.scores:
        source = SCORES if "acc" in run.scores else SCORES_WITHOUT_LABELS
        cells.append(_code("scores", source.format(reached=run.scores)))
    if run.sizes is not None:
        cells.append(_code("sizes", SIZES.replace("{sizes}", str(sorted(run.sizes.tolist())))))
    if run.classes:
        cells.append(_code("confusion", CONFUSION))
    if METHODS[run.config.method].z != "pixels":
        cells.append(_code("embedding", EMBEDDING))
    if METHODS[run.config.method].has_network:
        cells.append(_code("centers", CENTERS))
    return cells


def _reached(run: Any) -> str:
    if not run.scores:
        return "The run had no clusters yet, so there is nothing to compare."
    scores = ", ".join(f"{NAMES[name]} {score_shown(name, value)}" for name, value in run.scores.items())
    unfinished = "" if run.state == "finished" else ", when this notebook was made and it had not ended,"
    return (
        f"The run{unfinished} had reached {scores}. The same seed on the same machine, with the same versions, gives "
        "the same labels; elsewhere, sums are rounded in another order, and some images end up in other clusters."
    )


def _markdown(name: str, source: str) -> dict[str, Any]:
    return {"cell_type": "markdown", "id": name, "metadata": {}, "source": source}


def _code(name: str, source: str) -> dict[str, Any]:
    return {"cell_type": "code", "execution_count": None, "id": name, "metadata": {}, "outputs": [], "source": source}
