"""One moment of a run, ready to draw: a snapshot's arrays with the data they belong to.

Everything here is the same for all who watch, so it is made once and shared.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import streamlit as st

from dec_core.analysis import naming
from dec_core.analysis.metrics import Confusion, confusion
from dec_core.config import BUNDLED, RunConfig
from dec_core.data import load
from dec_core.data.deskew import deskew
from dec_core.figures.confusion import confusion_figure, sizes_figure
from dec_core.figures.curves import curves
from dec_core.figures.embedding import frame
from dec_core.methods import METHODS, held_steps
from dec_core.runs.folder import RunFolder
from dec_core.runs.history import History
from dec_core.runs.view import example_index, view_index
from pages.shared.components import sprite
from pages.shared.places import runs_root


@dataclass(frozen=True)
class Shown:
    """What the views show of a run's data: all labels, and the images of the view, as the network saw them.

    Attributes
    ----------
    y : ndarray of int, shape (n,), or None
    classes : tuple of str
        Names of the classes; empty where they are not known.
    kind : str
        What a class is, in a word: "digit" for the data sets that come along.
    view : ndarray of int, shape (n_view,)
        Indices of the images that are points.
    examples : ndarray of uint8, shape (10, height, width[, 3])
    captions : list of str
        Classes of the examples, or nothing where they are not known.
    sprite : dict
        Where the browser finds the images of the view.
    """

    y: np.ndarray | None
    classes: tuple[str, ...]
    kind: str
    view: np.ndarray
    examples: np.ndarray
    captions: list[str]
    sprite: dict[str, Any]


@dataclass(frozen=True)
class Moment:
    """Arrays of one snapshot: see `dec_core.work.recorder`; `labels` and centers only while clustering."""

    file: str
    plane: np.ndarray
    reconstructions: np.ndarray
    labels: np.ndarray | None
    decoded_centers: np.ndarray | None


def shown(config: RunConfig) -> Shown:
    """What is shown of the data of a run."""
    return _shown(config.dataset, config.n_samples, config.deskew)


@st.cache_resource(max_entries=32, show_spinner=False)
def _shown(name: str, n_samples: int | None, upright: bool) -> Shown:
    data = load(name, n_samples, root=runs_root())
    view, index = view_index(len(data.images)), example_index(len(data.images), data.y)
    images = (deskew if upright else np.asarray)(data.images[np.concatenate([view, index])])
    sprites = sprite(f"{name}-{len(data.images)}{'-upright' if upright else ''}", images[: len(view)])
    captions = [] if data.y is None else [data.classes[value] for value in data.y[index]]
    kind = "digit" if name in BUNDLED else "class"
    return Shown(data.y, data.classes, kind, view, images[len(view) :], captions, sprites)


@st.cache_resource(max_entries=64, show_spinner=False)
def moment(run_id: str, file: str) -> Moment | None:
    """The snapshot `file` of a run, or None if it cannot be read."""
    arrays = RunFolder(runs_root() / run_id).load_arrays(file)
    if arrays is None:
        return None
    labels, decoded = arrays.get("labels"), arrays.get("decoded_centers")
    return Moment(file, arrays["plane"], arrays["reconstructions"], labels, decoded)


@st.cache_resource(max_entries=64, show_spinner=False)
def confusion_at(run_id: str, file: str, _config: RunConfig) -> Confusion | None:
    """The confusion matrix of a snapshot, or None before clustering and where labels are not known."""
    y, now = shown(_config).y, moment(run_id, file)
    if y is None or now is None or now.labels is None:
        return None
    return confusion(y, now.labels, _config.n_clusters)


def places(run_id: str, first_file: str, config: RunConfig) -> np.ndarray:
    """The place of each cluster in the order of names and colours, kept for the whole run."""
    return naming.cluster_order(confusion_at(run_id, first_file, config), config.n_clusters)


@st.cache_resource(max_entries=64, show_spinner=False)
def confusion_json(run_id: str, file: str, first_file: str, height: int, _config: RunConfig) -> str:
    """The confusion matrix of a snapshot, drawn; where labels are known."""
    data, found = shown(_config), confusion_at(run_id, file, _config)
    order = places(run_id, first_file, _config)
    return confusion_figure(found, order, data.classes, data.kind, height).to_json()


@st.cache_resource(max_entries=64, show_spinner=False)
def sizes_json(run_id: str, file: str, first_file: str, height: int, _config: RunConfig) -> str:
    """The cluster sizes of a snapshot, drawn."""
    sizes = np.bincount(moment(run_id, file).labels, minlength=_config.n_clusters)
    return sizes_figure(sizes, places(run_id, first_file, _config), height).to_json()


@st.cache_resource(max_entries=64, show_spinner=False)
def curves_json(run_id: str, n_records: int, height: int, _history: History, _config: RunConfig) -> str:
    """The curves of a run as far as its first `n_records` records go, drawn."""
    gamma = _config.gamma if METHODS[_config.method].trains_decoder else None
    return curves(_history, height, gamma, held_steps(_config)).to_json()


@st.cache_resource(max_entries=128, show_spinner=False)
def embedding_frame(
    run_id: str, file: str, first_file: str | None, umap_file: str | None, colour_by: str, _config: RunConfig
) -> bytes:
    """The frame of the point view for a snapshot, by UMAP if a file of it is given, else by PCA."""
    now, data = moment(run_id, file), shown(_config)
    umap = RunFolder(runs_root() / run_id).load_arrays(umap_file) if umap_file else None
    plane = umap["plane"] if umap else now.plane
    found = confusion_at(run_id, file, _config)
    clustered = now.labels is not None and first_file is not None
    space = "UMAP" if umap_file else "PCA"
    return frame(
        plane,
        colour_by=colour_by,
        digits=None if data.y is None else data.y[data.view],
        names=data.classes,
        labels=now.labels[data.view] if clustered else None,
        cluster_order=places(run_id, first_file, _config) if clustered else None,
        class_of=None if found is None else found.class_of,
        run=run_id,
        space=space,
        moment=f"{file} {space}",
        sprite=data.sprite,
        kind=data.kind,
        name="Embedding",
        alt=f"{len(data.view)} images as points, by {space} of z, coloured by {colour_by}",
    )
