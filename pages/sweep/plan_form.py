"""What to try: a config to start from, fields that vary and how far, and how trials are chosen and judged."""

from __future__ import annotations

import time
from typing import Any

import streamlit as st

from dec_core.config import ConfigError, RunConfig
from dec_core.fields import field_title, fields
from dec_core.glossary import explained, tooltip
from dec_core.presets import PRESETS
from dec_core.reading.progress import duration
from dec_core.runs.own_presets import own_presets
from dec_core.sweeps.plan import SweepPlan, plan_fields
from dec_core.sweeps.space import Choices, Range, default_range, is_whole, parse_range, sweepable
from pages.shared import focus
from pages.shared.expected import expected_seconds, rates_of_server
from pages.shared.permission import keeps_for
from pages.shared.picker import name as name_of_run
from pages.shared.places import runs_root
from pages.shared.snapshot_view import shown
from pages.shared.text import count_of, escape, sentence
from pages.sweep.storage import begin

IN_FOCUS = ""  # no preset has this name
FIRST = ("cluster_learning_rate", "n_clusters")  # what varies until something else is chosen
MANY = 100  # values, from which on a slider goes by orders of magnitude
PLAN = plan_fields()
KEPT = {"persist_state": "session"}  # for who plans, looks at a run on another screen, and comes back
LABEL_FREE_OBJECTIVES = f"Neither uses labels.\n\n{explained('agreement', 'silhouette')}"
BY_LABELS_OBJECTIVES = explained("acc", "nmi", "ari")
BY_LABELS = (
    "Scores trials against the labels. Deep clustering itself has none, so what is found this way could not be found "
    "on unlabeled data; it is marked as tuned by labels."
)


def plan_form() -> None:
    """Draw the form with its button."""
    base = _base()
    if base is None:
        return
    known = sweepable(base)
    first = [name for name in FIRST if name in known] or known[:1]
    varied = st.multiselect("Fields to vary", known, first, key=f"vary_{hash(base)}", format_func=field_title, **KEPT,
                            help="Each varies over its range below; all other fields stay fixed.")  # fmt: skip
    grid = st.session_state.get("plan_sampler") == "grid"
    space, problems = _space(varied, base, grid=grid)
    values = _how(_has_labels(base), grid=grid)
    plan = None
    if not problems:
        try:
            plan = SweepPlan.make(base=base, space=space, **values)
        except ConfigError as error:
            problems = error.problems
    for name, problem in problems.items():
        title = field_title(name) if name in RunConfig.model_fields else PLAN.get(name, {"label": name})["label"]
        st.caption(f":red[:material/error: {sentence(f'{title}: {problem}')}]")
    if plan is not None:
        st.caption(escape(_cost(plan)))
    st.button(
        "Start the sweep", type="primary", icon=":material/play_arrow:", key="start_sweep", width="stretch",
        disabled=plan is None, on_click=_start, args=(plan,),
    )  # fmt: skip


def _base() -> RunConfig | None:
    """The config to start from: a preset, or that of the run in focus."""
    presets = PRESETS | own_presets(runs_root(), keeps_for())
    run = focus.focused_run(warn=False)
    entry = focus.index().entry(run.id) if run else None
    named = {}
    if entry is not None and entry.config is not None and sweepable(entry.config):
        named[IN_FOCUS] = f"the run in focus: {name_of_run(entry)}"
    named |= {name: name for name in presets if sweepable(presets[name])}
    about = "Fields that do not vary keep the values of this preset, or of the run in focus, including its dataset."
    chosen = st.selectbox("Start from", list(named), format_func=named.get, key="sweep_base", help=about, **KEPT)
    return entry.config if chosen == IN_FOCUS and entry else presets.get(chosen)


# -- one field


def _space(varied: list[str], base: RunConfig, *, grid: bool) -> tuple[dict[str, Range | Choices], dict[str, str]]:
    """How far each field varies, and what is wrong with what was typed; fields without any value are left out."""
    space, problems = {}, {}
    for name in varied:
        try:
            span = _values(name, base) if grid else _span(name, base)
        except ConfigError as error:
            problems |= error.problems
            continue
        if span is not None:
            space[name] = span
    return space, problems


def _values(name: str, base: RunConfig) -> Range | Choices | None:
    """The values that a grid tries of a field. Raises ConfigError."""
    span = default_range(name, base)
    if isinstance(span, Choices):
        return _span(name, base)
    offered = dict.fromkeys((span.low, getattr(base, name), span.high))
    text = st.text_input(
        f"{field_title(name)}: values", ", ".join(f"{value:g}" for value in offered), key=f"values_{name}_{hash(base)}",
        **KEPT,
        help=f"{tooltip(name)}\n\nSeparate values by commas; ranges of integers can be written as 5..15.",
    )  # fmt: skip
    return parse_range(name, text, base) if text.strip() else None


def _span(name: str, base: RunConfig) -> Range | Choices | None:
    """The range that was chosen for a field; None where nothing is."""
    span, key = default_range(name, base), f"span_{name}_{hash(base)}"
    label, about = field_title(name), tooltip(name)
    if isinstance(span, Choices):
        names = {_said(choice): choice for choice in span.choices}
        chosen = st.pills(label, list(names), selection_mode="multi", default=list(names), key=key, help=about, **KEPT,
                          format_func=escape)  # fmt: skip
        return Choices(choices=tuple(names[text] for text in chosen)) if chosen else None
    low, high = fields()[name].get("minimum", 0), fields()[name].get("maximum", 10 * span.high)
    whole = is_whole(name)
    if whole and high - low <= MANY:
        ends = st.slider(label, low, high, (span.low, span.high), key=key, help=about, **KEPT)
        return Range(low=ends[0], high=ends[1])
    if not span.log and not whole:
        ends = st.slider(
            label, float(low), float(high), (float(span.low), float(span.high)), key=key, help=about, **KEPT
        )
        return Range(low=ends[0], high=ends[1])
    grid = _grid(max(low, 1 if whole else span.low / 1000), high, (span.low, span.high), whole=whole)
    ends = st.select_slider(
        label, grid, (span.low, span.high), key=key, format_func=lambda v: f"{v:g}", help=about, **KEPT
    )
    return Range(low=ends[0], high=ends[1], log=ends[0] > 0)


def _grid(low: float, high: float, ends: tuple[float, float], *, whole: bool) -> list[float]:
    """1, 2, 5, 10, ... within the field's own range, and the two ends."""
    steps = [float(f"{digit}e{exponent}") for exponent in range(-8, 7) for digit in (1, 2, 5)]
    values = {step for step in steps if low <= step <= high} | set(ends)
    return sorted({int(value) for value in values if value >= low} if whole else values)


def _said(value: Any) -> str:
    return {True: "yes", False: "no", None: "all"}.get(value, str(value))


# -- how trials are chosen and judged


def _how(labelled: bool, *, grid: bool) -> dict[str, Any]:
    left, right = st.columns(2)
    n_trials = left.number_input(
        PLAN["n_trials"]["label"], 1, 1000, 20, key="n_trials", help=PLAN["n_trials"]["help"], disabled=grid, **KEPT
    )
    n_seeds = right.number_input(
        PLAN["n_seeds"]["label"], 1, 10, 1, key="n_seeds", help=PLAN["n_seeds"]["help"], **KEPT
    )
    by_labels = labelled and st.toggle("Tune by labels", key="by_labels", help=BY_LABELS, **KEPT)
    objectives = [name for name in PLAN["objective"]["choices"] if (name in ("acc", "nmi", "ari")) == by_labels]
    about = BY_LABELS_OBJECTIVES if by_labels else LABEL_FREE_OBJECTIVES
    objective = st.segmented_control(
        PLAN["objective"]["label"], objectives, default=objectives[0], required=True, key=f"objective_{by_labels}",
        format_func=lambda name: name.upper() if by_labels else name.capitalize(), help=about,
        **KEPT,
    )  # fmt: skip
    with st.expander("Advanced", type="compact"):
        names = ("sampler", "pruner", "minutes")
        inputs = {name: {"help": PLAN[name]["help"], "key": f"plan_{name}", **KEPT} for name in names}
        sampler = st.segmented_control(
            PLAN["sampler"]["label"], PLAN["sampler"]["choices"], default="tpe", required=True, **inputs["sampler"]
        )
        pruner = st.segmented_control(
            PLAN["pruner"]["label"], PLAN["pruner"]["choices"], default="median", required=True, **inputs["pruner"]
        )
        minutes = st.number_input(
            PLAN["minutes"]["label"], 1.0, value=None, placeholder="no limit", step=10.0, **inputs["minutes"]
        )
        name = st.text_input("Name", key="sweep_name", placeholder=_default_name(), help=PLAN["name"]["help"], **KEPT)
    return {
        "n_trials": int(n_trials), "n_seeds": int(n_seeds), "objective": objective, "sampler": sampler,
        "pruner": pruner, "minutes": minutes, "name": name.strip() or _default_name(),
    }  # fmt: skip


def _has_labels(base: RunConfig) -> bool:
    try:
        return shown(base).y is not None
    except ValueError:  # its data are gone: the worker says so
        return False


def _default_name() -> str:
    made = st.session_state.setdefault("sweep_made", time.strftime("%d%b-%H%M%S"))
    return f"sweep-{made}"


def _cost(plan: SweepPlan) -> str:
    """How long it may take: by runs of the same data that were trained on this server, or by what one should take."""
    alike = [
        entry.seconds
        for entry in focus.index().entries()
        if entry.config and entry.status.state == "finished" and entry.config.method == plan.base.method
        and (entry.config.dataset, entry.config.n_samples) == (plan.base.dataset, plan.base.n_samples)
    ]  # fmt: skip
    n = plan.n_planned * plan.n_seeds
    summary = count_of(n, "run")
    summary += f", {count_of(plan.n_planned, 'combination')}" if plan.sampler == "grid" else ""
    expected = expected_seconds(plan.base, rates_of_server(plan.base))
    each = sorted(alike)[len(alike) // 2] if alike else sum(expected)
    if not each:
        return f"{summary}. Runs started on Train go first."
    return f"{summary}, {duration(n * each)} without pruning. Runs started on Train go first."


def _start(plan: SweepPlan) -> None:
    if st.session_state.get("sweep_begun") == plan:  # by the first click of a double one
        return
    try:
        stored = begin(plan)
    except ValueError as error:
        st.toast(sentence(error), icon=":material/error:")
        return
    st.session_state.pop("sweep_made", None)
    st.session_state.sweep_begun = plan
    st.session_state.sweep_shown = stored
