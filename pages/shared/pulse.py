"""Whether a run has something new to show, asked without a redraw: the browser asks, and has drawn anew what changed.

A redraw by the clock sends every element again, or those that it leaves out vanish. So the clock is the browser's, and
what it asks for is one line of text.
"""

from __future__ import annotations

import os
from pathlib import Path

import streamlit as st
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from dec_core.runs.folder import RunFolder
from pages.shared.components import source
from pages.shared.focus import supervisor
from pages.shared.places import runs_root

_pulse = st.components.v2.component("pulse", html="<span hidden></span>", js=source("pulse.js"))


def pulse_of(run: RunFolder) -> str:
    """A text that is another one once the run's state, records, message or place in the queue are others."""
    status = run.status  # which notices that a process has ended without a word
    try:
        size = os.path.getsize(run.path / "events.jsonl")
    except OSError:
        size = 0
    ahead = supervisor().ahead_of(run) if status.state == "queued" else 0
    return f"{status.state} {status.updated} {size} {ahead}"


def redraw_on_news(run: RunFolder, seen: str, seconds: float) -> None:
    """Have the fragment around this drawn anew when the run's pulse is no longer `seen`, asked every `seconds`."""
    data = {"url": f"pulse/{run.id}", "seen": seen, "every": 1000 * seconds}
    _pulse(data=data, key="pulse", height=1, on_news_change=lambda: None)


def answer(request: Request) -> Response:
    """The pulse of the run that the address names."""
    folder = runs_root() / Path(request.path_params["run"]).name
    if not (folder / "config.json").is_file():
        return PlainTextResponse("There is no such run.", status_code=404)
    return PlainTextResponse(pulse_of(RunFolder(folder)), headers={"Cache-Control": "no-store"})
