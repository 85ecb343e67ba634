"""Draw a digit for the run that is looked at; a neighbor of it opens its card."""

from __future__ import annotations

import streamlit as st

from dec_core.reading.run import Run
from dec_core.reading.snapshot import Snapshot
from pages.inspect.view_state import change_view
from pages.shared.drawing import can_draw, draw_a_digit
from pages.shared.opened import snapshot


def draw_button(run: Run) -> None:
    """A button that opens the pad, where the run can place a drawing; else nothing."""
    newest = snapshot(run, len(run.snapshots) - 1)
    if not can_draw(newest):
        return
    if st.button("Draw a digit", key="draw", icon=":material/draw:", type="tertiary",
                 help="Draw a digit, and see where this run places it."):  # fmt: skip
        _pad(newest)


@st.dialog("Where would your digit lie?", width="large")
def _pad(newest: Snapshot) -> None:
    draw_a_digit(newest, f"draw-{newest.run.folder.id}", _open)


def _open(index: int) -> None:
    """Its card, at the snapshot whose networks have placed the drawing."""
    change_view(sample=index, moment=None)
