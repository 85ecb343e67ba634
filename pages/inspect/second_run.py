"""A second run, or a second moment, beside the first: who has what right, and the same view twice."""

from __future__ import annotations

import numpy as np
import streamlit as st

from dec_core.analysis.inspection import right_and_wrong
from dec_core.analysis.verdict import thousands
from dec_core.config import RunConfig
from dec_core.reading.run import Run
from dec_core.reading.snapshot import Snapshot
from dec_core.runs.folder import RunFolder, is_run
from pages.inspect import views
from pages.inspect.view_state import ViewState, change_filters, change_view
from pages.shared import focus
from pages.shared.box import box, to_come
from pages.shared.controlled import chosen_with, key_showing
from pages.shared.matrix import matrix as matrix_component
from pages.shared.opened import opened, snapshot
from pages.shared.picker import title, titles
from pages.shared.places import runs_root
from pages.shared.text import sentence

HEIGHT = 300
MOST_RUNS = 60
CELLS = (("both", "here"), ("there", "neither"))  # rows: right here, wrong here; columns: right there, wrong there
ABOUT = (
    "Pin this moment, or choose another run on the same data: the samples chosen here are shown there, too, and each "
    "cell opens the samples that one has right and the other wrong."
)


def pinned(run: Run, view: ViewState, problems: list[str]) -> Snapshot | None:
    """The second moment, as the link names it; None where there is none, or it cannot be compared."""
    if not view.pin:
        return None
    run_id, _, number = view.pin.partition("@")
    folder = RunFolder(runs_root() / run_id)
    if "/" in run_id or "\\" in run_id or run_id.startswith(".") or not is_run(folder.path):
        problems.append(f"pin: there is no run {run_id!r} on this server")
        return None
    try:
        other = run if run_id == run.folder.id else opened(run_id)
    except ValueError as error:
        problems.append(f"pin: {error}")
        return None
    if not _comparable(other.config, run.config) or not other.clustered:
        problems.append(f"pin: {run_id} has no clusters of the same {thousands(run.n)} {run.noun}s")
        return None
    known = {str(at): at for at in other.clustered} | {"": other.clustered[-1]}
    if number not in known:
        problems.append(f"pin: {run_id} has no clusters at moment {number[:20]!r}")
        return None
    return snapshot(other, known[number])


def _comparable(one: RunConfig, other: RunConfig) -> bool:
    """Whether sample 5 is the same one in both, and as many clusters are looked for."""
    return (one.dataset, one.n_samples, one.n_clusters) == (other.dataset, other.n_samples, other.n_clusters)


def against(run: Run, now: Snapshot, view: ViewState, beside: Snapshot | None, mask: np.ndarray | None) -> None:
    """The box of the comparison."""
    with box("against", "What does another have right?", ABOUT) as head:
        with head:
            _choose(run, now, view, beside)
        if beside is None:
            to_come("Pin a moment, or choose another run: then which samples one has right and the other wrong.", 60)
            return
        if not now.clustered:
            to_come("Move the timeline on to a moment that has clusters.", 60)
            return
        first, second, third = st.columns([26, 32, 42])
        with first:
            _two_by_two(run, now, view, beside)
        with second:
            _matrix_there(beside)
        with third:
            views.scene_beside(beside, view, mask, HEIGHT)


def _choose(run: Run, now: Snapshot, view: ViewState, beside: Snapshot | None) -> None:
    runs = {"": "none", **_others(run)}
    here = f"{run.folder.id}@{now.number}"
    current = view.pin if beside is not None else ""
    if current and current not in runs:
        runs[current] = f"this run at step {thousands(beside.iteration)}" if beside.run is run else current

    def take() -> None:
        picked = chosen_with("pin_of")
        if picked != current:  # a list that comes back may tell what it shows
            change_view(pin=picked, selection=st.session_state.view.selection.replace(versus=""))

    st.selectbox(
        "Compared with",
        list(runs),
        key=key_showing("pin_of", current),
        format_func=runs.get,
        on_change=take,
        label_visibility="collapsed",
        width=300,
    )
    st.button("Pin this moment", icon=":material/keep:", key="pin", disabled=not now.clustered,
              on_click=change_view, kwargs={"pin": here})  # fmt: skip


def _others(run: Run) -> dict[str, str]:
    """Titles of runs that can be compared with this one, newest first."""
    fit = [
        entry
        for entry in focus.index().entries()
        if entry.id != run.folder.id and entry.config and _comparable(entry.config, run.config)
    ]
    return titles(fit[:MOST_RUNS])


def _two_by_two(run: Run, now: Snapshot, view: ViewState, beside: Snapshot) -> None:
    labelled = now.wrong is not None
    if labelled:
        counts = right_and_wrong(~now.wrong, ~beside.wrong)
        rows, columns = ("right here", "wrong here"), ("right there", "wrong there")
    else:
        same = now.agrees_with(beside)
        counts = np.array([[same.sum(), (~same).sum()]])
        rows, columns = ("samples",), ("same cluster", "another")
    picked = view.selection.versus
    names = CELLS if labelled else (("agree", "differ"),)
    place = next(((i, j) for i, row in enumerate(names) for j, name in enumerate(row) if name == picked), (-1, -1))
    data = {
        "run": run.folder.id, "rows": rows, "columns": [{"name": name, "colour": ""} for name in columns],
        "counts": counts.tolist(), "classes": list(range(len(rows))), "class_of": [0, 1], "show": "count",
        "chosen": {"row": place[0], "column": place[1]}, "titles": {"rows": "", "columns": ""}, "noun": run.noun,
        "follows": False, "name": "Right here and there", "alt": f"{int(counts[0, 1])} only right here",
    }  # fmt: skip

    def clicked() -> None:
        cell = st.session_state.versus.cell
        single = cell["row"] >= 0 and cell["column"] >= 0
        change_filters(versus=names[cell["row"]][cell["column"]] if single else "")

    matrix_component(data=data, key="versus", height=HEIGHT // 2, on_cell_change=clicked)
    st.caption(sentence(f"There: {_title(now, beside)}"))


def _title(now: Snapshot, beside: Snapshot) -> str:
    name = "this run" if beside.run.folder.id == now.run.folder.id else title(focus.index().entry(beside.run.folder.id))
    return f"{name}, at step {thousands(beside.iteration)}"


def _matrix_there(beside: Snapshot) -> None:
    data = views.matrix_data(beside, {"row": -1, "column": -1}, "count")
    matrix_component(
        data=data | {"follows": False, "name": "Confusion matrix there"}, key="matrix_there", height=HEIGHT
    )
