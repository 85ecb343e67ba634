"""The runs that are compared, each in its colour: a click opens what can be done with it."""

from __future__ import annotations

import streamlit as st

from dec_core.fields import field_title
from dec_core.figures.palette import RUN_COLOURS
from dec_core.figures.shown import value_text
from dec_core.reading.comparison import MOST_COMPARED, Setup, differing, missing_seeds, setup_of
from dec_core.runs.index import Entry
from dec_core.runs.marks import MOST
from pages.compare import archive
from pages.compare.state import compare
from pages.shared import focus
from pages.shared.components import style
from pages.shared.permission import may_run
from pages.shared.picker import name, outcome
from pages.shared.text import escape
from pages.shared.trouble import tell_problem, writing
from pages.shared.visitor import visitor

SEEDS = 3
MOST_TOLD = 2  # fields that tell apart what is called alike


def chips(shown: list[Setup], reference: Setup | None) -> None:
    """A button for each, with its menu."""
    colours = "".join(
        f".st-key-chip_{slot} button {{ border-left: 6px solid {RUN_COLOURS[slot]}; }}" for slot in range(len(shown))
    )
    style(f"<style>{colours}</style>", "chips")
    for slot, (setup, called) in enumerate(zip(shown, names_of(shown), strict=True)):
        is_reference = setup is reference and len(shown) > 1
        label = f"{escape(called)}{' · reference' if is_reference else ''}"
        with st.container(key=f"chip_{slot}", width="content"):
            menu = st.popover(label, key=f"menu_{setup.first.id}", on_change="rerun")
        if menu.open:
            with menu:
                _menu(setup, is_reference=is_reference)


def names_of(shown: list[Setup]) -> list[str]:
    """What the set-ups are called; those that would be called alike, with fields in which they differ."""
    names = [_name(setup) for setup in shown]
    alike = [setup for setup, called in zip(shown, names, strict=True) if names.count(called) > 1]
    varying = differing([setup.first.config for setup in alike if setup.first.config])[:MOST_TOLD]
    return [
        _with(setup, called, varying) if setup in alike else called for setup, called in zip(shown, names, strict=True)
    ]


def _with(setup: Setup, called: str, varying: list[str]) -> str:
    config = setup.first.config
    parts = [f"{field_title(field)} {value_text(getattr(config, field))}" for field in varying] if config else []
    return ", ".join([called, *(text[0].lower() + text[1:] for text in parts)])


def _name(setup: Setup) -> str:
    """What a set-up is called: with its seed, or with how many seeds there are."""
    counted = setup.counted
    return name(counted[0]) if len(counted) < 2 else f"{name(setup.first, seed=False)}, {len(counted)} seeds"


def _menu(setup: Setup, *, is_reference: bool) -> None:
    entry = setup.first
    st.caption(f"{escape(name(entry))} · {escape(outcome(entry.status))}")
    mine = may_run("command", entry.folder)
    if mine:
        _texts(entry)
    with st.container(horizontal=True, gap="small"):
        if mine:
            starred = entry.marks.star
            _button(entry, "Unstar" if starred else "Star", "star", archive.mark_all, [entry], star=not starred)
        if not is_reference:
            _button(entry, "Use as reference", "flag", _use_as_reference, entry.id)
        _button(entry, "Inspect", "image_search", focus.inspect_next, entry.id)
        _button(entry, "Remove from comparison", "close", _take_out, entry.id)
    if entry.config is not None:
        _button(entry, "Change one thing", "tune", _change_one_thing, entry)
        _repeat(entry, setup_of(entry, focus.index().entries(archived=True), visitor().id))
    if mine:
        _putting_away(entry)


def _texts(entry: Entry) -> None:
    """What is written on a run."""
    options = {"key": f"name_{entry.id}", "max_chars": MOST["name"], "placeholder": "your own name for this run"}
    st.text_input("Name", entry.marks.name, on_change=_named, args=(entry,), **options)
    options = {"key": f"note_{entry.id}", "max_chars": MOST["note"], "placeholder": "what is worth remembering"}
    st.text_area("Note", entry.marks.note, height=80, on_change=_noted, args=(entry,), **options)


def _putting_away(entry: Entry) -> None:
    with st.container(horizontal=True, gap="small"):
        if entry.marks.archived:
            _button(entry, "Bring back", "archive", archive.mark_all, [entry], archived=False)
        else:
            _button(entry, "Archive", "archive", archive.archive_all, [entry])
        _button(entry, "Delete", "delete", archive.remove_all, [entry], disabled=entry.active)


def _button(entry: Entry, label: str, icon: str, act, *arguments, disabled: bool = False, **named) -> None:
    key = f"{label.lower().replace(' ', '_')}_{entry.id}"
    st.button(label, icon=f":material/{icon}:", key=key, on_click=act, args=arguments, kwargs=named, disabled=disabled)


def _repeat(entry: Entry, setup: Setup) -> None:
    """More seeds of a run; `setup` is what the visitor has trained of it."""
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        n = st.number_input(
            "Number of seeds",
            2,
            max(20, len(setup.entries)),
            max(SEEDS, len(setup.entries)),
            key=f"seeds_{entry.id}",
        )
        missing = missing_seeds(setup, int(n))
        n_active = sum(entry.active for entry in setup.entries)
        label = f"Train {len(missing)} more" if missing else f"{n_active} in progress" if n_active else "All trained"
        st.button(
            label, icon=":material/repeat:", key=f"repeat_{entry.id}", disabled=not missing, on_click=_train,
            args=(entry, int(n)),
            help="Trains the same settings with other seeds, one after another, so that scores have a spread.",
        )  # fmt: skip


def _train(entry: Entry, n_seeds: int) -> None:
    """Train what is missing now: a double click finds nothing more to do."""
    now, started = setup_of(entry, focus.index().entries(archived=True), visitor().id), []
    try:
        for seed in missing_seeds(now, n_seeds):
            with writing("The new run"):
                started.append(focus.start(entry.config.changed(random_state=seed)))
    except ValueError as error:
        tell_problem(error)
    runs = st.session_state.compared.runs
    if entry.owner != visitor().id:  # one's own stand beside it
        runs = (*runs, *(run.id for run in started[:1]))[:MOST_COMPARED]
    compare(seeds="together", runs=runs)
    st.session_state[f"menu_{entry.id}"] = False  # what happens is told in the table below it


def _named(entry: Entry) -> None:
    archive.mark_all([entry], name=st.session_state[f"name_{entry.id}"])


def _noted(entry: Entry) -> None:
    archive.mark_all([entry], note=st.session_state[f"note_{entry.id}"])


def _use_as_reference(run_id: str) -> None:
    compare(reference=run_id, true="", cluster="", lasso="")  # clusters are named after the reference's


def _take_out(run_id: str) -> None:
    runs = tuple(run for run in st.session_state.compared.runs if run != run_id)
    compare(runs=runs, true="", cluster="", lasso="")


def _change_one_thing(entry: Entry) -> None:
    focus.fill_with(entry.config)
    st.session_state.compare_with = entry.id
    focus.go_to("train", run=entry.id)
