"""The selection to take away."""

from __future__ import annotations

import numpy as np
import streamlit as st

from dec_core.analysis.verdict import thousands
from dec_core.figures.contact_sheet import MOST, contact_sheet
from dec_core.reading.run import Run
from dec_core.reading.selection_export import as_npz, as_python, as_table
from dec_core.reading.snapshot import Snapshot
from pages.inspect.view_state import ViewState
from pages.inspect.views import group_of, order_of, ordered, tile


def export(run: Run, now: Snapshot, view: ViewState, chosen: np.ndarray, second: Snapshot | None) -> None:
    """A menu: CSV, arrays, contact sheet, and the Python that selects the same. Made when they are asked for."""

    def table() -> str:
        return as_table(now, ordered(run, now, view, chosen)).to_csv(index=False)

    def arrays() -> bytes:
        return as_npz(now, ordered(run, now, view, chosen))

    def sheet() -> bytes:
        index = ordered(run, now, view, chosen)[:MOST]
        tiles = [tile(run, now, int(i)) for i in index]
        captions = [f"{part['caption'].replace('→', '>')}\n{part['index']}" for part in tiles]  # its font has no arrow
        return contact_sheet(run.images[index], captions, np.array([part["wrong"] for part in tiles]))

    name = f"{run.folder.id}-selection"
    limit = f", the first {thousands(MOST)}" if len(chosen) > MOST else ""
    with st.popover("Export", icon=":material/download:", disabled=not len(chosen)):
        for label, make, ending, kind in (
            ("Table (CSV)", table, "csv", "text/csv"),
            ("Arrays (npz)", arrays, "npz", "application/octet-stream"),
            (f"Contact sheet (PNG){limit}", sheet, "png", "image/png"),
        ):
            key = f"export_{ending}"
            st.download_button(label, make, f"{name}.{ending}", kind, on_click="ignore", key=key, width="stretch")
        st.caption("This page's address reproduces this view.")
        st.caption("Python code for this selection")
        order = order_of(run, view) if now.clustered else "index"
        st.code(as_python(now, view.selection, order, group_of(now, view), second), language="python")
