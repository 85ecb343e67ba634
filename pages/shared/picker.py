"""What a run is called on every screen, and the list from which one is put into focus."""

from __future__ import annotations

import time
from collections import Counter
from functools import lru_cache

import streamlit as st

from dec_core.config import RunConfig
from dec_core.figures.shown import described
from dec_core.reading.comparison import changed_from
from dec_core.runs.folder import ACTIVE, RunStatus
from dec_core.runs.index import Entry
from pages.shared.focus import focus_on, focused_run, index

MAX_LISTED = 500


def name(entry: Entry, *, seed: bool = True) -> str:
    """What a run is: the name that somebody gave it, or its preset or method, and its seed."""
    config = entry.config
    if entry.marks.name or config is None:
        return entry.marks.name or entry.id
    what = name_of_config(config)
    if entry.sweep:
        what = f"{entry.sweep}, trial {entry.trial}{', tuned by labels' if entry.by_labels else ''}"
    return f"{what}, seed {config.random_state}" if seed else what


@lru_cache(maxsize=2000)
def name_of_config(config: RunConfig) -> str:
    """A config by the preset that it is, or by what it changes of one, or else its data and method."""
    return described(config, *changed_from(config))


def title(entry: Entry, clock: str = "%H:%M") -> str:
    """A run in one line: what it is, how it went, when it was."""
    star = "★ " if entry.marks.star else ""
    return f"{star}{name(entry)} · {outcome(entry.status)} · {when(entry, clock)}"


def when(entry: Entry, clock: str = "%H:%M") -> str:
    """When a run was made."""
    return time.strftime(f"%d %b {clock}", time.localtime(entry.status.created))


def titles(entries: list[Entry]) -> dict[str, str]:
    """Titles by id, no two alike: the browser tells options apart by nothing else."""
    found = {entry.id: title(entry) for entry in entries}
    often = Counter(found.values())
    alike = {entry.id: title(entry, "%H:%M:%S") for entry in entries if often[found[entry.id]] > 1}
    often = Counter(alike.values())
    return found | {run_id: text if often[text] == 1 else f"{text} · {run_id}" for run_id, text in alike.items()}


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


def run_picker() -> None:
    """A list of all runs, newest first; choosing one puts it into focus.

    The browser keeps the chosen one by its title, which changes with the outcome. So the widget is
    another one whenever the title of the run in focus is, and only the one on the screen may choose:
    a request that was under way may still bring along what an earlier one showed.
    """
    st.session_state.picked = st.session_state.pop("picking", False)  # for this drawing of the page
    focused = focused_run(told=False)
    current = focused.id if focused else "new"
    known = index().entries(archived=True)
    listed = [entry for entry in known if not entry.marks.archived and not entry.sweep][:MAX_LISTED]
    if current not in ("new", *(entry.id for entry in listed)):
        listed += [entry for entry in known if entry.id == current]
    options = ["new", *(entry.id for entry in listed)]
    told = titles(listed) | {"new": "A new run"}
    number, shown = st.session_state.get("picker", (0, None))
    if shown != (current, told.get(current)):
        number += 1
        st.session_state.picker = number, (current, told.get(current))
    st.selectbox(
        "Run in focus",
        options,
        index=options.index(current),
        key=f"picked_{number}",
        format_func=lambda run_id: told.get(run_id, run_id),
        label_visibility="collapsed",
        on_change=_pick,
        args=(number, options),
    )


def _pick(number: int, options: list[str]) -> None:
    picked = st.session_state[f"picked_{number}"]
    if number == st.session_state.picker[0] and picked in options:
        focus_on(picked)
        st.session_state.picking = True
