"""The screen Sweep: left what to try, right what was found, live."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any

import pandas as pd
import streamlit as st

from dec_core.config import ConfigError, field_title, fields
from dec_core.data import DataError
from dec_core.figures import sweep as figures
from dec_core.runs.folder import RunFolder
from dec_core.runs.own_presets import keep_preset
from pages.shared import components, focus
from pages.shared.box import box, to_come
from pages.shared.boxes import Boxes
from pages.shared.places import runs_root
from pages.shared.snapshot_view import shown as shown_data
from pages.shared.text import escape, sentence
from pages.shared.trouble import writing
from pages.sweep import storage
from pages.sweep.plan_form import plan_form
from pages.train.controls import once

COLUMNS = {
    "ACC": st.column_config.NumberColumn(format="%.1f %%"),
    "Seconds": st.column_config.NumberColumn(format="%.0f"),
    **{name: st.column_config.NumberColumn(format="%.3f") for name in ("Agreement", "Silhouette", "NMI", "ARI")},
}
HEIGHT = 228  # of the figures, in pixels
ABOUT_HISTORY = "Each point is a trial, the line the best value so far. Trials that were cut short stand at the foot."
ABOUT_PARALLEL = "Each line is a finished trial, coloured by its value. Drag along an axis to keep some."
ABOUT_IMPORTANCE = "How much of the objective's variation each field explains (PED-ANOVA, Watanabe et al., 2023)."
ABOUT_SLICES = "The objective over each field alone; later trials are darker."
ABOUT_TRIALS = "Every trial is a run: choose one to inspect it or to keep it as a preset, several to compare them."
TRUST = (
    "Spearman's rank correlation over the finished trials: 1 if the label-free objective orders them as accuracy does, "
    "0 if it says nothing of it. Labels are asked for this figure alone."
)


def screen() -> None:
    """Draw it; every two seconds while a sweep is worked on."""
    with st.container(key="unseen"):
        components.keys({" ": [], "ArrowRight": []}, {"/": "shell"})
        components.load_plotly()
    try:
        names = storage.names()
    except ValueError as error:
        st.error(sentence(error), icon=":material/error:")
        return
    left, right = st.columns([27, 73])
    with left, box("plan", "What shall be tried?", "A sweep trains one config after the other, and keeps every run."):
        plan_form()
    with right:
        chosen = _choose(names)
        if chosen is None:
            with box("history", "What has been found?", ABOUT_HISTORY):
                to_come("Start a sweep: its trials appear here, the best first.", 2 * HEIGHT)
            return
        at_work = focus.supervisor().is_sweeping(chosen)
        st.fragment(_view, run_every=2.0 if at_work else 10.0)(chosen, at_work)


def _choose(names: list[str]) -> str | None:
    """The sweep that is looked at: the link's, or the one that was chosen or started last."""
    linked = st.query_params.get("sweep")
    wanted = st.session_state.pop("sweep_shown", None) or linked
    if linked and linked not in names:
        st.warning(f"There is no sweep {escape(repr(linked), 60)} on this server.", icon=":material/link_off:")
    if not names:
        return None
    current = wanted if wanted in names else names[0]
    chosen = st.selectbox("Sweep", names, names.index(current), key=f"sweep_{current}", label_visibility="collapsed")
    if st.query_params.get("sweep") != chosen:
        st.query_params["sweep"] = chosen
    return chosen


def _view(name: str, was_at_work: bool) -> None:
    from dec_core.sweeps import studies

    focus.go_on()
    if was_at_work != focus.supervisor().is_sweeping(name):
        st.rerun()
    try:
        with storage.answering():
            study = storage.study(name)
            plan, rows = studies.plan_of(study), studies.table(study)
    except ValueError as error:
        st.error(sentence(error), icon=":material/error:")
        return
    best = studies.best(rows)
    _headline(study, plan, rows, best, was_at_work)
    titles = _titles(plan)
    n_ended = sum(row["state"] not in ("waiting", "running") for row in rows)
    _figures(study, plan, rows, titles, n_ended)
    with box("trials", "Which trials are there?", ABOUT_TRIALS) as head:
        _trials(plan, rows, titles, head)
    if best is not None and best["runs"]:
        _best(best)


def _titles(plan: Any) -> dict[str, str]:
    """Names of the fields that vary, as short as they can be told apart."""
    labels = [fields()[name]["label"] for name in plan.space]
    return {
        name: label if labels.count(label) == 1 else field_title(name)
        for name, label in zip(plan.space, labels, strict=True)
    }


def _headline(study: Any, plan: Any, rows: list[dict[str, Any]], best: dict[str, Any] | None, at_work: bool) -> None:
    """Where the sweep stands, how far its objective can be trusted, and what can be done with it."""
    from dec_core.sweeps import studies

    paused = studies.is_paused(study)
    n_ended = sum(row["state"] not in ("waiting", "running") for row in rows)
    words = f"{n_ended} of {len(rows)} trials"
    if best:
        words += f" · best {figures.OBJECTIVES[plan.objective].lower()} {best['value']:.3f}, trial {best['number']}"
    state = _state(study, rows, paused=paused, at_work=at_work)
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="controls"):
        st.markdown(f"**{escape(words)}**{f' · {escape(state)}' if state else ''}", width="stretch")
        left = any(row["state"] in ("waiting", "running") for row in rows)
        if left and at_work and not paused:
            st.button(
                "Pause", icon=":material/pause:", key="pause_sweep", on_click=_told, args=(storage.pause, plan.name)
            )
        elif left:
            st.button("Resume", icon=":material/resume:", key="resume_sweep", on_click=_told,
                      args=(storage.go_on, plan.name),
                      help="A trial that was under way goes on where its checkpoint stands.")  # fmt: skip
        if plan.sampler != "grid":
            st.button("10 more", icon=":material/add:", key="extend", on_click=_told,
                      args=(storage.extend, plan.name, 10),
                      help="Ten more trials, chosen by what is known by now.")  # fmt: skip
        told = {"on_click": "ignore", "key": "sweep_csv", "icon": ":material/download:"}
        st.download_button("CSV", lambda: studies.as_csv(rows, plan), f"{plan.name}.csv", "text/csv", **told)
    told = []
    if plan.uses_labels:
        told.append(":material/label: **Tuned by labels**: these values could not have been chosen without them.")
    else:
        trust = studies.rank_correlation(rows, plan.objective)
        if trust is not None:
            told.append(f"Rank correlation of the objective with accuracy so far: **{trust:.2f}**.")
    if studies.trouble(study) and not at_work:
        told.append(f":material/warning: {sentence(studies.trouble(study))}")
    failed = next((row["ended"] for row in reversed(rows) if row["state"] == "failed"), "")
    if failed:
        told.append(f":material/warning: {sentence(f'A trial failed: {failed}')}")
    with st.container(key="findings"):
        st.caption(" ".join(told) or "\u2003", help=TRUST if told and not plan.uses_labels else None)


def _state(study: Any, rows: list[dict[str, Any]], *, paused: bool, at_work: bool) -> str:
    from dec_core.sweeps import studies

    if not any(row["state"] in ("waiting", "running") for row in rows):
        return "done"
    if paused:
        return "paused"
    if studies.is_over(study):
        return "its minutes are used up"
    if at_work:
        before = focus.supervisor().sweep_before(study.study_name)
        waits = "holds while a run trains" if focus.supervisor().sweep_waits() else ""
        return f"waits for the sweep {before}" if before else waits
    if any(row["state"] == "running" for row in rows):
        return "worked on elsewhere, or left behind"
    return "nobody is working on it"


def _told(act: Callable[..., None], *arguments: Any) -> None:
    """Act, once for a click; say what went wrong."""
    try:
        once(act.__name__, act, *arguments)
    except ValueError as error:
        st.toast(sentence(error), icon=":material/error:")


# -- figures


def _figures(study: Any, plan: Any, rows: list[dict[str, Any]], titles: dict[str, str], n_ended: int) -> None:
    """Four boxes; drawn anew only when another trial has ended."""
    drawn = _drawn(plan.name, n_ended, len(rows), study, plan, rows, titles)
    asked = [
        ("history", "Does it get better?", ABOUT_HISTORY, "Trials appear as they end."),
        ("parallel", "Which values go together?", ABOUT_PARALLEL, "After two trials."),
        (
            "importances",
            "What matters?",
            ABOUT_IMPORTANCE,
            f"After {figures.ENOUGH} finished trials: fewer say nothing.",
        ),
        ("slices", "How does each field act?", ABOUT_SLICES, "After two trials."),
    ]
    for start in (0, 2):
        for place, (key, question, about, later) in zip(st.columns(2), asked[start : start + 2], strict=True):
            with place, box(key, question, about):
                if drawn[key]:
                    components.plot(drawn[key], question, f"{n_ended} trials", f"sweep_{key}", HEIGHT)
                else:
                    to_come(later, HEIGHT)


@st.cache_data(max_entries=50, show_spinner=False)
def _drawn(
    name: str, n_ended: int, n_rows: int, _study: Any, _plan: Any, _rows: list[dict[str, Any]], _titles: dict[str, str]
) -> dict[str, str | None]:
    logarithmic = [field for field, span in _plan.space.items() if getattr(span, "log", False)]
    found = {
        "history": figures.history(_rows, _plan.objective, HEIGHT) if n_ended else None,
        "parallel": figures.parallel(_rows, _titles, logarithmic, _plan.objective, HEIGHT),
        "importances": figures.importances(_study, _titles, HEIGHT),
        "slices": figures.slices(_study, _titles, _plan.objective, HEIGHT),
    }
    return {key: figure.to_json() if figure else None for key, figure in found.items()}


# -- trials


def _trials(plan: Any, rows: list[dict[str, Any]], titles: dict[str, str], head: Any) -> None:
    """The best first; chosen ones can be inspected, compared, kept."""
    order = sorted(rows, key=lambda row: (row["value"] is None, -(row["value"] or 0), row["number"]))
    before = st.session_state.get(f"chosen_{plan.name}", [])
    places = [place for place, row in enumerate(order) if row["number"] in before]
    key = f"trials_{plan.name}_{hash(tuple(row['number'] for row in order))}"  # another where rows have moved

    def pick() -> None:
        picked = st.session_state[key].selection.rows
        st.session_state[f"chosen_{plan.name}"] = [order[place]["number"] for place in picked if place < len(order)]

    table = pd.DataFrame([_row(row, titles, plan.objective) for row in order])
    st.dataframe(
        table, key=key, on_select=pick, selection_mode="multi-row", hide_index=True, height=250,
        selection_default={"selection": {"rows": places}}, column_config=COLUMNS, placeholder="–",
    )  # fmt: skip
    chosen = [order[place] for place in places] or order[:1]
    runs = [row["runs"][0] for row in chosen if row["runs"]]
    with head:
        told = {"disabled": not runs, "type": "tertiary"}
        if runs:
            st.button("Inspect", icon=":material/image_search:", key="inspect_trial", on_click=focus.inspect_next,
                      args=(runs[0],), **told)  # fmt: skip
            st.button("Compare", icon=":material/compare:", key="compare_trials", on_click=focus.go_to,
                      args=("compare",), kwargs={"runs": ",".join(_to_compare(order, runs))}, **told)  # fmt: skip
            with st.popover("Make it a preset", icon=":material/bookmark_add:", type="tertiary", key="make_preset"):
                _make_preset(plan, chosen[0])


def _to_compare(order: Sequence[dict[str, Any]], runs: list[str]) -> list[str]:
    """The chosen ones; of a single one the best beside it."""
    if len(runs) > 1:
        return runs[:8]
    others = [row["runs"][0] for row in order if row["runs"] and row["runs"][0] not in runs]
    return [*runs, *others[:1]]


def _row(row: dict[str, Any], titles: dict[str, str], objective: str) -> dict[str, Any]:
    scores = row["scores"]
    accuracy = scores.get("acc")
    return {
        "Trial": row["number"],
        "State": "cut short" if row["state"] == "pruned" else row["ended"] or row["state"],
        "Agreement": scores.get("agreement"),
        "Silhouette": scores.get("silhouette"),
        "ACC": None if accuracy is None else 100 * accuracy,
        **({objective.upper(): scores.get(objective)} if objective in ("nmi", "ari") else {}),
        **{title: row["params"].get(field) for field, title in titles.items()},
        "Seconds": row["seconds"],
        "Seeds": len(row["per_seed"]) or None,
    }


def _make_preset(plan: Any, row: dict[str, Any]) -> None:
    offered = f"{re.sub('[^a-z0-9-]', '-', plan.name.lower()).strip('-')[:34]}-{row['number']}"
    name = st.text_input("Name of the preset", offered, key=f"preset_{plan.name}_{row['number']}")
    st.caption(f"Trial {row['number']:d}; it then stands in the list of presets on Train.")
    st.button("Keep", key="keep_preset", type="primary", on_click=_keep, args=(plan, row, name.strip()))


def _keep(plan: Any, row: dict[str, Any], name: str) -> None:
    try:
        with writing("The preset"):
            keep_preset(runs_root(), name, plan.config(row["params"]))
    except ValueError as error:
        st.toast(sentence(error), icon=":material/error:")
        return
    st.toast(f"{escape(name)} is a preset now: see the list on Train.", icon=":material/bookmark_added:")


def _best(best: dict[str, Any]) -> None:
    """The best trial's own view."""
    run = RunFolder(runs_root() / best["runs"][0])
    try:
        config = run.config
        shown_data(config)
    except (ConfigError, DataError):
        return  # it was trained on another machine
    st.markdown(f"**The best so far: trial {best['number']:d}**")
    Boxes(run.id, focus.reader(run.id).refresh(), config).show()
