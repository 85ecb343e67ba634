"""A matrix of counts whose cells, rows and columns can be clicked."""

from __future__ import annotations

from base64 import b64encode
from pathlib import Path
from typing import Any

import numpy as np
import streamlit as st

from dec_core.analysis.in_words import matrix_in_words
from dec_core.figures.palette import colours
from dec_core.reading.snapshot import Snapshot

HERE = Path(__file__).parent
BASE_CSS = (HERE / "figures.css").read_text(encoding="utf-8")

matrix = st.components.v2.component(
    "matrix",
    html='<div class="matrix"></div>',
    css=BASE_CSS + (HERE / "matrix.css").read_text(encoding="utf-8"),
    js=(HERE / "matrix.js").read_text(encoding="utf-8"),
)


def base64_of(array: np.ndarray) -> str:
    """Bytes of an array as a component takes them."""
    return b64encode(np.ascontiguousarray(array).tobytes()).decode()


def as_list(array: np.ndarray | None) -> list | None:
    """For the browser."""
    return None if array is None else array.tolist()


def matrix_data(now: Snapshot, picked: dict[str, int], share: str) -> dict[str, Any]:
    """What the matrix component draws of a snapshot."""
    run = now.run
    tones = colours(run.colour_by_place)
    names = [{"name": name, "colour": tone} for name, tone in zip(run.letters_in_order, tones, strict=True)]
    shown = _second_nearest(now) if run.y is None else _classes_by_clusters(now)
    return shown | {"run": run.folder.id, "columns": names, "chosen": picked, "show": share, "noun": run.noun}


def _classes_by_clusters(now: Snapshot) -> dict[str, Any]:
    run, over, glance = now.run, now.run.overview, now.run.overview.snapshots[now.number]
    counts = np.zeros((len(over.classes), len(over.order)), int) if glance.counts is None else glance.counts
    alt = matrix_in_words(now.confusion, run.classes, run.noun) if now.confusion else ""
    return {
        "rows": [run.classes[value] for value in over.classes], "classes": over.classes.tolist(),
        "counts": counts.tolist(), "class_of": as_list(glance.class_of) or [], "matched": True, "follows": True,
        "titles": {"rows": "true digit" if run.noun == "digit" else "class", "columns": "cluster"}, "alt": alt,
        "name": "Confusion matrix",
    }  # fmt: skip


def _second_nearest(now: Snapshot) -> dict[str, Any]:
    letters, order = now.run.letters_in_order, now.run.overview.order
    numbers = list(range(len(letters)))
    return {
        "rows": letters, "classes": numbers, "counts": now.second_nearest[np.ix_(order, order)].tolist(),
        "class_of": numbers, "matched": False, "follows": False,
        "titles": {"rows": "cluster", "columns": "second nearest"},
        "alt": "For each cluster, the second-nearest clusters of its samples.",
        "name": "Clusters and their second-nearest clusters",
    }  # fmt: skip
