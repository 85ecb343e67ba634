"""Runs that are marked, archived or deleted, one or many at once, and the ways back."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from dec_core.runs.index import Entry, entry_of
from dec_core.runs.marks import bring_back, mark, remove, removed_runs
from pages.compare.state import compare
from pages.shared.picker import name, title
from pages.shared.places import runs_root
from pages.shared.text import escape, sentence
from pages.shared.trouble import tell_problem, writing

MOST_LISTED = 30  # deleted runs; the last ones


def mark_all(entries: Sequence[Entry], **changes) -> None:
    """Change what is written on runs; say which are gone, or that the disk is full."""
    gone = []
    for entry in entries:
        try:
            with writing(f"What is noted on “{name(entry)}”"):
                mark(entry.folder, **changes)
        except FileNotFoundError:
            gone.append(name(entry))
        except ValueError as error:
            tell_problem(error)
            break  # the others would say the same
    if gone:
        st.toast(f"Deleted by someone else in the meantime: {escape(', '.join(gone))}.", icon=":material/error:")


def remove_all(entries: Sequence[Entry]) -> None:
    """Delete runs, as far as they are not under way; they are taken out of what is compared."""
    done, problems = [], []
    for entry in entries:
        try:
            with writing(f"“{name(entry)}”"):
                remove(entry.folder)
            done.append(entry)
        except (ValueError, FileNotFoundError) as error:
            problems.append(str(error))
    for problem in problems[:3]:
        st.toast(sentence(problem), icon=":material/error:")
    if not done:
        return
    ids, before = {entry.id for entry in done}, st.session_state.compared.runs
    what = name(done[0]) if len(done) == 1 else f"{len(done)} runs"
    message = f"{what} {'was' if len(done) == 1 else 'were'} deleted"
    st.session_state.put_away = message, _undo, (tuple(ids), before)
    if ids & set(before):
        compare(runs=tuple(run for run in before if run not in ids), true="", cluster="", lasso="")


def undo_bar() -> None:
    """What was deleted or archived last, and the way to undo it."""
    if "put_away" not in st.session_state:
        return
    message, undo, arguments = st.session_state.put_away
    with st.container(horizontal=True, vertical_alignment="center", key="removed_run"):
        st.markdown(sentence(message), width="content")
        st.button("Undo", icon=":material/undo:", key="undo", on_click=undo, args=arguments)
        st.button("Close", icon=":material/close:", key="forget", type="tertiary", on_click=_forget)


def archive_all(entries: Sequence[Entry]) -> None:
    """Archive those that are not yet; what is compared stays so."""
    entries = [entry for entry in entries if not entry.marks.archived]
    mark_all(entries, archived=True)
    what = name(entries[0]) if len(entries) == 1 else f"{len(entries)} runs"
    message = f"{what} {'is' if len(entries) == 1 else 'are'} archived"
    st.session_state.put_away = message, _bring_out, (tuple(entries),)


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
        try:
            bring_back(runs_root(), run_id)
        except (ValueError, OSError) as error:
            problems.append(str(error))
    for problem in problems[:3]:
        st.toast(sentence(problem), icon=":material/error:")
    return not problems


def _forget() -> None:
    st.session_state.pop("put_away", None)


def deleted_runs() -> None:
    """A list of what was deleted in the last days, each with its way back; nothing where nothing was."""
    removed = removed_runs(runs_root())
    if not removed:
        return
    menu = st.popover(f"Deleted: {len(removed)}", icon=":material/delete:", key="deleted_runs", on_change="rerun")
    if not menu.open:
        return
    with menu:
        st.caption("Deleted runs are kept for a week.")
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
