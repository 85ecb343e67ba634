"""What of a look a run can show. What it cannot is taken out of the look, and said once."""

from __future__ import annotations

from typing import Any

import numpy as np
import streamlit as st

from dec_core.analysis.verdict import thousands
from dec_core.reading.planes import dimensions
from dec_core.reading.run import Run
from dec_core.reading.selection import SelectionError
from dec_core.reading.snapshot import Snapshot
from pages.inspect import inspection_cache
from pages.inspect.choices import SPACES
from pages.inspect.second_run import pinned
from pages.inspect.view_state import look
from pages.inspect.views import PAGE

NEED_LABELS = {"colour": ("digit", "wrong"), "order": ("wrong",), "group": ("digit",)}
Understood = tuple[Snapshot, Snapshot | None, np.ndarray | None, list[str]]


def understood(run: Run, problems: list[str], linked: bool) -> Understood:
    """The moment that is looked at, the one beside it, and which samples pass all filters, None where none is set.

    `problems` are what was wrong with the words of the link; they come back with what the run does not have of it.
    `linked` tells whether the look was taken from a link just now.
    """
    problems = [*problems, *_drop_what_is_not_there(run)]
    seen = st.session_state.look
    now = inspection_cache.moment(run, len(run.snapshots) - 1 if seen.moment is None else seen.moment)
    if seen.space and seen.space not in SPACES:
        try:
            dimensions(now, seen.space)
        except SelectionError as error:
            _drop(problems, str(error), space="")
    beside = pinned(run, seen, problems)
    if seen.pin and beside is None:
        look(pin="", selection=seen.selection.replace(versus=""))
    mask = _mask(now, beside, problems)
    n_pages = max(1, -(-(run.n if mask is None else int(mask.sum())) // PAGE))
    if seen.page >= n_pages:
        if linked:
            pages = "there is one page" if n_pages == 1 else f"there are {n_pages} pages"
            problems.append(f"page: received {seen.page + 1}, but {pages}; the last is shown")
        look(page=n_pages - 1)
    return now, beside, mask, problems


def _drop_what_is_not_there(run: Run) -> list[str]:
    problems: list[str] = []
    last, seen = len(run.snapshots) - 1, st.session_state.look
    if seen.moment is not None and seen.moment > last:
        told = f"moment: received {seen.moment}, but the run has {last + 1} so far; the newest is shown"
        _drop(problems, told, moment=None)
    if seen.since is not None and seen.since not in run.clustered:
        told = f"from: received {seen.since}, but there are no clusters at such a moment; the first that has is taken"
        _drop(problems, told, since=None)
    if seen.sample is not None and seen.sample >= run.n:
        told = f"sample: received {seen.sample}, but the run has {thousands(run.n)} samples"
        _drop(problems, told, sample=None)
    for name, values in NEED_LABELS.items() if run.y is None else ():
        if getattr(seen, name) in values:
            _drop(problems, f"{name}: received {getattr(seen, name)!r}, but labels are not known", **{name: ""})
    return problems


def _drop(problems: list[str], told: str, **instead: Any) -> None:
    problems.append(told)
    look(**instead)


def _mask(now: Snapshot, beside: Snapshot | None, problems: list[str]) -> np.ndarray | None:
    """Who passes all filters that the run can have; the others are dropped."""
    wanted = st.session_state.look.selection
    try:
        return now.mask(wanted, beside) if wanted else None
    except SelectionError:
        left = wanted
        for part in wanted.apart():
            try:
                now.mask(part, beside)
            except SelectionError as error:
                problems.append(str(error))
                left = left.without(part)
        look(selection=left)
        return now.mask(left, beside) if left else None
