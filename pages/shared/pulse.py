"""Whether there is something new to show, asked without a redraw: the browser asks, and has drawn anew what changed.

A redraw by the clock sends every element again, or those that it leaves out vanish. So the clock is the browser's, and
what it asks for is one line of text: the pulse of some runs here, that of a sweep in `pages.sweep.news`.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import urlencode

import streamlit as st
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from dec_core.reading.live_umap import live_umap_stamp
from dec_core.runs.folder import RunFolder
from pages.shared import focus
from pages.shared.components import source
from pages.shared.identity import visitor_in
from pages.shared.permission import may_run
from pages.shared.places import runs_root

MOST_RUNS = 100  # in one question

_pulse = st.components.v2.component("pulse", html="<span hidden></span>", js=source("pulse.js"))


def pulse_of(*runs: RunFolder) -> str:
    """A text that is another one once a run's state, records, message, map, place in the queue or worker are others."""
    return "\n".join(_pulse_of(run) for run in runs[:MOST_RUNS])


def _pulse_of(run: RunFolder) -> str:
    status = run.status  # which notices that a process has ended without a word
    try:
        size = os.path.getsize(run.path / "events.jsonl")
    except OSError:
        size = 0
    ahead = focus.supervisor().ahead_of(run) if status.state == "queued" else 0
    return (
        f"{status.state} {status.updated} {size} {live_umap_stamp(run)} {ahead} {focus.supervisor().is_completing(run)}"
    )


def redraw_on_news(runs: Sequence[RunFolder], last_pulse: str, seconds: float) -> None:
    """Have the fragment around this drawn anew once the runs' pulse is not `last_pulse`, asked every `seconds`."""
    redraw_when_other(f"pulse?{urlencode([('run', run.id) for run in runs[:MOST_RUNS]])}", last_pulse, seconds)


def redraw_when_other(url: str, last_pulse: str, seconds: float, key: str = "pulse") -> None:
    """Have the fragment around this drawn anew when `url` no longer answers `last_pulse`, asked every `seconds`.

    `key` is another one for each that a screen has.
    """
    _pulse(data={"url": url, "seen": last_pulse, "every": 1000 * seconds}, key=key, height=1, on_news_change=_draw)


def _draw() -> None:
    """The callback that makes the component's news start a redraw."""


def answer(request: Request) -> Response:
    """The pulse of the runs that the address names."""
    names = request.query_params.getlist("run")[:MOST_RUNS]
    who = visitor_in(request.scope)
    if not names or not all(
        is_name_of_run(name) and may_run("see", RunFolder(runs_root() / name), who) for name in names
    ):
        return PlainTextResponse("There is no such run.", status_code=404)
    return answer_with(pulse_of(*(RunFolder(runs_root() / name) for name in names)))


def answer_with(pulse: str) -> Response:
    """The pulse as an answer that nobody keeps."""
    return PlainTextResponse(pulse, headers={"Cache-Control": "no-store"})


def is_name_of_run(name: str) -> bool:
    """Whether a stranger's text is the name of a run's folder, and no path to anywhere else."""
    plain = name == Path(name).name and name not in ("", "..") and len(name) <= focus.MAX_LETTERS
    return plain and os.path.isfile(runs_root() / name / "config.json")
