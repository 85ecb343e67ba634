"""Runs that somebody looks at: read once, and shared by all who do."""

from __future__ import annotations

import streamlit as st

from dec_core.reading.run import Run
from dec_core.reading.snapshot import Snapshot
from dec_core.runs.folder import RunFolder
from dec_core.runs.history import History
from pages.shared.focus import reader
from pages.shared.places import runs_root


def opened(run_id: str) -> Run:
    """The run with the snapshots it has by now. Raises ConfigError or DataError."""
    history = reader(run_id).refresh()
    files = [snapshot["file"] for snapshot in history.snapshots]
    ended = history.end is not None
    return _opened(run_id, files, history.inspection, history.umap, history.umaps, ended=ended, _history=history)


@st.cache_resource(max_entries=12, show_spinner=False)
def _opened(
    run_id: str,
    files: list[str],
    inspection: str | None,
    umap: str | None,
    umaps: str | None,
    *,
    ended: bool,
    _history: History,
) -> Run:
    return Run.open(RunFolder(runs_root() / run_id), _history)


def snapshot(run: Run, number: int) -> Snapshot:
    """One snapshot of a run, with all that was computed of it so far."""
    return _snapshot(run.version, number, run)


@st.cache_resource(max_entries=12, show_spinner=False)
def _snapshot(version: str, number: int, _run: Run) -> Snapshot:
    return _run.at(number)
