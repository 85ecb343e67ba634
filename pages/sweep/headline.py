"""Where a sweep stands, what can be done with it, and how far its objective can be trusted."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import streamlit as st

from dec_core.figures.sweep import OBJECTIVES
from pages.shared import focus
from pages.shared.text import count_of, escape, sentence
from pages.sweep import storage

TRUST = (
    "Spearman's rank correlation over the finished trials: 1 if the label-free objective orders them as accuracy does, "
    "0 if it is unrelated to it. Labels are used for this number only."
)
WAITING = ("waiting", "running")


def headline(study: Any, plan: Any, rows: list[dict[str, Any]], titles: dict[str, str], at_work: bool) -> None:
    """One line with its buttons; below it what was tried, by the fields' `titles`, and what that says."""
    from dec_core.sweeps import studies

    state = _state(study, rows, at_work=at_work)
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="controls"):
        text = f"**{escape(_standing(plan, rows))}**"
        st.markdown(f"{text} · {escape(state)}" if state else text, width="stretch")
        _buttons(study, plan, rows, at_work=at_work)
    findings = _findings(plan, rows, titles, "" if at_work else studies.trouble(study))
    with st.container(key="findings"):
        st.caption(" ".join(findings) or "\u2003", help=TRUST if findings and not plan.uses_labels else None)


def n_ended(rows: list[dict[str, Any]]) -> int:
    """How many trials have ended, in whatever way."""
    return sum(row["state"] not in WAITING for row in rows)


def _standing(plan: Any, rows: list[dict[str, Any]]) -> str:
    from dec_core.sweeps.outcome import best_in_words

    counted = f"{n_ended(rows)} of {count_of(len(rows), 'trial')}"
    best = best_in_words(rows, OBJECTIVES[plan.objective].lower(), 3)
    return f"{counted} · {best}" if best else counted


def _state(study: Any, rows: list[dict[str, Any]], *, at_work: bool) -> str:
    from dec_core.sweeps import studies

    if n_ended(rows) == len(rows):
        return "done"
    if studies.is_paused(study):
        return "paused"
    if studies.is_over(study):
        return "time limit reached"
    if at_work:
        before = focus.supervisor().sweep_before(study.study_name)
        waits = "paused while a run trains" if focus.supervisor().sweep_waits() else ""
        return _waiting_for(before) if before else waits
    if any(row["state"] == "running" for row in rows):
        return "running on another machine, or abandoned"
    return "no worker is active"


def _waiting_for(stored: str) -> str:
    """What a sweep waits for, where another one is at work; somebody else's is not named."""
    if stored in storage.names().values():
        return f"waiting for the sweep {storage.in_words(stored)}"
    return "waiting for its turn: sweeps of several visitors take turns by trial"


def _buttons(study: Any, plan: Any, rows: list[dict[str, Any]], *, at_work: bool) -> None:
    from dec_core.sweeps import studies

    if n_ended(rows) < len(rows):
        if at_work and not studies.is_paused(study):
            st.button("Pause", icon=":material/pause:", key="pause_sweep", on_click=_act,
                      args=(storage.pause, study.study_name))  # fmt: skip
        else:
            st.button("Resume", icon=":material/resume:", key="resume_sweep", on_click=_act,
                      args=(storage.go_on, study.study_name),
                      help="An unfinished trial continues from its checkpoint.")  # fmt: skip
    if plan.sampler != "grid":
        st.button("10 more", icon=":material/add:", key="extend", on_click=_act,
                  args=(storage.extend, study.study_name, len(rows) + 10),
                  help="Run ten more trials, chosen from the results so far.")  # fmt: skip
    st.download_button("CSV", lambda: studies.as_csv(rows, plan), f"{plan.name}.csv", "text/csv", on_click="ignore",
                       key="sweep_csv", icon=":material/download:")  # fmt: skip


def _findings(plan: Any, rows: list[dict[str, Any]], titles: dict[str, str], trouble: str) -> list[str]:
    """What was tried, how far the objective can be trusted, and what went wrong; as Markdown."""
    from dec_core.sweeps.outcome import tried_in_words, trust_in_words

    tried = tried_in_words(rows, plan, titles)
    findings = [escape(tried)] if tried else []
    if plan.uses_labels:
        findings.append(":material/label: **Tuned by labels**: these values could not have been chosen without them.")
    trust = trust_in_words(rows, plan)
    findings += [escape(trust)] if trust else []
    failed = next((row["ended"] for row in reversed(rows) if row["state"] == "failed"), "")
    problems = [trouble, f"A trial failed: {failed}" if failed else ""]
    return findings + [f":material/warning: {sentence(problem)}" for problem in problems if problem]


def _act(act: Callable[..., None], *arguments: Any) -> None:
    """Act; say what went wrong."""
    try:
        act(*arguments)
    except ValueError as error:
        st.toast(sentence(error), icon=":material/error:")
