"""Replay: a run that has ended, as it went, in the same four boxes, at a speed to choose."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import quote

import streamlit as st

from dec_core.analysis.verdict import thousands
from pages.shared.boxes import COLOURS, Boxes
from pages.shared.components import source
from pages.shared.past_views import steps, views_after
from pages.shared.views import SPACES

HERE = Path(__file__).parent
SPEEDS = {10: "10 s", 20: "20 s", 40: "40 s", 120: "2 min"}  # seconds for the whole run
HTML = (
    '<div class="replay"><button type="button" class="play"></button>'
    '<input type="range" min="0" step="1" aria-label="Step of the training"><span class="where"></span>'
    '<label class="speed">whole run in <select></select></label><span class="said" role="status"></span></div>'
)
_player = st.components.v2.component(
    "replay", html=HTML, css=(HERE / "replay.css").read_text("utf-8"), js=source("follow.js") + source("replay.js")
)


def can_replay(run_id: str) -> bool:
    """Whether there is something to see of how a run went."""
    return len(steps(run_id)) > 2


def replay(run_id: str, seconds: int = 40, key: str = "replay_player") -> None:
    """Draw the player, and below it the four boxes at the first step; see `can_replay`.

    Parameters
    ----------
    run_id : str
        Of a run that has ended and that the visitor may see.
    seconds : int
        For the whole run, unless the visitor chooses otherwise: one of `SPEEDS`.
    """
    known = steps(run_id)
    stamp, first = known[-1].n_records, known[0].n_records
    parts = ["curves", "digits", "matrix", "mixed"] + [
        f"points.{space}.{colour}" for space in SPACES for colour in COLOURS
    ]
    data = {
        "url": f"replay/{quote(run_id)}",
        "stamp": stamp,
        "parts": parts,
        "steps": [{"n": step.n_records, "seconds": round(step.seconds, 1), "text": step.text} for step in known],
        "speeds": [{"seconds": value, "text": text} for value, text in SPEEDS.items()],
        "speed": seconds,
        "recorded": f"{thousands(round(known[-1].seconds))} s of training",
    }
    with st.container(key=f"player-{key}"):
        _player(data=data, key=key)
    Boxes(views_after(run_id, first), 0, f"replay/{quote(run_id)}", f"{first}.{stamp}").show()
