"""What a run is called on every screen, and the list from which one is put into focus."""

from __future__ import annotations

import time
from collections import Counter
from functools import lru_cache

import streamlit as st

from dec_core.config import RunConfig
from dec_core.figures.shown import described
from dec_core.reading.comparison import changed_from
from dec_core.runs.index import Entry
from dec_core.runs.status import ACTIVE, RunStatus
from pages.shared.focus import focus_on, focused_run, index
from pages.shared.whose import owners_of
from pages.shared.widget_key import key_showing, value_chosen

MAX_LISTED = 500
APP = "Deep clustering, live"


def name(entry: Entry, *, seed: bool = True) -> str:
    """What a run is: the name that somebody gave it, or its preset or method, and its seed."""
    config = entry.config
    if config is None:
        return f"{entry.marks.name or entry.id} (cannot be read)"
    if entry.marks.name:
        return entry.marks.name
    what = name_of_config(config)
    if entry.sweep:
        what = f"{entry.sweep}, trial {entry.trial}{', tuned by labels' if entry.by_labels else ''}"
    return f"{what}, seed {config.random_state}" if seed else what


@lru_cache(maxsize=2000)
def name_of_config(config: RunConfig) -> str:
    """A config by the preset that it is, or by what it changes of one, or else its data and method."""
    return described(config, *changed_from(config))


def title(entry: Entry, clock: str = "%H:%M") -> str:
    """A run in one line: how it went, what it is, when it was; what matters first, as a list cuts the end."""
    if entry.recorded:
        return f"{outcome(entry.status)} · {name(entry)} · recording"
    star = "★ " if entry.marks.star else ""
    return f"{star}{outcome(entry.status)} · {name(entry)} · {when(entry, clock)}"


def browser_title(screen: str) -> str:
    """What the browser's tab, its history and a screen reader call a screen: its name, and the run in focus."""
    run = focused_run(warn=False)
    entry = index().entry(run.id) if run else None
    return " · ".join([screen, *([name(entry)] if entry else []), APP])


def when(entry: Entry, clock: str = "%H:%M") -> str:
    """When a run was made."""
    return time.strftime(f"%d %b {clock}", time.localtime(entry.status.created))


def titles(entries: list[Entry], *, say_whose: bool = True) -> dict[str, str]:
    """Titles by id, no two alike: the browser tells options apart by nothing else. The instructor's say whose."""
    known = owners_of(entries) if say_whose else {}
    owners = {run_id: f"\u2068{owner}\u2069: " for run_id, owner in known.items()}  # in its own direction
    by_id = {entry.id: owners.get(entry.id, "") + title(entry) for entry in entries}
    often = Counter(by_id.values())
    twice = [entry for entry in entries if often[by_id[entry.id]] > 1]
    alike = {entry.id: owners.get(entry.id, "") + title(entry, "%H:%M:%S") for entry in twice}
    often = Counter(alike.values())
    return by_id | {run_id: text if often[text] == 1 else f"{text} · {run_id}" for run_id, text in alike.items()}


def outcome(status: RunStatus) -> str:
    """The state in a word, with the accuracy if there is one."""
    scores = status.outcome
    accuracy = f"{100 * scores['acc']:.1f} %" if "acc" in scores else ""
    if "silhouette" in scores:
        accuracy = f"silhouette {scores['silhouette']:.2f}"
    if status.state == "finished":
        return accuracy or "finished"
    if status.state in ACTIVE:
        return "in progress"
    if status.state == "failed":
        return status.state  # what it had reached before is no result
    return f"{status.state} {accuracy}".strip()


def run_picker(*, say_whose: bool = True) -> None:
    """A list of all runs, newest first; choosing one puts it into focus. `say_whose`: to the instructor."""
    focused = focused_run(warn=False)
    current = focused.id if focused else "new"
    options, labels = _options(current, say_whose=say_whose)
    # the browser keeps the chosen one by its title, which changes with the outcome: then it is another widget, too
    key = key_showing("run_in_focus", current, labels[current])
    st.selectbox(
        "Run in focus",
        options,
        options.index(current),
        key=key,
        format_func=lambda run_id: labels.get(run_id, run_id),
        label_visibility="collapsed",
        on_change=_pick,
    )


def _options(current: str, *, say_whose: bool) -> tuple[list[str], dict[str, str]]:
    """The newest runs and the one in focus, trials of sweeps and archived ones aside; and their titles."""
    known = index().entries(archived=True, recorded=True)
    listed = [entry for entry in known if not entry.marks.archived and not entry.sweep][:MAX_LISTED]
    if current not in ("new", *(entry.id for entry in listed)):
        listed += [entry for entry in known if entry.id == current]
    return ["new", *(entry.id for entry in listed)], {"new": "A new run"} | titles(listed, say_whose=say_whose)


def _pick() -> None:
    focus_on(value_chosen("run_in_focus"))
