"""Questions: a guess, which is asked before and shown against what came; a check, which says why."""

from __future__ import annotations

from typing import Any

import streamlit as st

from dec_core.lessons.pieces import Check, Guess
from dec_core.runs.answers import Answer
from pages.learn import links
from pages.learn.room_guesses import asked, guesses_of_room, tell
from pages.shared.answered import answers, who
from pages.shared.guesses import as_number, over_time
from pages.shared.text import escape, sentence
from pages.shared.visitor import is_room

OWN_SHOWN = 6  # guesses of one's own, on a desk


def guess(options: Guess, place: Any) -> None:
    """Ask; once there is an answer, show it among all others, and what came."""
    mine = answers().of(asked(place), who())
    opened = f"again-{place.key}"
    is_open = not mine or opened in st.session_state
    st.markdown(f"**{escape(options.question)}**")
    value = _ask(options, place, mine, is_open=is_open)
    label = "That is my guess" if is_open else "Guess again"  # one button, so that the keyboard stays on it
    if st.button(label, key=f"give-{place.key}", disabled=value is None):
        if is_open:
            _give(place, value)
            st.session_state.pop(opened, None)
        else:
            st.session_state[opened] = True
        st.rerun()
    if is_room():
        guesses_of_room(options, place, len(mine))
    elif mine:
        _compare(options, place, mine)


def _ask(options: Guess, place: Any, mine: list[Answer], *, is_open: bool) -> str | None:
    """What is chosen: nothing at first; what was guessed last stands there, closed, until one guesses again."""
    key = f"guess-{place.key}-{len(mine)}-{is_open}"  # each guess begins anew
    if options.options is not None:
        last = mine[-1].answer if not is_open and mine[-1].answer in options.options else None
        index = options.options.index(last) if last else None
        return st.radio(
            escape(options.question), options.options, index, key=key, format_func=escape,
            label_visibility="collapsed", disabled=not is_open, width="stretch",
        )  # fmt: skip
    last = as_number(mine[-1].answer) if mine else None
    low, high = options.low, options.high
    value = min(max(last if last is not None else (low + high) / 2, low), high)
    unit = f" ({escape(options.unit)})" if options.unit else ""
    step = _step(low, high, float(options.answer))
    shown = "%d" if step == 1 else "%.2f"
    number = st.slider(f"Your guess{unit}", low, high, value, step, shown, key=key, disabled=not is_open)
    return f"{number:g}"


def _step(low: float, high: float, answer: float) -> float:
    """Of the slider: whole numbers where all is whole, or the range is large."""
    is_whole = all(value.is_integer() for value in (low, high, answer))
    return 1.0 if is_whole or high - low >= 20 else (high - low) / 100


def _give(place: Any, value: str) -> None:
    try:
        answers().give(asked(place), who(), value)
    except OSError as error:
        st.error(sentence(error), icon=":material/error:")


def _compare(options: Guess, place: Any, mine: list[Answer]) -> None:
    """What came, beside one's own guess, and those of before."""
    tell(options, mine[-1].answer)
    if len(mine) > 1:
        unit = f" {options.unit}" if options.unit else ""
        st.caption(f"{len(mine):d} guesses of yours over time: {escape(over_time(mine[-OWN_SHOWN:], unit))}")


def check(options: Check, place: Any) -> None:
    """Ask, and say of the answer why it is right or not; one may try again."""
    st.markdown(f"**{escape(options.question)}**")
    chosen = st.radio(
        escape(options.question), range(len(options.options)), None, key=f"check-{place.key}",
        format_func=lambda i: escape(options.options[i]), label_visibility="collapsed", width="stretch",
    )  # fmt: skip
    if chosen is None:
        return
    because = sentence(options.because[chosen])
    if chosen + 1 == options.right:
        st.success(because, icon=":material/check:")
        if options.then is not None:
            links.show(options.then, place)
    else:
        st.info(f"Not quite. {because}", icon=":material/undo:")
