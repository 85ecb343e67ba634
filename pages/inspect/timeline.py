"""The moments of a run on a line, and above it what became of what is chosen."""

from __future__ import annotations

import numpy as np
import streamlit as st

from dec_core.analysis.inspection import cell_counts
from dec_core.analysis.verdict import thousands
from dec_core.reading.run import Run
from dec_core.reading.selection import Selection
from dec_core.reading.snapshot import Snapshot
from pages.inspect import inspection_cache, view_components
from pages.inspect.view_state import ViewState, change_view
from pages.inspect.views import space_of


def timeline(run: Run, now: Snapshot, view: ViewState, height: int, *, training: bool) -> None:
    """The moments on a line. Every view follows it in the browser; where it comes to rest is the moment looked at."""
    over = inspection_cache.overview(run)
    moments = [{name: told[name] for name in ("words", "counts", "class_of")} for told in over["moments"]]
    values, words = _trend(run, view)
    still = "UMAP is of the newest moment; in PCA points move" if space_of(now, view) == "umap" else ""
    data = {
        "run": run.folder.id, "number": now.number, "following": view.moment is None, "training": training,
        "moments": moments, "marks": over["marks"], "trend": values, "trend_words": words, "still": still,
        "first_clustered": run.clustered[0] if run.clustered else -1, "name": "Timeline of the training",
    }  # fmt: skip

    def rested() -> None:
        number = int(st.session_state.timeline.moment)
        newest = number < 0 or (number == len(moments) - 1 and not training)
        change_view(moment=None if newest else number)

    view_components.timeline(data=data, key="timeline", height=height, on_moment_change=rested)


def _trend(run: Run, view: ViewState) -> tuple[list[float | None], str]:
    """How many samples lay in the chosen cells of the matrix at each moment, or else ACC; and that in words."""
    over, chosen, letters = inspection_cache.overview(run), view.selection, run.letters_in_order
    told = [moment for moment in over["moments"] if moment["clustered"]]
    cells = Selection(true=chosen.true, cluster=chosen.cluster, side=chosen.side)
    if len(told) < 2 or (run.y is None and not cells.cluster):
        return [], ""
    columns = np.array([cells.cluster in ("", name) for name in letters])
    if run.y is None:
        found, unit = np.array([moment["sizes"] for moment in told])[:, columns].sum(axis=1), ""
    elif not cells:
        found, unit = np.array([100 * moment["acc"] for moment in told]), " %"
    else:
        rows = np.array([cells.true in ("", run.classes[value]) for value in over["rows"]])
        class_of = np.array([moment["class_of"] for moment in told])
        right = class_of[:, None, :] == over["rows"][None, :, None]
        found, unit = cell_counts(np.array([moment["counts"] for moment in told]), right, rows, columns, cells.side), ""
    first, last = (f"{value:.1f}" if unit else thousands(int(value)) for value in (found[0], found[-1]))
    words = cells.in_words("digit" if run.noun == "digit" else "class") or "ACC"
    values = iter(found.tolist())
    by_moment = [next(values) if moment["clustered"] else None for moment in over["moments"]]
    return by_moment, f"{words}: {first} → {last}{unit}"
