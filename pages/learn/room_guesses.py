"""A question in a room: everybody's guesses as they come, what came once one may know, and what the instructor can do.

While the instructor shows a step to all, what came of it is nobody's to see before it is revealed, so that a room can
vote. Anywhere else each sees it once they have guessed. The first guess of each counts.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import streamlit as st

from dec_core.lessons.pieces import Guess
from dec_core.runs.answers import Answer
from pages.shared.answered import answers, who
from pages.shared.following import ROOM, reveal, shown_step
from pages.shared.guesses import GUESSES, bars, of_room, question_id, show_bars
from pages.shared.news import Seen, redraw_on_news, seen
from pages.shared.text import as_written, escape
from pages.shared.trouble import tell_problem, writing
from pages.shared.visitor import visitor

SHOWS = "They fill up as people answer. What came is not marked until you guess, too."
KEPT_BACK = "You guessed **{}**. What came is shown here once the instructor reveals it."
FIRST_COUNTS = "Among the guesses of the room, your first one counts."
TO_REVEAL = "Shows to all what came, and which of the guesses were right."


def asked(place: Any) -> str:
    """The name of a question among all answers."""
    return question_id(place.lesson, place.step, place.part)


def tell(options: Guess, mine: str) -> None:
    """What came, beside one's own guess where there is one, and why."""
    unit = f" {options.unit}" if options.unit else ""
    came = options.answer if isinstance(options.answer, str) else f"{options.answer:g}"
    guessed = f"You guessed **{escape(mine + unit)}**; it" if mine else "It"
    st.markdown(f"{guessed} is **{escape(came + unit)}**.")
    if options.why:
        st.markdown(as_written(options.why))


def guesses_of_room(options: Guess, place: Any, n_mine: int) -> None:
    """Everybody's guesses, drawn anew as people answer. `n_mine`: how often the visitor has guessed."""
    if n_mine or visitor().is_instructor:
        st.fragment(_view)(options, place, n_mine)


def _view(options: Guess, place: Any, n_mine: int) -> None:
    room, guesses = seen(ROOM, ""), seen(GUESSES, asked(place))  # first: what comes while this is drawn is news
    mine = answers().of(asked(place), who())
    if len(mine) != n_mine:
        st.rerun()  # they were cleared: the question stands open again
    lesson, step, is_revealed = shown_step()
    is_shown = (lesson, step) == (place.lesson, str(place.step))
    is_kept_back = is_shown and not is_revealed
    wants_bars = bool(mine) or (is_shown and is_revealed)
    if visitor().is_instructor:
        wants_bars = _instructors_row(place, mine, is_kept_back=is_kept_back, has_bars=wants_bars)
    if wants_bars:
        _show(options, place, mine, gives_away=not is_kept_back and (bool(mine) or is_shown))
    with st.container(key=f"unseen-{place.key}"):
        redraw_on_news(Seen(room.stamps | guesses.stamps, room.at), key=f"news-{place.key}")


def _show(options: Guess, place: Any, mine: list[Answer], *, gives_away: bool) -> None:
    if gives_away:
        tell(options, mine[-1].answer if mine else "")
    elif mine:
        given = escape(f"{mine[-1].answer}{f' {options.unit}' if options.unit else ''}")
        st.markdown(as_written(KEPT_BACK.format(given)))
    if len(mine) > 1 and not visitor().is_instructor:
        st.caption(FIRST_COUNTS)
    shown = bars(options, of_room(asked(place)), mine[0].answer if mine else "", gives_away=gives_away)
    show_bars(shown, gives_away=gives_away)


# -- the instructor


def _instructors_row(place: Any, mine: list[Answer], *, is_kept_back: bool, has_bars: bool) -> bool:
    """What the instructor, who need not guess, can do with a question; whether the guesses are to be shown."""
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key=f"room-{place.key}"):
        if is_kept_back:
            st.button("Reveal", key=f"reveal-{place.key}", icon=":material/visibility:", type="primary",
                      on_click=reveal, help=TO_REVEAL)  # fmt: skip
        if not has_bars:
            has_bars = st.toggle("Show the room's guesses", key=f"show-{place.key}", help=SHOWS)
        menu = st.popover("Clear", icon=":material/ink_eraser:", type="tertiary", key=f"clear-{place.key}",
                          on_change="rerun")  # fmt: skip
        if menu.open:
            with menu:
                _clearing(place, mine)
    return has_bars


def _clearing(place: Any, mine: list[Answer]) -> None:
    name, n, n_cleared = asked(place), len(of_room(asked(place))), answers().n_cleared(asked(place))
    _offer("Clear my guess", f"forget-{place.key}", lambda: answers().forget(name, who()), enabled=bool(mine))
    st.caption("It is not counted among the room's.")
    _offer("Clear the room's guesses of this question", f"reset-{place.key}", lambda: answers().clear(name),
           enabled=n > 0)  # fmt: skip
    st.caption(f"{'1 person has' if n == 1 else f'{n:d} people have'} guessed; for all of them it stands open again.")
    if n_cleared:
        _offer(f"Undo: bring {n_cleared:d} back", f"undo-{place.key}", lambda: answers().bring_back(name))


def _offer(label: str, key: str, act: Callable[[], None], *, enabled: bool = True) -> None:
    st.button(escape(label), key=key, disabled=not enabled, on_click=_do, args=(act,))


def _do(act: Callable[[], None]) -> None:
    if not visitor().is_instructor:
        return
    try:
        with writing("The guesses"):
            act()
    except ValueError as error:
        tell_problem(error)
