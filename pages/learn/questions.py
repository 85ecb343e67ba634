"""Questions: a guess, which is asked before and shown against what came; a check, which says why."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

import streamlit as st

from dec_core.lessons.pieces import Check, Guess
from dec_core.runs.answers import Answer
from pages.learn.progress import answers, who
from pages.shared.text import as_written, escape, sentence
from pages.shared.visitor import is_room

BINS = 10  # of guessed numbers


def asked(place: Any) -> str:
    """The name of a question among all answers."""
    return f"{place.lesson}/{place.step}/{place.part}"


def guess(options: Guess, place: Any) -> None:
    """Ask; once there is an answer, show it among all others, and what came."""
    mine = answers().of(asked(place), who())
    st.markdown(f"**{escape(options.question)}**")
    value = _ask(options, place, mine)
    if st.button("That is my guess" if not mine else "Guess again", key=f"give-{place.key}", disabled=value is None):
        _give(place, value)
        st.rerun()
    if mine:
        _compare(options, place, mine)


def _ask(options: Guess, place: Any, mine: list[Answer]) -> str | None:
    key = f"guess-{place.key}"
    if options.options is not None:
        last = mine[-1].answer if mine and mine[-1].answer in options.options else None
        index = options.options.index(last) if last else None
        return st.radio(
            escape(options.question), options.options, index, key=key, format_func=escape, label_visibility="collapsed"
        )
    last = _as_number(mine[-1].answer) if mine else None
    low, high = options.low, options.high
    value = min(max(last if last is not None else (low + high) / 2, low), high)
    unit = f" ({escape(options.unit)})" if options.unit else ""
    return f"{st.slider(f'Your guess{unit}', low, high, value, _step(low, high), key=key):g}"


def _step(low: float, high: float) -> float:
    return 1.0 if high - low >= 20 else (high - low) / 100


def _give(place: Any, value: str) -> None:
    try:
        answers().give(asked(place), who(), value)
    except OSError as error:
        st.error(sentence(error), icon=":material/error:")


def _compare(options: Guess, place: Any, mine: list[Answer]) -> None:
    """What came, beside one's own guess and everybody's; on a desk, beside one's own of before."""
    all_answers = answers().latest(asked(place)) if is_room() else mine
    unit = f" {options.unit}" if options.unit else ""
    came = options.answer if isinstance(options.answer, str) else f"{options.answer:g}"
    st.markdown(
        f"You guessed **{escape(mine[-1].answer)}{escape(unit)}**; it is **{escape(str(came))}{escape(unit)}**."
    )
    if options.why:
        st.markdown(as_written(options.why))
    if len(all_answers) > 1:
        whose = "in the room" if is_room() else "of yours over time"
        st.caption(f"{len(all_answers)} guesses {whose}")
        for name, n in _counted(options, all_answers):
            st.progress(n / len(all_answers), text=f"{escape(name)}: {n:d}")


def _counted(options: Guess, given: list[Answer]) -> list[tuple[str, int]]:
    if options.options is not None:
        counts = Counter(each.answer for each in given)
        return [(option, counts[option]) for option in options.options]
    numbers = [number for each in given if (number := _as_number(each.answer)) is not None]
    width = (options.high - options.low) / BINS
    counts = Counter(min(int((number - options.low) / width), BINS - 1) for number in numbers)
    return [
        (f"{options.low + i * width:g} to {options.low + (i + 1) * width:g} {options.unit}".strip(), counts[i])
        for i in range(BINS)
        if counts[i]
    ]


def _as_number(text: str) -> float | None:
    try:
        number = json.loads(text)
    except ValueError:
        return None
    return float(number) if isinstance(number, int | float) else None


def check(options: Check, place: Any) -> None:
    """Ask, and say of the answer why it is right or not; one may try again."""
    st.markdown(f"**{escape(options.question)}**")
    chosen = st.radio(
        escape(options.question), range(len(options.options)), None, key=f"check-{place.key}",
        format_func=lambda i: escape(options.options[i]), label_visibility="collapsed",
    )  # fmt: skip
    if chosen is None:
        return
    because = sentence(options.because[chosen])
    if chosen + 1 == options.right:
        st.success(because, icon=":material/check:")
    else:
        st.info(f"Not quite. {because}", icon=":material/undo:")
