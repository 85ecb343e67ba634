"""Which lesson and step are shown, as the link says them; the list of lessons where it names none."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from dec_core.lessons import Lesson, lessons
from pages.learn import shelf
from pages.learn.progress import go
from pages.learn.step import show_step
from pages.shared import link
from pages.shared.components import style
from pages.shared.text import escape

STYLE = (Path(__file__).parent / "learn.css").read_text(encoding="utf-8")


def screen() -> None:
    """Draw the step that the link names, or the list."""
    style(STYLE, "learn")
    with st.container(key="learn"):
        _learn()


def _learn() -> None:
    query, is_followed = link.followed()
    if is_followed or "reading" not in st.session_state:
        go(query.get("lesson", ""), _number(query.get("step", "1")))
    asked, step = st.session_state.reading
    known, wrong = lessons()
    lesson = next((each for each in known if each.name == asked), None)
    if lesson is None:
        if asked:
            name = escape(repr(asked), 80)
            st.warning(f"There is no lesson {name} on this server. These are here:", icon=":material/menu_book:")
        link.write({})
        shelf.show(known)
        for each in wrong:
            st.warning(f"A lesson cannot be read: {escape(each, 600)}.", icon=":material/error:")
        return
    number = min(max(step, 1), len(lesson.steps))
    link.write({"lesson": lesson.name, "step": str(number)})
    show_step(lesson, number, following(known, lesson))


def following(known: list[Lesson], lesson: Lesson) -> Lesson | None:
    """The lesson after this one."""
    names = [each.name for each in known]
    return next(iter(known[names.index(lesson.name) + 1 :]), None)


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 4 else 1
