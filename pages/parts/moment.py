"""One moment of a run, ready to draw: a snapshot's arrays with the data they belong to.

Everything here is the same for all who watch, so it is made once and shared.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import streamlit as st

from dec_core.analysis.metrics import Confusion, classes_of_clusters, confusion
from dec_core.config import RunConfig
from dec_core.data import Dataset, load
from dec_core.figures.embedding import frame
from dec_core.runs.folder import RunFolder
from dec_core.runs.view import example_index, view_index
from pages.parts.components import sprite
from pages.parts.focus import RUNS


@dataclass(frozen=True)
class Moment:
    """Arrays of one snapshot: see `dec_core.runs.recorder`; `labels` and centers only while clustering."""

    run_id: str
    file: str
    plane: np.ndarray
    reconstructions: np.ndarray
    labels: np.ndarray | None
    decoded_centers: np.ndarray | None


@st.cache_resource(max_entries=8, show_spinner=False)
def dataset(name: str, n_samples: int | None, upright: bool) -> Dataset:
    """The images of a run, as it saw them."""
    return load(name, n_samples, upright=upright)


def dataset_of(config: RunConfig) -> Dataset:
    return dataset(config.dataset, config.n_samples, config.deskew)


@st.cache_resource(max_entries=64, show_spinner=False)
def moment(run_id: str, file: str) -> Moment | None:
    """The snapshot `file` of a run, or None if it cannot be read."""
    arrays = RunFolder(RUNS / run_id).load_arrays(file)
    if arrays is None:
        return None
    return Moment(
        run_id, file, arrays["plane"], arrays["reconstructions"], arrays.get("labels"), arrays.get("decoded_centers")
    )


@st.cache_resource(max_entries=64, show_spinner=False)
def confusion_at(run_id: str, file: str, _config: RunConfig) -> Confusion | None:
    """The confusion matrix of a snapshot, or None before clustering and where labels are not known."""
    y, shown = dataset_of(_config).y, moment(run_id, file)
    if y is None or shown is None or shown.labels is None:
        return None
    return confusion(y, shown.labels, _config.n_clusters)


def places(run_id: str, first_file: str, config: RunConfig) -> np.ndarray:
    """The place of each cluster in the order of names and colours, kept for the whole run.

    Clusters are ordered by the classes matched to them when they were born, so that colours of
    clusters and digits start out alike. Only names depend on it, nothing that is trained.
    """
    first = confusion_at(run_id, first_file, config)
    if first is None:
        return np.arange(config.n_clusters)
    order = np.empty(config.n_clusters, dtype=int)
    order[first.clusters] = np.arange(config.n_clusters)
    return order


@st.cache_resource(max_entries=128, show_spinner=False)
def embedding_frame(
    run_id: str, file: str, first_file: str | None, umap_file: str | None, colour_by: str, _config: RunConfig
) -> bytes:
    """The frame of the point view for a snapshot, by UMAP if a file of it is given, else by PCA."""
    shown, data = moment(run_id, file), dataset_of(_config)
    view = view_index(len(data.images))
    plane = shown.plane
    if umap_file:
        plane = RunFolder(RUNS / run_id).load_arrays(umap_file)["plane"]
    found = confusion_at(run_id, file, _config)
    labelled = shown.labels is not None and first_file is not None
    digits = None if data.y is None else data.y[view]
    return frame(
        plane,
        colour_by=colour_by,
        digits=digits,
        labels=shown.labels[view] if labelled else None,
        places=places(run_id, first_file, _config) if labelled else None,
        class_of=None if found is None else classes_of_clusters(found),
        run=run_id,
        space="umap" if umap_file else "pca",
        moment=f"{file}-{bool(umap_file)}",
        sprite=_sprite(data, view, _config),
        name="Embedding",
        alt=f"{len(view)} images as points, by {'UMAP' if umap_file else 'PCA'} of z, coloured by {colour_by}",
    )


def _sprite(data: Dataset, view: np.ndarray, config: RunConfig) -> dict[str, Any]:
    name = f"{data.name}-{len(data.images)}{'-upright' if config.deskew else ''}"
    return sprite(name, data.images[view])


def examples(config: RunConfig) -> tuple[np.ndarray, list[str]]:
    """The images shown beside their reconstructions, and their classes as captions."""
    data = dataset_of(config)
    index = example_index(data.y)
    return data.images[index], [] if data.y is None else [str(value) for value in data.y[index]]
