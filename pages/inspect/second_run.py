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
from pages.shared.matrix import matrix as matrix_component
from pages.shared.matrix import matrix_data
from pages.shared.opened import opened, snapshot
from pages.shared.permission import may_run
from pages.shared.picker import title, titles
from pages.shared.places import runs_root
from pages.shared.text import sentence
from pages.shared.widget_key import key_showing, value_chosen

HEIGHT = 300
MOST_RUNS = 60
CELLS = (("both", "here"), ("there", "neither"))  # rows: right here, wrong here; columns: right there, wrong there
ABOUT = (
    "Pin this snapshot, or choose another run on the same data: the samples selected here are highlighted there, too. "
    "Click a cell to see the samples that one gets right and the other wrong."
)


def pinned(run: Run, view: ViewState, problems: list[str]) -> Snapshot | None:
    """The second moment, as the link names it; None where there is none, or it cannot be compared."""
    if not view.pin:
        return None
    run_id, _, number = view.pin.partition("@")
    folder = RunFolder(runs_root() / run_id)
    if (
        "/" in run_id
        or "\\" in run_id
        or run_id.startswith(".")
        or not is_run(folder.path)
        or not may_run("see", folder)
    ):
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
        problems.append(f"pin: {run_id} has no clusters at snapshot {number[:20]!r}")
        return None
    return snapshot(other, known[number])


def _comparable(one: RunConfig, other: RunConfig) -> bool:
    """Whether sample 5 is the same one in both, and as many clusters are looked for."""
    return (one.dataset, one.n_samples, one.n_clusters) == (other.dataset, other.n_samples, other.n_clusters)


def comparison(run: Run, now: Snapshot, view: ViewState, second: Snapshot | None, mask: np.ndarray | None) -> None:
    """The box of the comparison."""
    with box("against", "What does another run get right?", ABOUT) as head:
        with head:
            _choose(run, now, view, second)
        if second is None:
            to_come("Pin a snapshot or choose another run to see which samples one gets right and the other wrong.", 60)
            return
        if not now.clustered:
            to_come("Move the timeline to a snapshot that has clusters.", 60)
            return
        left, middle, right = st.columns([26, 32, 42])
        with left:
            _two_by_two(run, now, view, second)
        with middle:
            _second_matrix(second)
        with right:
            views.second_scene(second, view, mask, HEIGHT)


def _choose(run: Run, now: Snapshot, view: ViewState, second: Snapshot | None) -> None:
    runs = {"": "none", **_others(run)}
    this_snapshot = f"{run.folder.id}@{now.number}"
    current = view.pin if second is not None else ""
    if current and current not in runs:
        runs[current] = f"this run at step {thousands(second.iteration)}" if second.run is run else current

    def take() -> None:
        picked = value_chosen("pin_of")
        if picked != current:  # a list that comes back may tell what it shows
            change_view(pin=picked, selection=st.session_state.view.selection.replace(versus=""))

    st.selectbox(
        "Compared with",
        list(runs),
        list(runs).index(current),
        key=key_showing("pin_of", current),
        format_func=runs.get,
        on_change=take,
        label_visibility="collapsed",
        width=300,
    )
    st.button("Pin this snapshot", icon=":material/keep:", key="pin", disabled=not now.clustered,
              on_click=change_view, kwargs={"pin": this_snapshot})  # fmt: skip


def _others(run: Run) -> dict[str, str]:
    """Titles of runs that can be compared with this one, newest first."""
    fit = [
        entry
        for entry in focus.index().entries(recorded=True)
        if entry.id != run.folder.id and entry.config and _comparable(entry.config, run.config)
    ]
    return titles(fit[:MOST_RUNS])


def _two_by_two(run: Run, now: Snapshot, view: ViewState, second: Snapshot) -> None:
    labelled = now.wrong is not None
    if labelled:
        counts = right_and_wrong(~now.wrong, ~second.wrong)
        rows, columns = ("right here", "wrong here"), ("right there", "wrong there")
    else:
        same = now.agrees_with(second)
        counts = np.array([[same.sum(), (~same).sum()]])
        rows, columns = ("samples",), ("same cluster", "different")
    picked = view.selection.versus
    names = CELLS if labelled else (("agree", "differ"),)
    place = next(((i, j) for i, row in enumerate(names) for j, name in enumerate(row) if name == picked), (-1, -1))
    data = {
        "run": run.folder.id, "rows": rows, "columns": [{"name": name, "colour": ""} for name in columns],
        "counts": counts.tolist(), "classes": list(range(len(rows))), "class_of": [0, 1], "show": "count",
        "chosen": {"row": place[0], "column": place[1]}, "titles": {"rows": "", "columns": ""}, "noun": run.noun,
        "follows": False, "name": "Right here, right there", "alt": f"{int(counts[0, 1])} only right here",
    }  # fmt: skip

    def clicked() -> None:
        cell = st.session_state.versus.cell
        single = cell["row"] >= 0 and cell["column"] >= 0
        change_filters(versus=names[cell["row"]][cell["column"]] if single else "")

    matrix_component(data=data, key="versus", height=HEIGHT // 2, on_cell_change=clicked)
    st.caption(sentence(f"“There” is {_title(now, second)}"))


def _title(now: Snapshot, second: Snapshot) -> str:
    name = "this run" if second.run.folder.id == now.run.folder.id else title(focus.index().entry(second.run.folder.id))
    return f"{name}, at step {thousands(second.iteration)}"


def _second_matrix(second: Snapshot) -> None:
    data = matrix_data(second, {"row": -1, "column": -1}, "count")
    matrix_component(
        data=data | {"follows": False, "name": "Confusion matrix there"}, key="matrix_there", height=HEIGHT
    )
