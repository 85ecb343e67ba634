"""The four boxes of a run as they were at an earlier step of its training."""

from __future__ import annotations

import json
from functools import lru_cache
from typing import Any

import numpy as np
import plotly.graph_objects as go

from dec_core.reading.live_umap import LiveUmap
from dec_core.reading.replay import Step, history_after, steps_of
from dec_core.reading.run import Run
from dec_core.reading.snapshot import Snapshot
from pages.shared.components import plot_data
from pages.shared.focus import reader
from pages.shared.opened import opened, snapshot
from pages.shared.views import TOP, Views

TO_COME = "Once the centers are initialized"
KEPT = 128  # frames, of all runs that are replayed together
KEPT_VIEWS = 16


class PastViews(Views):
    """The views of a run after so many of its records; all boxes are there from the first step on.

    Parameters
    ----------
    run : Run
    n_records : int
        As `dec_core.reading.replay.Step` counts them.
    """

    def __init__(self, run: Run, n_records: int):
        self.run_id, self.config = run.folder.id, run.config
        self.history = history_after(run.folder.records()[0], n_records)
        n = min(len(self.history.snapshots), len(run.snapshots))
        self.newest = snapshot(run, n - 1) if n else None
        self.clustered = self.newest is not None and self.newest.clustered
        self.umap, self.live = _umap_of(self.newest) if self.clustered else ("", None)

    @property
    def has_matrix(self) -> bool:
        """Before there are clusters, the matrix is empty, and says so."""
        return True

    def matrix(self) -> dict[str, str]:
        """As `Views.matrix`; before there are clusters an empty figure."""
        return super().matrix() if self.clustered else plot_data(_empty(), "Confusion matrix", f"{TO_COME}.")

    def mixed(self) -> dict[str, Any]:
        """As `Views.mixed`; before there are clusters nothing."""
        return super().mixed() if self.clustered else {"label": "", "href": "", "of": []}


def _umap_of(now: Snapshot) -> tuple[str, LiveUmap | None]:
    """The UMAP of a snapshot, as if it had been made while training; none where a worker has not made those of all."""
    run = now.run
    if run.umaps is None:
        return "", None
    n_view = len(run.view)
    samples = np.searchsorted(run.view, run.umaps["samples"])
    plane, labels = np.full((n_view, 2), np.nan, np.float32), np.zeros(n_view, int)
    plane[samples] = run.umaps["planes"][now.number]
    labels[samples] = now.labels[run.umaps["samples"]]
    return f"past {now.number}", LiveUmap(plane, labels, len(samples), now.iteration)


def _empty() -> str:
    figure = go.Figure(layout={"height": TOP, "margin": {"t": 0, "b": 0, "l": 0, "r": 0}})
    figure.update_layout(paper_bgcolor="rgba(0,0,0,0)", plot_bgcolor="rgba(0,0,0,0)")
    figure.update_xaxes(visible=False).update_yaxes(visible=False)
    text = f"{TO_COME}:<br>how many of each are<br>in each cluster"  # lines that fit a phone
    figure.add_annotation(text=text, showarrow=False, font_color="#888")
    return figure.to_json()


def steps(run_id: str) -> list[Step]:
    """The steps of a run that has ended. Raises ConfigError or DataError."""
    return list(_steps(run_id, reader(run_id).refresh().n_records))


@lru_cache(maxsize=32)
def _steps(run_id: str, _n_records: int) -> tuple[Step, ...]:
    return tuple(steps_of(opened(run_id).folder.records()[0]))


def views_after(run_id: str, n_records: int) -> PastViews:
    """The views of a run after so many records: once for all parts of a step. Raises ConfigError or DataError."""
    return _views(run_id, reader(run_id).refresh().n_records, n_records)


@lru_cache(maxsize=KEPT_VIEWS)
def _views(run_id: str, _stamp: int, n_records: int) -> PastViews:
    return PastViews(opened(run_id), n_records)


def frame_after(run_id: str, part: str, n_records: int) -> bytes:
    """A part of what a run showed then, made once for whoever replays it. Raises KeyError for another part."""
    return _frame(run_id, reader(run_id).refresh().n_records, part, n_records)


@lru_cache(maxsize=KEPT)
def _frame(run_id: str, _stamp: int, part: str, n_records: int) -> bytes:
    views = views_after(run_id, n_records)
    if part in ("matrix", "mixed") and not views.clustered:
        return json.dumps(getattr(views, part)()).encode()
    if part not in views.versions:
        raise KeyError(part)
    return views.frame(part)
