"""Runs that are marked, archived or deleted, one or many at once, and the ways back."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from dec_core.runs.folder import RunFolder
from dec_core.runs.index import Entry, entry_of
from dec_core.runs.marks import REMOVED, bring_back, mark, remove, removed_runs
from pages.compare.state import compare
from pages.shared import focus
from pages.shared.permission import NOT_YOURS, may_run
from pages.shared.picker import name, title
from pages.shared.places import runs_root
from pages.shared.text import escape, sentence
from pages.shared.trouble import tell_problem, writing

MOST_LISTED = 30  # deleted runs; the last ones


def mark_all(entries: Sequence[Entry], **changes) -> list[Entry]:
    """Change what is written on runs, and return those that were; say which are gone, or that the disk is full."""
    marked, gone = [], []
    for entry in _commanded(entries):
        try:
            with writing(f"What is noted on “{name(entry)}”"):
                mark(entry.folder, **changes)
            marked.append(entry)
        except FileNotFoundError:
            gone.append(entry)
        except ValueError as error:
            tell_problem(error)
            break  # the others would say the same
    _say_gone(gone)
    return marked


def remove_all(entries: Sequence[Entry]) -> None:
    """Delete runs, as far as they are not under way; they are taken out of what is compared."""
    removed, gone, problems = [], [], []
    for entry in _commanded(entries):
        try:
            with writing(f"“{name(entry)}”"):
                remove(entry.folder)
            removed.append(entry)
        except FileNotFoundError:
            gone.append(entry)
        except ValueError as error:
            problems.append(error)
    _say_gone(gone)
    _say_problems(problems)
    if not removed:
        return
    ids, before = {entry.id for entry in removed}, st.session_state.compared.runs
    message = f"{_n_runs(removed)} {'was' if len(removed) == 1 else 'were'} deleted"
    st.session_state.undoable = message, _undo, (tuple(ids), before)
    if ids & set(before):
        compare(runs=tuple(run for run in before if run not in ids), true="", cluster="", lasso="")


def _commanded(entries: Sequence[Entry]) -> list[Entry]:
    """Those that the visitor may command; says so of the others."""
    theirs = [entry for entry in entries if may_run("command", entry.folder)]
    if len(theirs) < len(entries):
        st.toast(NOT_YOURS if len(entries) == 1 else "Runs of others stay as they are.", icon=":material/info:")
    return theirs


def _say_gone(gone: Sequence[Entry]) -> None:
    """By someone else, or by the first of two clicks."""
    if gone:
        st.toast(f"Already deleted: {escape(', '.join(map(name, gone)))}.", icon=":material/error:")


def _say_problems(problems: Sequence[ValueError]) -> None:
    for problem in problems[:3]:
        st.toast(sentence(problem), icon=":material/error:")


def _n_runs(entries: Sequence[Entry]) -> str:
    return name(entries[0]) if len(entries) == 1 else f"{len(entries)} runs"


def undo_bar() -> None:
    """What was deleted or archived last, and the way to undo it."""
    if "undoable" not in st.session_state:
        return
    message, undo, arguments = st.session_state.undoable
    with st.container(horizontal=True, vertical_alignment="center", key="removed_run"):
        st.markdown(sentence(message), width="content")
        st.button("Undo", icon=":material/undo:", key="undo", on_click=undo, args=arguments)
        st.button("Close", icon=":material/close:", key="forget", type="tertiary", on_click=_forget)


def archive_all(entries: Sequence[Entry]) -> None:
    """Archive those that are not yet; what is compared stays so."""
    archived = mark_all([entry for entry in entries if not entry.marks.archived], archived=True)
    if archived:
        message = f"{_n_runs(archived)} {'is' if len(archived) == 1 else 'are'} archived"
        st.session_state.undoable = message, _bring_out, (tuple(archived),)


def _bring_out(entries: Sequence[Entry]) -> None:
    mark_all(entries, archived=False)
    _forget()


def _undo(run_ids: Sequence[str], before: tuple[str, ...]) -> None:
    if _bring_back(run_ids):
        compare(runs=before)
    _forget()


def _bring_back(run_ids: Sequence[str]) -> bool:
    """Whether all are there again; says what is not."""
    problems = []
    for run_id in run_ids:
        if not may_run("command", RunFolder(runs_root() / REMOVED / run_id)):
            problems.append(ValueError(NOT_YOURS))
            continue
        try:
            with writing(f"Run {run_id}"):
                bring_back(runs_root(), run_id)
            focus.supervisor().housekeeping.look_at(run_id)  # else it would go again before it can be starred
        except FileNotFoundError:
            problems.append(ValueError(f"run {run_id} was brought back by someone else in the meantime"))
        except ValueError as error:
            problems.append(error)
    _say_problems(problems)
    return not problems


def _forget() -> None:
    st.session_state.pop("undoable", None)


def deleted_runs() -> None:
    """A list of what was deleted in the last days, each with its way back; nothing where nothing was."""
    removed = [folder for folder in removed_runs(runs_root()) if may_run("command", folder)]
    if not removed:
        return
    menu = st.popover(f"Deleted: {len(removed)}", icon=":material/delete:", key="deleted_runs", on_change="rerun")
    if not menu.open:
        return
    with menu:
        st.caption("Deleted runs are kept for a week, or until the server needs their space.")
        for folder in removed[:MOST_LISTED]:
            entry = entry_of(folder)
            st.button(escape(title(entry)), icon=":material/undo:", key=f"back_{entry.id}", type="tertiary",
                      on_click=_bring_back, args=([entry.id],))  # fmt: skip
        if len(removed) > MOST_LISTED:
            st.caption(f"And {len(removed) - MOST_LISTED} older ones.")


def found_menu(matches: Sequence[Entry]) -> None:
    """What can be done with all runs that a search has found."""
    label = f"All {len(matches)} matches" if len(matches) > 1 else "The one match"
    menu = st.popover(label, icon=":material/checklist:", key="found_runs", on_change="rerun")
    if not menu.open:
        return
    archived, starred = (all(getattr(entry.marks, mark) for entry in matches) for mark in ("archived", "star"))
    with menu:
        if archived:
            _button("Bring back", "archive", mark_all, matches, archived=False)
        else:
            _button("Archive", "archive", archive_all, matches)
        _button("Unstar" if starred else "Star", "star", mark_all, matches, star=not starred)
        _button("Delete", "delete", remove_all, matches)


def _button(label: str, icon: str, act, *arguments, **named) -> None:
    key = f"all_{label.lower().replace(' ', '_')}"
    st.button(label, icon=f":material/{icon}:", key=key, on_click=act, args=arguments, kwargs=named)
