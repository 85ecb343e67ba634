"""How far the visitor is, and what they have answered: asked for by all of Learn."""

from __future__ import annotations

import contextlib

import streamlit as st

from dec_core.runs.answers import Answers
from pages.shared.places import runs_root
from pages.shared.visitor import visitor


def answers() -> Answers:
    """The answers of everybody on this server."""
    return Answers(runs_root())


def who() -> str:
    """Under which id the visitor's answers are kept; "" on a desk, where all are one person's."""
    return visitor().id


def reach(lesson: str, step: int) -> None:
    """Keep how far the visitor has come; a full disk takes nothing from the lesson."""
    if st.session_state.setdefault("reached", {}).get(lesson, 0) < step:
        st.session_state.reached[lesson] = step
        with contextlib.suppress(OSError):
            answers().reach(lesson, who(), step)


def reached() -> dict[str, int]:
    """The furthest step of each lesson that the visitor has begun."""
    return answers().progress(who())


def go(lesson: str, step: int) -> None:
    """Show a step, for use in callbacks."""
    st.session_state.lesson, st.session_state.step = lesson, step
