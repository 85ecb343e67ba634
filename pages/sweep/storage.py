"""The database of the sweeps, opened once for the whole server."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import streamlit as st

from pages.shared import focus
from pages.shared.permission import may_sweep, may_train_on
from pages.shared.places import runs_root
from pages.shared.sweep_database import answering
from pages.shared.text import count_of
from pages.shared.visitor import NOBODY, UNKNOWN_VISITOR, Visitor, is_room, visitor

DATABASE = os.environ.get("DEC_SWEEPS", "")


def address() -> str:
    """Where the sweeps are stored: the environment's DEC_SWEEPS, or a file beside the runs."""
    return DATABASE or f"sqlite:///{Path(runs_root()).resolve() / 'sweeps.db'}"


def names() -> list[str]:
    """The visitor's sweeps, newest first. Raises ValueError where the database cannot be used."""
    from dec_core.sweeps import studies

    with answering():
        owners = studies.owners(_storage(address()))
    return [name for name in owners if may_sweep(owners[name])][::-1]


def study(name: str, who: Visitor | None = None) -> Any:
    """The study of a sweep; without `who`, for the visitor. Raises ValueError if they have none of that name."""
    from dec_core.sweeps import studies

    try:
        with answering():
            study_of_name = any_study(name)
            is_theirs = may_sweep(studies.owner_of(study_of_name), who)
    except ValueError:
        if not is_room():
            raise
        is_theirs = False
    if not is_theirs:
        raise ValueError(f"name: there is no sweep of yours named {name}")
    return study_of_name


def any_study(name: str) -> Any:
    """The study of a sweep, whoever's it is. Raises ValueError if there is none of that name."""
    return _study(address(), name)


@st.cache_resource(show_spinner="Opening the sweeps …")
def _storage(url: str) -> Any:
    from dec_core.sweeps import studies  # Optuna takes a second to import: only for who sweeps

    return studies.connect(url, create=True)


@st.cache_resource(max_entries=20, show_spinner=False)
def _study(url: str, name: str) -> Any:
    from dec_core.sweeps import studies

    return studies.study_in(_storage(url), name)


def begin(plan: Any) -> None:
    """Store a sweep and let a worker begin. Raises ValueError if there is one of that name."""
    from dec_core.sweeps import studies

    if visitor() == NOBODY or not may_train_on(plan.base.dataset):
        raise ValueError(UNKNOWN_VISITOR if visitor() == NOBODY else focus.no_such_data(plan.base.dataset))
    with answering():
        _refuse_if_too_many(plan.name, plan.n_planned)
        studies.create(plan, address(), visitor().id)
    focus.supervisor().sweep(address(), plan.name)


def go_on(name: str) -> None:
    """Take the pause back, and let a worker of this server work on it."""
    from dec_core.sweeps import studies

    with answering():
        _refuse_if_too_many(name, _n_left(study(name)))
        studies.resume(study(name))
    focus.supervisor().sweep(address(), name)


def pause(name: str) -> None:
    """Let every worker hold, wherever it is; the one of this server leaves its trial, so that others need not wait."""
    from dec_core.sweeps import studies

    with answering():
        studies.pause(study(name))
    focus.supervisor().leave_sweep(name)


def extend(name: str, n_trials: int) -> None:
    """Plan trials until there are `n_trials`, and go on. Raises ValueError where that is too many."""
    from dec_core.sweeps import studies

    with answering():
        n_more = n_trials - len(studies.trials(study(name)))
        if n_more > 0:  # not at the second click of a double one
            _refuse_if_too_many(name, _n_left(study(name)) + n_more)
            studies.extend(study(name), n_more)
    go_on(name)


def _n_left(of: Any) -> int:
    """How many of its trials have not ended."""
    from dec_core.sweeps import studies

    return sum(not trial.state.is_finished() for trial in studies.trials(of))


def _refuse_if_too_many(name: str, n_trials: int) -> None:
    """Raise ValueError if, with so many trials of this sweep, more of the visitor's were at work than may be."""
    from dec_core.sweeps import studies

    room, who = focus.supervisor().room, visitor()
    if not room.limits(who.id):
        return
    others = {other: n for other, n in studies.at_work(_storage(address()), who.id).items() if other != name}
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
