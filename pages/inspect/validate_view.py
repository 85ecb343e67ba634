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
from pages.inspect.choices import SPACES
from pages.inspect.second_run import pinned
from pages.inspect.view_state import change_view
from pages.inspect.views import PAGE
from pages.shared.opened import snapshot

NEED_LABELS = {"colour": ("digit", "wrong"), "order": ("wrong",), "group": ("digit",)}
Understood = tuple[Snapshot, Snapshot | None, np.ndarray | None, list[str]]


def understood(run: Run, problems: list[str], linked: bool) -> Understood:
    """The moment that is looked at, the one beside it, and which samples pass all filters, None where none is set.

    `problems` are what was wrong with the words of the link; they come back with what the run does not have of it.
    `linked` tells whether the look was taken from a link just now.
    """
    problems = [*problems, *_drop_what_is_not_there(run)]
    view = st.session_state.view
    now = snapshot(run, len(run.snapshots) - 1 if view.moment is None else view.moment)
    if view.space and view.space not in SPACES:
        try:
            dimensions(now, view.space)
        except SelectionError as error:
            _drop(problems, str(error), space="")
    second = pinned(run, view, problems)
    if view.pin and second is None:
        change_view(pin="", selection=view.selection.replace(versus=""))
    mask = _mask(now, second, problems)
    n_pages = max(1, -(-(run.n if mask is None else int(mask.sum())) // PAGE))
    if view.page >= n_pages:
        if linked:
            pages = "there is one page" if n_pages == 1 else f"there are {n_pages} pages"
            problems.append(f"page: received {view.page + 1}, but {pages}; the last is shown")
        change_view(page=n_pages - 1)
    return now, second, mask, problems


def _drop_what_is_not_there(run: Run) -> list[str]:
    problems: list[str] = []
    last, view = len(run.snapshots) - 1, st.session_state.view
    if view.moment is not None and view.moment > last:
        problem = f"moment: received {view.moment}, but the run has {last + 1} so far; the latest is shown"
        _drop(problems, problem, moment=None)
    if view.since is not None and view.since not in run.clustered:
        problem = (
            f"from: received {view.since}, but there are no clusters in that snapshot; the first with clusters is used"
        )
        _drop(problems, problem, since=None)
    if view.sample is not None and view.sample >= run.n:
        problem = f"sample: received {view.sample}, but the run has {thousands(run.n)} samples"
        _drop(problems, problem, sample=None)
    for name, values in NEED_LABELS.items() if run.y is None else ():
        if getattr(view, name) in values:
            _drop(problems, f"{name}: received {getattr(view, name)!r}, but labels are not known", **{name: ""})
    return problems


def _drop(problems: list[str], problem: str, **instead: Any) -> None:
    problems.append(problem)
    change_view(**instead)


def _mask(now: Snapshot, second: Snapshot | None, problems: list[str]) -> np.ndarray | None:
    """Who passes all filters that the run can have; the others are dropped."""
    wanted = st.session_state.view.selection
    try:
        return now.mask(wanted, second) if wanted else None
    except SelectionError:
        remaining = wanted
        for part in wanted.apart():
            try:
                now.mask(part, second)
            except SelectionError as error:
                problems.append(str(error))
                remaining = remaining.without(part)
        change_view(selection=remaining)
        return now.mask(remaining, second) if remaining else None
