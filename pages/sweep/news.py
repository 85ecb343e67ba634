"""What is news of a sweep."""

from __future__ import annotations

import hashlib
import os

import streamlit as st

from pages.shared import focus
from pages.shared.news import Kind
from pages.shared.permission import may_sweep
from pages.shared.visitor import Visitor
from pages.sweep import storage

EVERY, EVERY_AT_REST = 2.0, 10.0  # seconds between two looks at a sweep: that this server works on, or others may


def stamp_of(name: str) -> str:
    """A text that is another one once what the screen shows of the sweep stored so is another. Raises ValueError.

    It is a hash: what the sweep waits for may be somebody else's.
    """
    from dec_core.sweeps import studies

    supervisor = focus.supervisor()
    work = f"{supervisor.is_sweeping(name)} {supervisor.sweep_waits()} {supervisor.sweep_before(name)}"
    stored = _stored(name, _changed_at(storage.address()))
    with storage.answering():
        return _hash(f"{work} {studies.is_over(storage.any_study(name))} {stored}")


def _stored(name: str, changed_at: tuple | None) -> str:
    """What is stored of the sweep, as a hash; not read again while the database's files are as they were."""
    return _hash_of(name) if changed_at is None else _hash_while(storage.address(), name, changed_at)


@st.cache_data(max_entries=20, show_spinner=False)
def _hash_while(address: str, name: str, changed_at: tuple) -> str:
    return _hash_of(name)


def _hash_of(name: str) -> str:
    from dec_core.sweeps import studies

    with storage.answering():
        study = storage.any_study(name)
        shown = [{**row, "reports": None} for row in studies.table(study)]  # no figure shows them
        return _hash(repr([study.user_attrs, shown]))


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _changed_at(address: str) -> tuple | None:
    """When the files of the database were written to; None where it is none of files.

    To read all trials takes some 15 ms of the processor where a hundred are waiting.
    """
    from sqlalchemy.engine import make_url  # only for who sweeps, as all that comes with Optuna

    url = make_url(address)
    if url.get_backend_name() != "sqlite":
        return None
    return tuple(_written(f"{url.database}{end}") for end in ("", "-wal"))


def _written(path: str) -> tuple[int, int]:
    try:
        stat = os.stat(path)
        return stat.st_mtime_ns, stat.st_size
    except OSError:
        return 0, 0


def _may_hear(stored: str, who: Visitor) -> bool:
    from dec_core.sweeps import studies

    try:
        with storage.answering():
            return may_sweep(studies.owner_of(storage.any_study(stored)), who)
    except ValueError:
        return False


def _every(name: str) -> float:
    return EVERY if focus.supervisor().is_sweeping(name) else EVERY_AT_REST


SWEEP = Kind("sweep", stamp_of, _may_hear, _every)
