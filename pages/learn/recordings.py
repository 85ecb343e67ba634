"""Recorded runs, as pieces of lessons show them: straight from where they lie, whatever the folder of runs holds."""

from __future__ import annotations

import streamlit as st

from dec_core.gallery import RUNS
from dec_core.reading.run import Run
from dec_core.reading.snapshot import Snapshot
from dec_core.runs.folder import RunFolder


@st.cache_resource(max_entries=12, show_spinner=False)
def recorded(run_id: str) -> Run:
    """A recorded run; read once for all who look."""
    return Run.open(RunFolder(RUNS / run_id))


@st.cache_resource(max_entries=12, show_spinner=False)
def last_of(run_id: str) -> Snapshot:
    """Its last snapshot."""
    return recorded(run_id).at(-1)
