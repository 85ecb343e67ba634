"""The run in focus: which one the link names, and how it stays the same from screen to screen."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import streamlit as st

from dec_core.runs.folder import RunFolder
from dec_core.runs.history import RunReader
from dec_core.runs.index import RunIndex
from dec_core.work.supervisor import Supervisor
from pages.shared.places import runs_root

CHOICES = ("sweep_base", "sweep_name", "vary_", "span_", "n_trials", "n_seeds", "by_labels", "objective_", "plan_")
MAX_LETTERS = 100  # of a run's name


@st.cache_resource
def supervisor() -> Supervisor:
    """The queue and its workers: one for the whole server."""
    return Supervisor(runs_root())


@st.cache_resource
def index() -> RunIndex:
    """All runs at a glance, for every session."""
    return RunIndex(runs_root())


@st.cache_resource(max_entries=64)
def reader(run_id: str) -> RunReader:
    """The one reader of a run's records, shared by all who watch it."""
    return RunReader(RunFolder(runs_root() / run_id))


def focused_run(*, told: bool = True) -> RunFolder | None:
    """The run that the link names, else the one that is training, else none; `told` says it of one that is not there.

    A run that was found training stays in focus when it ends, until somebody chooses another.
    """
    wanted = _linked()
    if wanted is None:
        active = [entry for entry in index().entries() if entry.active]
        begun = [entry.id for entry in active if entry.status.state != "queued"]
        wanted = next(iter([*begun, *(entry.id for entry in reversed(active))]), None)
        if wanted is not None:
            focus_on(wanted)
    if wanted in (None, "new"):
        return None
    folder = runs_root() / Path(wanted[:MAX_LETTERS]).name
    if not (folder / "config.json").is_file():
        if told:
            name = f"{wanted[:MAX_LETTERS]}…" if len(wanted) > MAX_LETTERS else wanted
            st.warning(f"There is no run {name!r} on this server. It may have been trained elsewhere, or removed.")
        return None
    return RunFolder(folder)


def focus_on(run_id: str) -> None:
    """Make a run the one in focus; the link follows."""
    st.session_state.focused = run_id
    st.query_params["run"] = run_id


def keep_focus(page: str) -> None:
    """Going to another screen empties the link; the run in focus stays the same."""
    if st.session_state.get("page") not in (None, page) and "run" not in st.query_params:
        wanted = st.session_state.get("focused")
        if wanted is not None:
            st.query_params["run"] = wanted
    st.session_state.page = page


def keep_choices() -> None:
    """Streamlit forgets what was chosen on a screen that is not drawn, unless it is set anew."""
    for key in list(st.session_state):
        if str(key).startswith(CHOICES):
            st.session_state[key] = st.session_state[key]


def inspect_next(run_id: str, **query: str) -> None:
    """Go to Inspect, for use in callbacks."""
    go_to("inspect", run=run_id, **query)


def go_to(page: str, **query: str) -> None:
    """Go to another screen, for use in callbacks: the next drawing of the page does it."""
    st.session_state.go_next = page, query


def go_on() -> None:
    """Go where a callback has sent the visitor."""
    if "go_next" in st.session_state:
        page, query = st.session_state.pop("go_next")
        if page == "compare":
            st.session_state.pop("compared", None)  # what the link says is meant, whatever was compared before
        st.switch_page(f"{page}/{page}.py", query_params=query)


def screens() -> Any:
    """All screens, on top; the one that is asked for."""
    pages = {
        "train": ("Train", ":material/model_training:"),
        "inspect": ("Inspect", ":material/image_search:"),
        "compare": ("Compare", ":material/compare:"),
        "sweep": ("Sweep", ":material/scatter_plot:"),
    }
    return st.navigation(
        [st.Page(f"{name}/{name}.py", title=title, icon=icon) for name, (title, icon) in pages.items()],
        position="top",
    )


def _linked() -> str | None:
    """The run that the link names, or the one put into focus while the browser's link has yet to follow.

    Every request brings the browser's link along, and Streamlit may drop the message that changes it.
    So a link counts only when it is another one than the browser had before: then somebody has followed
    a link or gone back. The same old link again is late, and is written anew.
    """
    linked, state = st.query_params.get("run"), st.session_state
    if "focused" not in state or linked not in (state.seen, state.focused):
        state.focused = linked
    if linked == state.focused:
        state.seen = linked
    else:
        st.query_params["run"] = state.focused
    return state.focused
