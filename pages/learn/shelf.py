"""All lessons: what each teaches, how long it takes, how far one is."""

from __future__ import annotations

import streamlit as st

from dec_core.lessons import Lesson
from pages.learn.begin import begin
from pages.learn.progress import go
from pages.shared.answered import reached
from pages.shared.text import count_of, escape

INTRODUCTION = (
    "Deep Embedded Clustering (DEC) sorts images into groups without being told what is on them. In each lesson you "
    "guess first, then try, then see why. Begin anywhere; nothing moves on by itself."
)


TOUR = "tour"  # stands first, and is not counted: lessons name one another by their numbers


def show(lessons: list[Lesson]) -> None:
    """Draw the list, each lesson a card."""
    st.title("Learn how images are sorted without labels", anchor=False)
    begin("")
    st.markdown(INTRODUCTION, width=760)
    far = reached()
    with st.container(horizontal=True, gap="small", key="shelf"):
        for number, lesson in enumerate(lessons, 0 if lessons and lessons[0].name == TOUR else 1):
            _card(number, lesson, far.get(lesson.name, 0))


def _card(number: int, lesson: Lesson, step: int) -> None:
    n, title = len(lesson.steps), f"{number:d}. {lesson.title}" if number else lesson.title
    with st.container(border=True, width=370, key=f"lesson-{lesson.name}"):
        st.markdown(f"**{escape(title)}**")
        st.markdown("\n".join(f"- {escape(each)}" for each in lesson.objectives))
        label = "Begin" if step == 0 else "Once more" if step >= n else "Go on"
        with st.container(horizontal=True, vertical_alignment="center"):
            st.button(
                label, key=f"open-{lesson.name}", on_click=go, args=(lesson.name, step if 0 < step < n else 1),
                type="primary" if label == "Go on" else "secondary", help=escape(title),
            )  # fmt: skip
            st.caption(
                f"{lesson.minutes:d} minutes · "
                f"{'read' if step >= n else f'step {step:d} of {n:d}' if step else count_of(n, 'step')}"
            )
