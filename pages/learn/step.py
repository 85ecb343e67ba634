"""One step of a lesson: its text and pieces, and the way back and on."""

from __future__ import annotations

import re

import streamlit as st

from dec_core.lessons import Lesson, Piece, Step
from pages.learn.begin import begin
from pages.learn.pieces import DRAW, WIDE, Place
from pages.learn.progress import go, reach
from pages.shared.addresses import show_step_link
from pages.shared.text import as_written, escape
from pages.shared.visitor import is_room, visitor

KINDS = {
    "guess": ("Guess", ":material/help:"),
    "do": ("Do", ":material/touch_app:"),
    "see": ("See", ":material/visibility:"),
    "why": ("Why", ":material/lightbulb:"),
    "check": ("Check", ":material/task_alt:"),
}
READABLE = 720  # pixels, of a column of text


def show_step(lesson: Lesson, number: int, following: Lesson | None) -> None:
    """Draw step `number` of a lesson, counted from 1; `following` is the lesson to go on with at its end."""
    step = lesson.steps[number - 1]
    reach(lesson.name, number)
    _head(lesson, step, number)
    has_picture = any(piece.name in WIDE for piece in step.pieces)
    with st.container(key=f"{'parts' if has_picture else 'text'}-{lesson.name}-{number}"):
        for i, part in enumerate(step.parts):
            _part(part, Place(lesson.name, number, i))
    _ways(lesson, number, following)


def _head(lesson: Lesson, step: Step, number: int) -> None:
    kind, icon = KINDS[step.kind]
    n = len(lesson.steps)
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="lesson-head"):
        st.button("All lessons", icon=":material/arrow_back:", type="tertiary", on_click=go, args=("", 1), key="shelf")
        st.caption(f"{escape(lesson.title)} · step {number:d} of {n}")
        if is_room() and visitor().is_instructor:
            link = st.popover("Link", icon=":material/link:", type="tertiary", key="step_link", on_change="rerun")
            if link.open:
                with link:
                    st.caption("Whoever opens it is at this step, without a way through the list.")
                    show_step_link(lesson.name, number)
    st.progress(number / n)
    with st.container(key="step-heading"):
        st.subheader(f"{icon} {kind}: {escape(step.title)}", anchor=False)
    begin(f"{lesson.name} {number}")


def _part(part: str | Piece, place: Place) -> None:
    """A text, or a piece, which stands beside the texts where there is room and it is one to be looked at."""
    if isinstance(part, str):
        st.markdown(as_written(displayed(part)), width=READABLE)
        return
    with st.container(key=f"{'wide' if part.name in WIDE else 'piece'}-{place.key}"):
        DRAW[part.name](part.options, place)


def displayed(text: str) -> str:
    """A formula that has a line to itself, in its full size: Streamlit wants its marks on lines of their own."""
    return re.sub(r"^\$\$(.+)\$\$$", r"$$\n\1\n$$", text, flags=re.MULTILINE)


def _ways(lesson: Lesson, number: int, following: Lesson | None) -> None:
    with st.container(horizontal=True, gap="small", key="ways"):
        st.button("Back", disabled=number == 1, on_click=go, args=(lesson.name, number - 1), key="back")
        if number < len(lesson.steps):
            st.button("Next", type="primary", on_click=go, args=(lesson.name, number + 1), key="next")
        elif following is not None:
            label = f"Next lesson: {escape(following.title)}"
            st.button(label, type="primary", on_click=go, args=(following.name, 1), key="next")
        else:
            st.button("All lessons", type="primary", on_click=go, args=("", 1), key="next")
