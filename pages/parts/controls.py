"""What a run is doing, in one line, and the buttons that act on it: the same row in every state."""

from __future__ import annotations

import time

import numpy as np
import streamlit as st

from dec_core.analysis.verdict import verdict, verdict_without_labels
from dec_core.config import RunConfig
from dec_core.runs.folder import ACTIVE, RunFolder, RunStatus
from dec_core.runs.history import History
from dec_core.runs.progress import Progress
from pages.parts import focus
from pages.parts.moment import confusion_at

ANSWER_WITHIN = 0.8  # seconds to wait for a worker to obey before the page says that it was told
TOLD_FOR = 5.0  # seconds for which it says so
TOLD = {
    "pause": "Pausing after this batch …",
    "stop": "Stopping after this batch …",
    "resume": "Resuming …",
    "step": "Going one step …",
}
RESUMABLE = ("stopped", "failed", "interrupted")


def controls(run: RunFolder | None, status: RunStatus | None, config: RunConfig | None, line: str) -> None:
    """The state line and Start, Pause or Resume, Step, Stop. `config` is what Start would train."""
    state = status.state if status else ""
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="controls"):
        st.markdown(f"**{line}**", width="stretch")
        if _button("Start", "play_arrow", config is not None, "Train a new run with the choices of the form."):
            focus.focus_on(focus.supervisor().start(config).id)
            st.rerun()
        if state in ("paused", *RESUMABLE):
            if _button("Resume", "resume", True, "Go on. Key: space"):
                _resume(run, state)
        elif _button("Pause", "pause", state == "running", "Key: space"):
            tell(run, "pause", "paused")
        one_step = "Go to the next target update (in pretraining: the next epoch), then pause. Key: →"
        if _button("Step", "skip_next", state in ("running", "paused"), one_step):
            tell(run, "step", "running")
        if _button("Stop", "stop", state in ACTIVE, "End this run; what was trained is kept."):
            tell(run, "stop", "stopped")


def _button(name: str, icon: str, enabled: bool, explained: str) -> bool:
    return st.button(
        name,
        key=name.lower(),
        icon=f":material/{icon}:",
        type="primary" if name == "Start" else "secondary",
        disabled=not enabled,
        help=explained,
    )


def tell(run: RunFolder, command: str, expected: str) -> None:
    """Send a command, wait a moment for the worker to obey, and redraw; the line says if it has yet to."""
    if not focus.supervisor().command(run, command):
        st.toast("This run is trained by another program; only that one can control it.", icon=":material/info:")
        return
    st.session_state.told = run.id, command, time.time()
    until = time.monotonic() + ANSWER_WITHIN
    while time.monotonic() < until and run.status.state != expected:
        time.sleep(0.03)
    obeyed = run.status.state == expected
    if obeyed:
        del st.session_state.told
    st.rerun(scope="app" if obeyed and expected == "stopped" else "fragment")


def _resume(run: RunFolder, state: str) -> None:
    if state == "paused":
        tell(run, "resume", "running")
    else:
        focus.supervisor().resume(run)
        st.rerun()


def state_line(run: RunFolder, status: RunStatus, standing: Progress, history: History, config: RunConfig) -> str:
    """Where the run stands; once it has ended, what came out."""
    here = standing.words.split(" · ")[0]
    if status.state == "queued":
        ahead = focus.supervisor().ahead_of(run)
        return "Starting …" if not ahead else f"Waiting for {ahead} run{'s' if ahead > 1 else ''} before this one"
    if status.state == "running":
        run_id, command, when = st.session_state.get("told", ("", "", 0.0))
        return TOLD[command] if run_id == run.id and time.time() - when < TOLD_FOR else standing.words
    if status.state == "paused":
        return f"Paused. {here}"
    if status.state == "finished":
        return _result(run.id, history, config)
    return f"{status.state.capitalize()}. {here}"


def _result(run_id: str, history: History, config: RunConfig) -> str:
    found = confusion_at(run_id, history.snapshots[-1]["file"], config) if history.snapshots else None
    if found is not None:
        return verdict(found)
    sizes = history.updates[-1].get("sizes") if history.updates else None
    return verdict_without_labels(np.array(sizes)) if sizes else "Finished."
