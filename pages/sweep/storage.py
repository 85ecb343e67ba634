"""The database of the sweeps, opened once for the whole server."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path
from typing import Any

import streamlit as st

from dec_core.runs.room_state import room_state
from pages.shared import focus
from pages.shared.permission import may_sweep, may_train_on
from pages.shared.places import runs_root
from pages.shared.sweep_database import answering
from pages.shared.text import count_of
from pages.shared.visitor import NOBODY, UNKNOWN_VISITOR, Visitor, is_room, visitor
from pages.shared.whose import called

DATABASE = os.environ.get("DEC_SWEEPS", "")


def address() -> str:
    """Where the sweeps are stored: the environment's DEC_SWEEPS, or a file beside the runs."""
    return DATABASE or f"sqlite:///{Path(runs_root()).resolve() / 'sweeps.db'}"


def names() -> dict[str, str]:
    """What the visitor's sweeps are called, newest first; of each, under which name it is stored.

    The instructor, who sees those of all, calls them as they are stored. Raises ValueError where the database cannot be
    used.
    """
    from dec_core.sweeps import studies

    with answering():
        owners = studies.owners(_storage(address()))
    stored = [name for name in owners if may_sweep(owners[name])][::-1]
    return {name if visitor().is_instructor else studies.own_name(name): name for name in stored}


def in_words(stored: str) -> str:
    """A sweep of the visitor's, or to the instructor of anybody's, by its name; plain text."""
    from dec_core.sweeps import studies

    name, owner = studies.own_name(stored), stored.rpartition("/")[0]
    is_others = is_room() and owner not in ("", visitor().id)
    return f"{name}, {called(owner, room_state(runs_root()).names)}" if is_others else name


def study(name: str, who: Visitor | None = None) -> Any:
    """The study of a sweep by what the visitor calls it, or as it is stored; without `who`, for the visitor.

    Raises ValueError if they have none of that name.
    """
    from dec_core.sweeps import studies

    try:
        with answering():
            study_of_name = _study_called(name, visitor() if who is None else who)
            is_theirs = may_sweep(studies.owner_of(study_of_name), who)
    except ValueError:
        if not is_room():
            raise
        is_theirs = False
    if not is_theirs:
        raise ValueError(f"name: there is no sweep of yours named {name}")
    return study_of_name


def any_study(stored: str) -> Any:
    """The study of a sweep that is stored so, whoever's it is. Raises ValueError if there is none."""
    return _study(address(), stored)


def _study_called(name: str, who: Visitor) -> Any:
    from dec_core.sweeps import studies

    if who.id:
        with contextlib.suppress(ValueError):
            return any_study(studies.stored_name(name, who.id))
    return any_study(name)


@st.cache_resource(show_spinner="Opening the sweeps …")
def _storage(url: str) -> Any:
    from dec_core.sweeps import studies  # Optuna takes a second to import: only for who sweeps

    return studies.connect(url, create=True)


@st.cache_resource(max_entries=20, show_spinner=False)
def _study(url: str, name: str) -> Any:
    from dec_core.sweeps import studies

    return studies.study_in(_storage(url), name)


def begin(plan: Any) -> str:
    """Store a sweep and let a worker begin; under which name. Raises ValueError if the visitor has one of that name."""
    from dec_core.sweeps import studies

    if visitor() == NOBODY or not may_train_on(plan.base.dataset):
        raise ValueError(UNKNOWN_VISITOR if visitor() == NOBODY else focus.no_such_data(plan.base.dataset))
    with answering():
        _refuse_if_too_many("", plan.n_planned)
        stored = studies.create(plan, address(), visitor().id).study_name
    focus.supervisor().sweep(address(), stored, visitor().id)
    return stored


def go_on(name: str) -> None:
    """Take the pause back, and let a worker of this server work on it."""
    from dec_core.sweeps import studies

    with answering():
        resumed = study(name)
        _refuse_if_too_many(resumed.study_name, _n_left(resumed))
        studies.resume(resumed)
    focus.supervisor().sweep(address(), resumed.study_name, studies.owner_of(resumed))


def pause(name: str) -> None:
    """Let every worker hold, wherever it is; the one of this server leaves its trial, so that others need not wait."""
    from dec_core.sweeps import studies

    with answering():
        paused = study(name)
        studies.pause(paused)
    focus.supervisor().leave_sweep(paused.study_name)


def extend(name: str, n_trials: int) -> None:
    """Plan trials until there are `n_trials`, and go on. Raises ValueError where that is too many."""
    from dec_core.sweeps import studies

    with answering():
        extended = study(name)
        n_more = n_trials - len(studies.trials(extended))
        if n_more > 0:  # not at the second click of a double one
            _refuse_if_too_many(extended.study_name, _n_left(extended) + n_more)
            studies.extend(extended, n_more)
    go_on(name)


def _n_left(of: Any) -> int:
    """How many of its trials have not ended."""
    from dec_core.sweeps import studies

    return sum(not trial.state.is_finished() for trial in studies.trials(of))


def _refuse_if_too_many(stored: str, n_trials: int) -> None:
    """Raise ValueError if, with so many trials of this sweep, more of the visitor's were at work than may be."""
    from dec_core.sweeps import studies

    room, who = focus.supervisor().room, visitor()
    if not room.limits(who.id):
        return
    others = {other: n for other, n in studies.at_work(_storage(address()), who.id).items() if other != stored}
    if 0 < room.max_sweeps <= len(others):
        raise ValueError(
            f"sweep: {count_of(len(others), 'sweep')} of yours {'is' if len(others) == 1 else 'are'} at work, as many "
            "as may in this room; let one end, or pause one, then try again"
        )
    n_others = sum(others.values())
    if 0 < room.max_trials < n_others + n_trials:
        raise ValueError(
            f"sweep: received {count_of(n_trials, 'trial')}, with {n_others} of other sweeps still to come, at most "
            f"{room.max_trials} may be in this room; plan fewer, or pause another sweep"
        )
