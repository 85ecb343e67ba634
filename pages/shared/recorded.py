"""What a recording says of itself, wherever it is shown: never told otherwise than as one."""

from __future__ import annotations

import json
from functools import cache

import streamlit as st

from dec_core.config import RunConfig
from dec_core.gallery import ABOUT, RUNS, is_recording, n_trained_on
from dec_core.runs.folder import RunFolder
from dec_core.runs.index import Entry
from pages.shared.text import count_of, escape

SCREENS = ("", "train", "inspect")  # that show one run


def recorded_note(page: str, run: RunFolder | None) -> None:
    """Above the run in focus, if it is a recording: on what it was trained, with what, and what is kept of it."""
    if run is None or page not in SCREENS or not is_recording(run.id):
        return
    name, text = _note(run.id)
    st.caption(f":material/videocam: **A recording: {escape(name)}** {escape(text)}")


def as_trained(entry: Entry) -> RunConfig | None:
    """The config of a run as it was trained: that of a recording names the images that are kept."""
    if entry.config is None or not entry.recorded:
        return entry.config
    return entry.config.changed(n_samples=n_trained_on(entry.id))


@cache
def _note(run_id: str) -> tuple[str, str]:
    about = json.loads((RUNS / run_id / ABOUT).read_text(encoding="utf-8"))
    run = RunFolder(RUNS / run_id)
    minutes = sum(run.status.seconds.values()) / 60
    took = f"{minutes:.0f} minutes" if minutes >= 1.5 else f"{60 * minutes:.0f} seconds"
    trained_on, shown, moments = about["trained_on"], about["shown"], about["moments"]
    part = "" if trained_on == shown else f"{count_of(shown, 'digit')} and "
    marks = json.loads((RUNS / run_id / "marks.json").read_text(encoding="utf-8"))
    return f"{marks['name']}.", (
        f"{marks['note']} Trained on {count_of(trained_on, 'digit')} in {took}, seed {run.config.random_state}, "
        f"{about['trained_with']['processor']}; {part}{count_of(moments, 'moment')} are kept."
    )
