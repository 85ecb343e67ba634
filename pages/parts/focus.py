"""The run in focus: which one the link names, what is known of it, and the one click to another."""

from __future__ import annotations

import os
import time
from collections import Counter
from pathlib import Path
from typing import Any

import streamlit as st

from dec_core.architecture import WITHOUT_NETWORK
from dec_core.config import OWN, ConfigError
from dec_core.presets import name_of
from dec_core.runs.folder import ACTIVE, RunFolder, RunStatus, list_runs
from dec_core.runs.history import RunReader
from dec_core.runs.supervisor import Supervisor

RUNS = Path(os.environ.get("DEC_RUNS", "runs"))
MAX_LISTED = 500
MAX_LETTERS = 100  # of a run's name


@st.cache_resource
def supervisor() -> Supervisor:
    """The queue and its workers: one for the whole server."""
    return Supervisor(RUNS)


@st.cache_resource(max_entries=64)
def reader(run_id: str) -> RunReader:
    """The one reader of a run's records, shared by all who watch it."""
    return RunReader(RunFolder(RUNS / run_id))


def focused_run(*, told: bool = True) -> RunFolder | None:
    """The run that the link names, else the one that is training, else none; `told` says it of one that is not there.

    A run that was found training stays in focus when it ends, until somebody chooses another.
    """
    wanted = _linked()
    if wanted is None:
        states = {run.id: run.status.state for run in list_runs(RUNS)[:MAX_LISTED]}
        active = [run_id for run_id in states if states[run_id] in ACTIVE]
        wanted = next((run_id for run_id in active if states[run_id] != "queued"), active[-1] if active else None)
        if wanted is not None:
            focus_on(wanted)
    if wanted in (None, "new"):
        return None
    folder = RUNS / Path(wanted[:MAX_LETTERS]).name
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


def inspect_next(run_id: str, **query: str) -> None:
    """Go to Inspect, for use in callbacks: the next drawing of the page does it."""
    st.session_state.inspect_next = {"run": run_id, **query}


def go_on() -> None:
    """Go where a callback has sent the visitor."""
    query = st.session_state.pop("inspect_next", None)
    if query:
        st.switch_page("pages/inspect.py", query_params=query)


def through_the_app() -> None:
    """Let a screen that was opened before any other run inside app.py.

    Until some session has called `st.navigation`, Streamlit takes the folder of screens for an app of its older kind
    and runs the screen's file alone. To call it once ends that for the whole server.
    """
    if "page" not in st.session_state:
        screens(icons=False)  # the browser's tab would fetch an icon from the internet
        st.rerun()


def screens(*, icons: bool = True) -> Any:
    """All screens, on top; the one that is asked for."""
    pages = {"train": ("Train", ":material/model_training:"), "inspect": ("Inspect", ":material/image_search:")}
    return st.navigation(
        [
            st.Page(f"pages/{name}.py", title=title, icon=icon if icons else None)
            for name, (title, icon) in pages.items()
        ],
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


def title(run: RunFolder, clock: str = "%H:%M") -> str:
    """A run in one line: what it is, how it went, when it was."""
    status = run.status
    when = time.strftime(f"%d %b {clock}", time.localtime(status.created))
    return f"{_config_title(run.path)} · {outcome(status)} · {when}"


def _titles(runs: list[RunFolder]) -> dict[str, str]:
    """Titles by id, no two alike: the browser tells options apart by nothing else."""
    titles = {run.id: title(run) for run in runs}
    often = Counter(titles.values())
    alike = {run.id: title(run, "%H:%M:%S") for run in runs if often[titles[run.id]] > 1}
    often = Counter(alike.values())
    return titles | {run_id: text if often[text] == 1 else f"{text} · {run_id}" for run_id, text in alike.items()}


def short_name(dataset: str) -> str:
    """What a data set is called on the screen: one's own without the digest."""
    return dataset.removeprefix(OWN).rpartition("-")[0] if dataset.startswith(OWN) else dataset


def outcome(status: RunStatus) -> str:
    """The state in a word, with the accuracy if there is one."""
    found = status.outcome
    accuracy = f"{100 * found['acc']:.1f} %" if "acc" in found else ""
    if "silhouette" in found:
        accuracy = f"silhouette {found['silhouette']:.2f}"
    if status.state == "finished":
        return accuracy or "finished"
    if status.state in ACTIVE:
        return "under way"
    return f"{status.state} {accuracy}".strip()


@st.cache_data(max_entries=1000)
def _config_title(path: Path) -> str:
    try:
        config = RunFolder(path).config
    except ConfigError:
        return path.name
    name = name_of(config)
    network = "" if config.method in WITHOUT_NETWORK else f" {config.autoencoder}"
    what = name if name != "custom" else f"{short_name(config.dataset)}, {config.method}{network}"
    return f"{what}, seed {config.random_state}"


def run_picker() -> None:
    """A list of all runs, newest first; choosing one puts it into focus.

    The browser keeps the chosen one by its title, which changes with the outcome. So the widget is
    another one whenever the title of the run in focus is, and only the one on the screen may choose:
    a request that was under way may still bring along what an earlier one showed.
    """
    st.session_state.picked = st.session_state.pop("picking", False)  # for this drawing of the page
    runs = list_runs(RUNS)[:MAX_LISTED]
    options = ["new", *(run.id for run in runs)]
    focused = focused_run(told=False)
    current = focused.id if focused else "new"
    if current not in options:
        options.append(current)
    titles = _titles(runs) | {"new": "A new run"}
    number, shown = st.session_state.get("picker", (0, None))
    if shown != (current, titles.get(current)):
        number += 1
        st.session_state.picker = number, (current, titles.get(current))
    st.selectbox(
        "Run in focus",
        options,
        index=options.index(current),
        key=f"picked_{number}",
        format_func=lambda run_id: titles.get(run_id, run_id),
        label_visibility="collapsed",
        on_change=_pick,
        args=(number, options),
    )


def _pick(number: int, options: list[str]) -> None:
    picked = st.session_state[f"picked_{number}"]
    if number == st.session_state.picker[0] and picked in options:
        focus_on(picked)
        st.session_state.picking = True
