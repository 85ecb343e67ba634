"""One moment of a run, ready to draw: a snapshot's arrays with the data they belong to.

Everything here is the same for all who watch, so it is made once and shared.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import streamlit as st

from dec_core.analysis.metrics import cluster_sizes
from dec_core.analysis.verdict import thousands
from dec_core.config import BUNDLED, RunConfig
from dec_core.data import load_shown
from dec_core.data.deskew import deskew
from dec_core.figures.confusion import confusion_figure, sizes_figure
from dec_core.figures.curves import curves
from dec_core.figures.embedding import frame
from dec_core.figures.palette import colours
from dec_core.figures.references import start_name
from dec_core.methods import held_steps, loss_weight, weighed_loss
from dec_core.reading.live_umap import LiveUmap, live_umap
from dec_core.reading.snapshot import Snapshot
from dec_core.runs.folder import RunFolder
from dec_core.runs.history import History
from dec_core.runs.subset import example_index, view_index
from pages.shared.components import sprite
from pages.shared.opened import opened, snapshot
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
    spread : float
        Mean squared difference of the view's pixels, 0..1, from their mean image.
    """

    y: np.ndarray | None
    classes: tuple[str, ...]
    kind: str
    view: np.ndarray
    examples: np.ndarray
    captions: list[str]
    sprite: dict[str, Any]
    spread: float


def shown(config: RunConfig) -> Shown:
    """What is shown of the data of a run."""
    return _shown(config.dataset, config.n_samples, config.deskew)


@st.cache_resource(max_entries=32, show_spinner=False)
def _shown(name: str, n_samples: int | None, upright: bool) -> Shown:
    data = load_shown(name, n_samples, root=runs_root())
    view, index = view_index(len(data.images)), example_index(len(data.images), data.y)
    images = (deskew if upright else np.asarray)(data.images[np.concatenate([view, index])])
    sprites = sprite(f"{name}-{len(data.images)}{'-upright' if upright else ''}", images[: len(view)])
    captions = [] if data.y is None else [data.classes[value] for value in data.y[index]]
    kind = "digit" if name in BUNDLED else "class"
    spread = float(np.var(images[: len(view)] / np.float32(255), axis=0).mean())
    return Shown(data.y, data.classes, kind, view, images[len(view) :], captions, sprites, spread)


def newest(run_id: str) -> Snapshot | None:
    """The newest snapshot of a run that can be read; None without. Raises ConfigError or DataError."""
    run = opened(run_id)
    return snapshot(run, len(run.snapshots) - 1) if run.snapshots else None


def newest_clustered(run_id: str) -> Snapshot | None:
    """The newest that can be read and has clusters; None without. Raises as `newest`."""
    run = opened(run_id)
    number = run.newest_clustered()
    return None if number is None else snapshot(run, number)


@st.cache_resource(max_entries=64, show_spinner=False)
def confusion_json(version: str, number: int, height: int, _now: Snapshot) -> str:
    """The confusion matrix of a snapshot, drawn; where labels are known."""
    run = _now.run
    kind = "digit" if run.noun == "digit" else "class"
    tones = colours(run.colour_by_place)
    return confusion_figure(_now.confusion, run.cluster_order, run.classes, kind, height, tones).to_json()


@st.cache_resource(max_entries=64, show_spinner=False)
def sizes_json(version: str, number: int, height: int, _now: Snapshot) -> str:
    """The cluster sizes of a snapshot, drawn."""
    sizes = cluster_sizes(_now.labels, _now.run.config.n_clusters)
    return sizes_figure(sizes, _now.run.cluster_order, height, colours(_now.run.colour_by_place)).to_json()


@st.cache_resource(max_entries=64, show_spinner=False)
def curves_json(run_id: str, n_records: int, height: int, _history: History, _config: RunConfig) -> str:
    """The curves of a run as far as its first `n_records` records go, drawn."""
    weight, term = loss_weight(_config), weighed_loss(_config)
    return curves(_history, height, weight, held_steps(_config), start_name(_config), term).to_json()


@st.cache_resource(max_entries=128, show_spinner=False)
def embedding_frame(
    version: str, number: int, umap: str | int, colour_by: str, _now: Snapshot, _live: LiveUmap | None = None
) -> bytes:
    """The frame of the point view for a snapshot, by PCA; or by the UMAP that a file, or a frame while training, holds.

    `umap` is that file, or the frame's stamp; "" for neither.
    """
    run, data = _now.run, shown(_now.run.config)
    plane, labels, when = _now.arrays["plane"], _now.labels[data.view] if _now.clustered else None, _when(_now)
    arrays = run.folder.load_arrays(umap) if umap and not _live else None
    if arrays:
        plane = arrays["plane"]
    elif _live:
        plane, labels, when = _live.plane, _live.labels, f"step {thousands(_live.iteration)}"
    space = "UMAP" if arrays or _live else "PCA"
    n_shown = _live.n if _live else len(data.view)
    part = thousands(n_shown) if n_shown == run.n else f"{thousands(n_shown)} of {thousands(run.n)}"
    later = "" if _now.clustered else "; UMAP once clusters form"
    return frame(
        plane,
        colour_by=colour_by,
        digits=None if data.y is None else data.y[data.view],
        names=data.classes,
        labels=labels,
        cluster_order=run.cluster_order if _now.clustered else None,
        tones=colours(run.colour_by_place),
        class_of=_now.class_of if _now.clustered else None,
        run=run.folder.id,
        space=space,
        moment=f"{_now.file} {space} {when}",
        sprite=data.sprite,
        kind=data.kind,
        name="Embedding",
        note=f"newest UMAP: {when}, of {part} images" if _live else f"{space} of {part} images, {when}{later}",
        alt=f"{part} images as points, by {space} of z at {when}, colored by {colour_by}.",
    )


def _when(now: Snapshot) -> str:
    return f"step {thousands(now.iteration)}" if now.clustered else f"epoch {now.epoch}"


def live_frame(run: RunFolder, stamp: int, n_view: int) -> LiveUmap | None:
    """The UMAP of a run that trains, as `live_umap_stamp` names it; None without."""
    return _live_frame(run.id, stamp, n_view, run) if stamp else None


@st.cache_resource(max_entries=16, show_spinner=False)
def _live_frame(run_id: str, stamp: int, n_view: int, _run: RunFolder) -> LiveUmap | None:
    return live_umap(_run, n_view)
