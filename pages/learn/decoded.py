"""What the decoders of some recorded runs draw at the end: their cluster centers, or digits that went in."""

from __future__ import annotations

from html import escape
from typing import Any

import numpy as np
import streamlit as st

from dec_core.data import load
from dec_core.lessons.pieces import Decoded
from dec_core.reading.snapshot import Snapshot
from dec_core.runs.marks import marks_of
from dec_core.runs.subset import example_index
from pages.learn.digits import image_of
from pages.learn.recordings import last_of

TITLES = {"centers": "decoded centers", "reconstructions": "reconstructions"}


def show(options: Decoded, _: Any) -> None:
    """Draw a row for each run, all in the order of the digits, and the digits themselves above reconstructions."""
    snapshots = [last_of(run) for run in options.runs]
    rows = [_row(f"{marks_of(now.run.folder).name}", *_images(now, options.what)) for now in snapshots]
    if options.what == "reconstructions":
        rows.insert(0, _row("What went in", *_originals(snapshots[0])))
    st.html(f'<div class="lesson-rows">{"".join(rows)}</div>')


def _images(now: Snapshot, what: str) -> tuple[np.ndarray, list[str]]:
    """Images in the order of their digits, with what each is."""
    if what == "reconstructions":
        return now.arrays["reconstructions"], [f"a {name}, drawn again" for name in now.run.classes]
    order = np.argsort(now.run.cluster_order)
    return now.arrays["decoded_centers"][order], [f"center of {now.name_of(int(cluster))}" for cluster in order]


def _originals(now: Snapshot) -> tuple[np.ndarray, list[str]]:
    run = now.run
    images = load(run.config.dataset, run.config.n_samples, upright=run.config.deskew).images
    return images[example_index(run.n, run.y)], [f"a {name}" for name in run.classes]


def _row(title: str, images: np.ndarray, names: list[str]) -> str:
    figures = "".join(image_of(image, name) for image, name in zip(images, names, strict=True))
    return f"<section><h4>{escape(title)}</h4><div>{figures}</div></section>"
