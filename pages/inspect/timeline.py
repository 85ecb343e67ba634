"""The moments of a run on a line, and above it what became of what is chosen."""

from __future__ import annotations

import numpy as np
import streamlit as st

from dec_core.analysis.inspection import cell_counts
from dec_core.analysis.verdict import thousands
from dec_core.reading.overview import Glance
from dec_core.reading.run import Run
from dec_core.reading.selection import Selection
from dec_core.reading.snapshot import Snapshot
from pages.inspect import view_components
from pages.inspect.view_state import ViewState, change_view
from pages.inspect.views import space_of
from pages.shared.matrix import as_list


def timeline(run: Run, now: Snapshot, view: ViewState, height: int, *, training: bool) -> None:
    """The moments on a line. Every view follows it in the browser; where it comes to rest is the moment looked at."""
    moments = [
        {"words": glance.caption, "counts": as_list(glance.counts), "class_of": as_list(glance.class_of)}
        for glance in run.overview.snapshots
    ]
    marks = [{"number": turn.number, "up": turn.change > 0, "words": turn.caption} for turn in run.overview.turns]
    values, summary = _trend(run, view)
    still = _of_earlier(run) if space_of(now, view) == "umap" else ""
    data = {
        "run": run.folder.id, "number": now.number, "following": view.moment is None, "training": training,
        "moments": moments, "marks": marks, "trend": values, "trend_words": summary, "still": still,
        "first_clustered": run.clustered[0] if run.clustered else -1, "name": "Timeline of the training",
    }  # fmt: skip

    def rested() -> None:
        number = int(st.session_state.timeline.moment)
        newest = number < 0 or (number == len(moments) - 1 and not training)
        change_view(moment=None if newest else number)

    view_components.timeline(data=data, key="timeline", height=height, on_moment_change=rested)


def _of_earlier(run: Run) -> str:
    """What an earlier snapshot does not show by UMAP."""
    if run.umaps is None:
        return "UMAP shows the latest snapshot; in PCA points move"
    n = len(run.umaps["samples"])
    return f"UMAP of earlier snapshots: {thousands(n)} of the {run.noun}s" if n < run.n else ""


def _trend(run: Run, view: ViewState) -> tuple[list[float | None], str]:
    """How many samples lay in the chosen cells of the matrix at each moment, or else ACC; and that in words."""
    cells = Selection(true=view.selection.true, cluster=view.selection.cluster, side=view.selection.side)
    if len(run.clustered) < 2 or (run.y is None and not cells.cluster):
        return [], ""
    if run.y is not None and not cells:
        values, unit = np.array([100 * glance.acc for glance in _clustered(run)]), " %"
        first, last = f"{values[0]:.1f}", f"{values[-1]:.1f}"
    else:
        values, unit = _in_cells(run, cells), ""
        first, last = thousands(int(values[0])), thousands(int(values[-1]))
    described = cells.in_words("digit" if run.noun == "digit" else "class") or "ACC"
    remaining = iter(values.tolist())
    by_moment = [next(remaining) if glance.clustered else None for glance in run.overview.snapshots]
    return by_moment, f"{described}: {first} → {last}{unit}"


def _clustered(run: Run) -> list[Glance]:
    return [glance for glance in run.overview.snapshots if glance.clustered]


def _in_cells(run: Run, cells: Selection) -> np.ndarray:
    """How many samples lay in these cells at each moment that has clusters, int, shape (n_moments,)."""
    columns, classes = np.array([cells.cluster in ("", name) for name in run.letters_in_order]), run.overview.classes
    if run.y is None:
        return np.array([glance.sizes for glance in _clustered(run)])[:, columns].sum(axis=1)
    rows = np.array([cells.true in ("", run.classes[value]) for value in classes])
    class_of = np.array([glance.class_of for glance in _clustered(run)])
    right = class_of[:, None, :] == classes[None, :, None]
    return cell_counts(np.array([glance.counts for glance in _clustered(run)]), right, rows, columns, cells.side)
