"""How a recorded run went, in the four boxes of Train."""

from __future__ import annotations

from typing import Any

import streamlit as st

from dec_core.lessons.pieces import Replay
from pages.shared.components import load_plotly
from pages.shared.replay import replay


def show(options: Replay, place: Any) -> None:
    """Draw the player and the boxes."""
    with st.container(key="unseen"):
        load_plotly()
    replay(options.run, options.seconds, f"replay-{place.key}")
