"""The run in focus, the same on every screen, and the ways from one screen to another."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import streamlit as st

from dec_core.config import RunConfig
from dec_core.runs.folder import RunFolder, is_run
from dec_core.runs.history import RunReader
from dec_core.runs.index import RunIndex
from dec_core.work.supervisor import Supervisor
from pages.shared.permission import VisibleRuns, is_own, may_run, may_train_on
from pages.shared.places import runs_root
from pages.shared.text import escape
from pages.shared.visitor import DESK, NOBODY, UNKNOWN_VISITOR, is_room, visitor

MAX_LETTERS = 100  # of a run's name
ELSEWHERE = "It may have been trained elsewhere, or deleted."
SOMEBODY_ELSES = (
    "This run belongs to somebody else, or is no longer on this server. Whoever trained it can share it with you."
)


@st.cache_resource
def supervisor() -> Supervisor:
    """The queue and its workers: one for the whole server."""
    return Supervisor(runs_root())


@st.cache_resource(show_spinner=False)
def all_runs() -> RunIndex:
    """All runs at a glance, whoever's they are: for what no visitor is shown."""
    return RunIndex(runs_root())


def index() -> RunIndex | VisibleRuns:
    """The runs that the visitor may see, at a glance."""
    who = visitor()
    return all_runs() if who == DESK else VisibleRuns(all_runs(), who)


def start(config: RunConfig) -> RunFolder:
    """Queue a run of the visitor's. Raises ValueError where they may not use its images, or nobody knows them."""
    who = visitor()
    if who == NOBODY or not may_train_on(config.dataset):
        raise ValueError(UNKNOWN_VISITOR if who == NOBODY else no_such_data(config.dataset))
    return supervisor().start(config, who.id)


def no_such_data(dataset: str) -> str:
    """Of a data set that is not there, or is somebody else's: nobody learns which."""
    return f"dataset: there is no {dataset!r} of yours on this server; upload the files again"


@st.cache_resource(max_entries=64, show_spinner=False)
def reader(run_id: str) -> RunReader:
    """The one reader of a run's records, shared by all who watch it."""
    return RunReader(RunFolder(runs_root() / run_id))


def focused_run(*, warn: bool = True) -> RunFolder | None:
    """The run that the link names, else the visitor's that is training, else none.

    `warn` says so of one that is not there, or that is somebody else's: in a room nobody learns which.

    A run that was found training stays in focus when it ends, until somebody chooses another.
    """
    wanted = st.session_state.get("focused")
    if wanted is None:
        active = [entry for entry in index().entries() if entry.active and is_own(entry)]
        begun = [entry.id for entry in active if entry.status.state != "queued"]
        wanted = next(iter([*begun, *(entry.id for entry in reversed(active))]), None)
        if wanted is not None:
            focus_on(wanted)
    if wanted in (None, "new"):
        return None
    folder = runs_root() / Path(wanted[:MAX_LETTERS]).name
    if not is_run(folder) or not may_run("see", RunFolder(folder)):
        if warn:
            name = escape(repr(wanted), MAX_LETTERS)
            st.warning(SOMEBODY_ELSES if is_room() else f"There is no run {name} on this server. {ELSEWHERE}")
        return None
    supervisor().housekeeping.look_at(folder.name)
    return RunFolder(folder)


def focus_on(run_id: str) -> None:
    """Make a run the one in focus; the link follows."""
    st.session_state.focused = run_id


def inspect_next(run_id: str, **query: str) -> None:
    """Go to Inspect, for use in callbacks."""
    go_to("inspect", run=run_id, **query)


def go_to(page: str, **query: str) -> None:
    """Go to another screen, for use in callbacks: the next drawing of the page does it."""
    st.session_state.go_next = page, query


def fill_with(config: RunConfig) -> None:
    """Let the form of Train show this config when it is drawn next, on whichever screen that is asked for."""
    st.session_state.to_fill = config


def go_on() -> None:
    """Go where a callback has sent the visitor."""
    if "go_next" in st.session_state:
        page, query = st.session_state.pop("go_next")
        if page == "compare":
            st.session_state.pop("compared", None)  # what the link says is meant, whatever was compared before
        st.switch_page(f"{page}/{page}.py", query_params=query)


def screens() -> Any:
    """All screens, on top; the one that is asked for. To whom a screen is not listed, its address leads nowhere."""
    pages = {
        "learn": ("Learn", ":material/school:"),
        "train": ("Train", ":material/model_training:"),
        "inspect": ("Inspect", ":material/image_search:"),
        "compare": ("Compare", ":material/compare:"),
        "sweep": ("Sweep", ":material/scatter_plot:"),
        "glossary": ("Glossary", ":material/menu_book:"),
    }
    if is_room() and visitor().is_instructor:
        pages["room"] = ("Room", ":material/groups:")
    shown = [
        st.Page(f"{name}/{name}.py", title=title, icon=icon, default=name == "train")
        for name, (title, icon) in pages.items()
    ]
    # that of the projector is for a machine which nobody attends
    hidden = [st.Page("projector/projector.py", title="Projector", visibility="hidden")] if is_room() else []
    page = st.navigation([*shown, *hidden], position="top")
    with st.container(key="tabs"):  # on a phone, at its lower edge: Streamlit's own names are in a drawer there
        for each in shown:
            st.page_link(each)
    return page
