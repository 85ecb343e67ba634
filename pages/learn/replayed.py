"""How a recorded run went, in the four boxes of Train."""

from __future__ import annotations

from typing import Any

import streamlit as st

from dec_core.analysis.verdict import thousands
from dec_core.gallery import is_recording, n_images, n_trained_on
from dec_core.lessons.pieces import Replay
from pages.shared.components import load_plotly
from pages.shared.replay import replay


def show(options: Replay, place: Any) -> None:
    """Draw the player and the boxes."""
    with st.container(key="unseen"):
        load_plotly()
    if is_recording(options.run) and n_images(options.run) < n_trained_on(options.run):
        whole, shown = n_trained_on(options.run), n_images(options.run)
        st.caption(f"A recording of {thousands(whole)} digits, of which {thousands(shown)} are shown.")
    replay(options.run, options.seconds, f"replay-{place.key}")
