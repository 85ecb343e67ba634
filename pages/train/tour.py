"""An offer for whoever comes without a lesson: a tour of two minutes, once."""

from __future__ import annotations

import contextlib

import streamlit as st

from pages.shared import focus
from pages.shared.answered import answers, reached, who
from pages.shared.permission import is_own

LESSON = "tour"


def offer_tour() -> None:
    """A line for a new visitor, who has neither a run nor begun a lesson; never again once it is begun or dismissed."""
    if not is_new():
        return
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="tour"):
        st.button("New here? A two-minute tour", key="tour_begin", icon=":material/explore:", type="tertiary",
                  on_click=_begin)  # fmt: skip
        st.button("No, thanks", key="tour_dismiss", type="tertiary", on_click=_dismiss)


def is_new() -> bool:
    """Whether the visitor has no run, has begun no lesson, and has not said no."""
    if st.session_state.get("tour_over") or reached():
        return False
    return not any(is_own(entry) for entry in focus.index().entries())


def _begin() -> None:
    _dismiss()
    focus.go_to("learn", lesson=LESSON, step="1")


def _dismiss() -> None:
    """As begun, at no step: a full disk asks again at the next visit."""
    st.session_state.tour_over = True
    with contextlib.suppress(OSError):
        answers().reach(LESSON, who(), 0)
