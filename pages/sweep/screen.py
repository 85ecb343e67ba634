"""The screen Sweep: left what to try, right what was found, live."""

from __future__ import annotations

from typing import Any

import streamlit as st

from dec_core.analysis.verdict import ENOUGH_TRIALS
from dec_core.config import ConfigError
from dec_core.data import DataError
from dec_core.fields import field_title, fields
from dec_core.figures import sweep as figures
from dec_core.runs.folder import RunFolder
from pages.shared import components, focus, link
from pages.shared.box import box, to_come
from pages.shared.boxes import Boxes
from pages.shared.news import redraw_on_news, seen
from pages.shared.places import runs_root
from pages.shared.snapshot_view import shown as shown_data
from pages.shared.text import count_of, escape, sentence
from pages.shared.views import Views
from pages.sweep import storage
from pages.sweep.headline import headline, n_ended
from pages.sweep.news import SWEEP
from pages.sweep.plan_form import plan_form
from pages.sweep.trials import trials_table

HEIGHT = 228  # of the figures, in pixels
ABOUT_HISTORY = "Each point is a trial; the line is the best value so far. Pruned trials are at the bottom."
ABOUT_PARALLEL = "Each line is a finished trial through its values: the stronger the line, the better the trial."
ABOUT_IMPORTANCE = "Share of the objective's variance that each field explains (PED-ANOVA, Watanabe et al., 2023)."
ABOUT_SLICES = "The objective against each field alone; later trials are darker."
ABOUT_TRIALS = "Every trial is a run. Select one to inspect it or save it as a preset, or several to compare them."


def screen() -> None:
    """Draw it; anew when there is something new of the sweep that is looked at."""
    with st.container(key="unseen"):
        components.load_plotly()
    try:
        names = storage.names()
    except ValueError as error:
        st.error(sentence(error), icon=":material/error:")
        return
    left, right = st.columns([27, 73])
    with left, box("plan", "What should be varied?", "A sweep trains one config after another and keeps every run."):
        plan_form()
    with right:
        chosen = _choose(names)
        if chosen is None:
            with box("history", "What has been found?", ABOUT_HISTORY):
                to_come("Start a sweep; its trials appear here, best first.", 2 * HEIGHT)
            return
        st.fragment(_view)(chosen, focus.supervisor().is_sweeping(chosen))


def _choose(names: dict[str, str]) -> str | None:
    """Under which name the sweep that is looked at is stored; `names` are those of all, by what the visitor calls them.

    It is the link's, the one started last, or the one chosen before; else the newest.
    """
    state, linked = st.session_state, (link.asked() or {}).get("sweep")
    wanted = state.pop("sweep_shown", None) or (names.get(linked) if linked else state.get("sweep_chosen"))
    if linked and linked not in names:
        st.warning(f"There is no sweep {escape(repr(linked), 60)} on this server.", icon=":material/link_off:")
    if not names:
        return None
    stored = list(names.values())
    current = wanted if wanted in stored else stored[0]
    chosen = st.selectbox("Sweep", stored, stored.index(current), format_func=storage.in_words, key=f"sweep_{current}",
                          label_visibility="collapsed")  # fmt: skip
    state.sweep_chosen = chosen
    link.write({"sweep": next(name for name, each in names.items() if each == chosen)})
    return chosen


def _view(name: str, was_at_work: bool) -> None:
    focus.go_on()
    if was_at_work != focus.supervisor().is_sweeping(name):
        st.rerun()
    before = seen(SWEEP, name)  # first: what comes while this is drawn is news
    try:
        with storage.answering():
            _draw(storage.study(name), was_at_work)
    except ValueError as error:
        st.error(sentence(error), icon=":material/error:")
    redraw_on_news(before)


def _draw(study: Any, was_at_work: bool) -> None:
    """All of it, which asks the database here and there."""
    from dec_core.sweeps import outcome, studies

    plan, rows = studies.plan_of(study), studies.table(study)
    best, titles = outcome.best(rows), _titles(plan)
    headline(study, plan, rows, titles, was_at_work)
    _figures(study, plan, rows, titles, n_ended(rows))
    with box("trials", "Which trials ran?", ABOUT_TRIALS) as head:
        trials_table(plan, rows, titles, head)
    if best is not None and best["runs"]:
        _best(best, len(outcome.level_with_best(rows)))


def _titles(plan: Any) -> dict[str, str]:
    """Names of the fields that vary, as short as they can be told apart: an axis has little room."""
    labels = [fields()[name]["label"].partition(" (")[0] for name in plan.space]
    return {
        name: label if labels.count(label) == 1 else field_title(name)
        for name, label in zip(plan.space, labels, strict=True)
    }


# -- figures


def _figures(study: Any, plan: Any, rows: list[dict[str, Any]], titles: dict[str, str], ended: int) -> None:
    """Four boxes; drawn anew only when another trial has ended."""
    from dec_core.sweeps.outcome import best_in_words

    drawn = _drawn(study.study_name, ended, len(rows), study, plan, rows, titles)
    best = best_in_words(rows, figures.OBJECTIVES[plan.objective].lower(), 3)
    finding = f"{count_of(ended, 'trial')}{'; ' if best else ''}{best}."
    asked = [
        ("history", "Does it get better?", ABOUT_HISTORY, "Trials appear as they end."),
        ("parallel", "Which values go together?", ABOUT_PARALLEL, "Appears after two trials."),
        (
            "importances",
            "Which fields matter?",
            ABOUT_IMPORTANCE,
            f"Appears after {ENOUGH_TRIALS} finished trials; fewer are not informative.",
        ),
        ("slices", "What does each field do?", ABOUT_SLICES, "Appears after two trials."),
    ]
    for start in (0, 2):
        for place, (key, question, about, later) in zip(st.columns(2), asked[start : start + 2], strict=True):
            with place, box(key, question, about):
                if drawn[key]:
                    components.plot(drawn[key], question, finding, f"sweep_{key}", HEIGHT)
                else:
                    to_come(later, HEIGHT)


@st.cache_data(max_entries=50, show_spinner=False)
def _drawn(
    name: str, ended: int, n_rows: int, _study: Any, _plan: Any, _rows: list[dict[str, Any]], _titles: dict[str, str]
) -> dict[str, str | None]:
    logarithmic = [field for field, span in _plan.space.items() if getattr(span, "log", False)]
    made = {
        "history": figures.history(_rows, _plan.objective, HEIGHT) if ended else None,
        "parallel": figures.parallel(_rows, _titles, logarithmic, _plan.objective, HEIGHT),
        "importances": figures.importances(_study, _titles, HEIGHT),
        "slices": figures.slices(_study, _titles, _plan.objective, HEIGHT),
    }
    return {key: figure.to_json() if figure else None for key, figure in made.items()}


def _best(best: dict[str, Any], n_level: int) -> None:
    """The view of the best trial, or of the first of those that are level."""
    run = RunFolder(runs_root() / best["runs"][0])
    try:
        config = run.config
        shown_data(config)
    except (ConfigError, DataError):
        return  # it was trained on another machine
    number = best["number"]
    st.markdown(
        f"**Best trial so far: {number:d}**"
        if n_level == 1
        else f"**Trial {number:d}, one of {n_level:d} level trials**"
    )
    Boxes(Views(run.id, focus.reader(run.id).refresh(), config)).show()
