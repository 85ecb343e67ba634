"""Draw a digit for a recorded run."""

from __future__ import annotations

from typing import Any

import streamlit as st

from dec_core.lessons.pieces import Draw
from pages.learn.recordings import last_of
from pages.shared.drawing import can_draw, draw_a_digit


def show(options: Draw, place: Any) -> None:
    """Draw the pad."""
    now = last_of(options.run)
    if can_draw(now):
        draw_a_digit(now, f"draw-{place.key}")
    else:
        st.info("This recording holds no networks, so nobody can draw for it.", icon=":material/info:")
