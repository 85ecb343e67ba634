"""Ending runs, emptying the line, clearing the room at the end of the day: what that means in words, and the way back.

Visitors' runs alone: the instructor's own and those of nobody, from the command line, stay as they are.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Sequence
from dataclasses import replace

import streamlit as st

from dec_core.runs.answers import bring_all_back, clear_all, n_kept
from dec_core.runs.index import Entry
from dec_core.runs.marks import mark
from dec_core.runs.ownership import INSTRUCTOR
from dec_core.runs.room_state import MOST_RUNS, change_room, room_state
from dec_core.runs.status import ACTIVE
from pages.shared import focus
from pages.shared.by_instructor import note_command
from pages.shared.permission import may_entry
from pages.shared.places import runs_root
from pages.shared.sweep_database import answering
from pages.shared.text import count_of, escape, sentence
from pages.shared.trouble import tell_problem, writing
from pages.shared.visitor import visitor

UNDO = "They are archived: on Compare their owners find them under *archived*, and you can bring all back here."


def closing_menu() -> None:
    """A menu that says what ending, emptying and clearing would do now, each with its button."""
    menu = st.popover("End and clear", icon=":material/door_open:", key="closing", on_change="rerun")
    if menu.open:
        with menu:
            _offers(visitors_runs())


def _offers(runs: list[Entry]) -> None:
    under_way = [entry for entry in runs if entry.status.state in ("running", "paused")]
    waiting = [entry for entry in runs if entry.status.state == "queued"]
    sweeps = visitors_sweeps()
    paused = escape(f" {count_of(len(sweeps), 'sweep')} of visitors: paused." if sweeps else "")
    _offer("end_all", f"End {count_of(len(under_way), 'run')}", "stop", [*under_way, *sweeps], _end_all,
           f"{_of_visitors(under_way)}, in training or paused. Training so far is saved; Resume goes on."
           f"{paused}")  # fmt: skip
    _offer("empty_line", f"Empty the line of {count_of(len(waiting), 'run')}", "playlist_remove", waiting, _empty_line,
           f"{_of_visitors(waiting)}, waiting. Resume puts one into the line again.")  # fmt: skip
    guesses, pins = n_kept(runs_root())
    _offer("clear", "Clear the room", "archive", [*runs, *sweeps, *[None] * (guesses + pins)], _clear,
           f"{_of_visitors(runs)}: those under way end, then all are archived. {_aside(guesses, pins)}, so that the "
           f"next group begins anew. Nothing is deleted, and Undo brings it back.{paused} Your own runs and the "
           f"server's stay; nothing is shown to all any more.")  # fmt: skip


def _offer(key: str, label: str, icon: str, concerned: list, act: Callable[[], None], explained: str) -> None:
    st.button(escape(label), key=key, icon=f":material/{icon}:", disabled=not concerned, on_click=_do, args=(act,))
    st.caption(sentence(explained if concerned else "There are none"))


def _do(act: Callable[[], None]) -> None:
    st.session_state.closing = False
    if visitor().is_instructor:
        act()


def _of_visitors(runs: Sequence[Entry]) -> str:
    """As in "12 runs of 5 visitors"."""
    return f"{count_of(len(runs), 'run')} of {count_of(len({entry.owner for entry in runs}), 'visitor')}"


def _aside(guesses: int, pins: int) -> str:
    """As in "12 guesses and 1 pin are laid aside"."""
    return f"{guesses:d} {'guess' if guesses == 1 else 'guesses'} and {count_of(pins, 'pin')} are laid aside"


def visitors_runs() -> list[Entry]:
    """The runs that belong to visitors, archived ones and trials of sweeps aside."""
    runs = focus.index().entries()
    return [entry for entry in runs if entry.owner not in ("", INSTRUCTOR) and not entry.sweep]


def visitors_sweeps() -> list[tuple[str, str]]:
    """Database and name of the visitors' sweeps that this server works on."""
    sweeps = focus.supervisor().sweeps()
    return [pair for pair in sweeps if _owner_of(*pair) not in ("", INSTRUCTOR)]


def _owner_of(storage: str, name: str) -> str:
    """Whose a sweep is; "" also where its database does not say."""
    from dec_core.sweeps import studies  # Optuna takes a second to import: only where there is a sweep

    with contextlib.suppress(ValueError), answering():
        return studies.owner_of(studies.open_study(storage, name))
    return ""


# -- what the menu does, to what there is by then


def _end_all() -> None:
    _pause_sweeps()
    end([entry for entry in visitors_runs() if entry.status.state != "queued"])


def _empty_line() -> None:
    end([entry for entry in visitors_runs() if entry.status.state == "queued"])


def _clear() -> None:
    runs = visitors_runs()
    _pause_sweeps()
    end(runs)
    archived = _archive(runs)[:MOST_RUNS]
    try:
        with writing("What is shown to all"):
            is_laid_aside = any(n_kept(runs_root()))
            if is_laid_aside:
                clear_all(runs_root())
            change_room(
                runs_root(),
                lambda room: replace(room, projector="", exhibit=None, cleared=archived, cleared_answers=is_laid_aside),
            )
    except ValueError as error:
        tell_problem(error)


def _pause_sweeps() -> None:
    """Their owners go on with them by a click."""
    try:
        for storage, name in visitors_sweeps():
            from dec_core.sweeps import studies

            with answering():
                studies.pause(studies.open_study(storage, name))
            focus.supervisor().leave_sweep(name)
    except ValueError as error:
        tell_problem(error)


def end(runs: Sequence[Entry]) -> None:
    """End those that are under way, whether they train or wait; says of which that was not possible."""
    elsewhere = 0
    try:
        with writing("The state of a run"):
            allowed = [entry.folder for entry in runs if may_entry("command", entry)]
            note_command("stop", [run for run in allowed if run.status.state in ACTIVE])
            for run in allowed:
                if run.status.state in ACTIVE and not focus.supervisor().command(run, "stop"):
                    elsewhere += run.status.state in ACTIVE  # else it has just ended
    except ValueError as error:
        tell_problem(error)
    if elsewhere:
        st.toast(f"{elsewhere:d} cannot be ended here: other programs train them.", icon=":material/info:")


def _archive(runs: Sequence[Entry], *, archived: bool = True) -> tuple[str, ...]:
    """Mark runs; the ids of those that were there to be marked."""
    marked = []
    for entry in runs:
        try:
            with writing("What is noted on a run"):
                mark(entry.folder, archived=archived)
            marked.append(entry.id)
        except FileNotFoundError:
            continue  # deleted meanwhile
        except ValueError as error:
            tell_problem(error)
            break  # the others would say the same
    return tuple(marked)


def undo_clearing() -> None:
    """That the room was cleared, and the way back; nothing where it was not, or where that has been undone."""
    cleared, has_answers = _still_archived(), room_state(runs_root()).cleared_answers
    if not cleared and not has_answers:
        return
    of = [*([_of_visitors(cleared)] if cleared else []), *(["guesses and pins"] if has_answers else [])]
    with st.container(horizontal=True, vertical_alignment="center", key="cleared"):
        st.markdown(sentence(f"The room was cleared of {' and of '.join(of)}"), width="content", help=UNDO)
        st.button("Undo", key="undo_clearing", icon=":material/undo:", on_click=_bring_back)
        st.button("Close", key="forget_clearing", icon=":material/close:", type="tertiary", on_click=_forget)


def _still_archived() -> list[Entry]:
    entries = [focus.index().entry(run_id) for run_id in room_state(runs_root()).cleared]
    return [entry for entry in entries if entry is not None and entry.marks.archived]


def _bring_back() -> None:
    if not visitor().is_instructor:
        return
    _archive(_still_archived(), archived=False)
    try:
        with writing("Guesses and pins"):
            if room_state(runs_root()).cleared_answers:
                bring_all_back(runs_root())
    except ValueError as error:
        tell_problem(error)
        return
    _forget()


def _forget() -> None:
    if not visitor().is_instructor:
        return
    try:
        with writing("That the room was cleared"):
            change_room(runs_root(), lambda room: replace(room, cleared=(), cleared_answers=False))
    except ValueError as error:
        tell_problem(error)
