"""Recorded runs, as pieces of lessons show them: by the links to them in the folder of runs."""

from __future__ import annotations

import streamlit as st

from dec_core.reading.run import Run
from dec_core.reading.snapshot import Snapshot
from dec_core.runs.folder import RunFolder
from pages.shared.places import runs_root


@st.cache_resource(max_entries=12, show_spinner=False)
def recorded(run_id: str) -> Run:
    """A recorded run; read once for all who look."""
    return Run.open(RunFolder(runs_root() / run_id))


@st.cache_resource(max_entries=12, show_spinner=False)
def last_of(run_id: str) -> Snapshot:
    """Its last snapshot."""
    return recorded(run_id).at(-1)
