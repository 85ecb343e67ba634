"""What the instructor shows to all, on whatever screen, and how the others are led there: by a click, and then along.

What is shown is visible to everybody while it is shown (`pages.shared.permission`). The instructor shows one run, or
some that are compared; as long as it is those, what the instructor looks at of them is what is shown. Another run is
shown by another click, so that nobody's run is by accident.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from zlib import crc32

import streamlit as st
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from dec_core.runs.folder import RunFolder, is_run
from dec_core.runs.room_state import RUN_ID, Exhibit, RoomState, change_room, room_state
from pages.shared import focus
from pages.shared.identity import visitor_in
from pages.shared.permission import may_run
from pages.shared.picker import name
from pages.shared.places import runs_root
from pages.shared.pulse import answer_with, redraw_when_other
from pages.shared.text import escape
from pages.shared.trouble import tell_problem, writing
from pages.shared.visitor import NOBODY, is_room, visitor

EVERY = 2.0  # seconds between two looks at what is shown
SCREENS = {"train": "Train", "inspect": "Inspect", "compare": "Compare", "glossary": "the glossary"}
TO_SHOW = (
    "Everybody in the room is offered to go where you are, and is led along; what you show, all may see meanwhile."
)


def room_pulse(room: RoomState) -> str:
    """A text that is another one once something else is shown, or is on the projector."""
    return f"{crc32(repr((room.exhibit, room.projector)).encode()):08x}"


def answer(request: Request) -> Response:
    """The pulse of what is shown, to every visitor."""
    if not is_room() or visitor_in(request.scope) == NOBODY:
        return PlainTextResponse("There is no such page.", status_code=404)
    return answer_with(room_pulse(room_state(runs_root())))


# -- the instructor


def show_button() -> None:
    """Show to all what the instructor looks at, or end that; nothing for others."""
    if not visitor().is_instructor:
        return
    if room_state(runs_root()).exhibit is not None and _is_shown():
        st.button("Stop showing", key="show", icon=":material/cancel_presentation:", type="primary", on_click=stop,
                  help="End what is shown to all.")  # fmt: skip
    else:
        st.button("Show to all", key="show", icon=":material/co_present:", on_click=_show, help=TO_SHOW)


def _is_shown() -> bool:
    """Whether what the session looks at is what all are shown."""
    exhibit, looked = room_state(runs_root()).exhibit, st.session_state.get("looked_at")
    return exhibit is not None and (looked is None or (exhibit.page, exhibit.query) == looked)


def _show() -> None:
    page, query = st.session_state.get("looked_at", ("", {}))
    runs = runs_in(query)
    if not visitor().is_instructor or page not in SCREENS:
        st.toast(
            "This screen cannot be shown to all. Show Train, Inspect, Compare or the glossary.", icon=":material/info:"
        )
    elif not all(is_run(runs_root() / run) for run in runs):
        st.toast("This run is no longer on the server.", icon=":material/error:")
    else:
        _set(Exhibit(page, dict(query), runs))


def stop() -> None:
    """End what is shown to all, and what they saw by that."""
    if visitor().is_instructor:
        _set(None)


def _set(exhibit: Exhibit | None) -> None:
    try:
        with writing("What is shown to all"):
            change_room(runs_root(), lambda room: replace(room, exhibit=exhibit))
    except ValueError as error:
        tell_problem(error)


def runs_in(query: Mapping[str, str]) -> tuple[str, ...]:
    """The runs that a link names: the one in focus, those that are compared, and the one that is pinned."""
    named = [query.get("run", ""), *query.get("runs", "").split(","), query.get("pin", "").partition("@")[0]]
    return tuple(dict.fromkeys(run for run in named if run != "new" and RUN_ID.fullmatch(run)))


def lead_along(page: str, query: Mapping[str, str]) -> None:
    """Tell all what the instructor's link says now, if it is of what they are shown; remember it for the button.

    Of a run on Train they are shown the run, and not the instructor's form, which would replace theirs.
    """
    if not is_room() or not visitor().is_instructor:
        return
    page = page or "train"
    query = {"run": query["run"]} if page == "train" and query.get("run", "new") != "new" else dict(query)
    before, st.session_state.looked_at = st.session_state.get("looked_at"), (page, query)
    exhibit, runs = room_state(runs_root()).exhibit, runs_in(query)
    if before in (None, (page, query)) or exhibit is None or page not in SCREENS:
        return
    if runs and set(runs) <= set(exhibit.runs):
        _set(Exhibit(page, query, exhibit.runs))


# -- everybody


def following_bar() -> None:
    """On every screen of a room, while something is shown to all: what, and the way there."""
    st.fragment(_bar)()


def _bar() -> None:
    focus.go_on()
    room, state = room_state(runs_root()), st.session_state
    exhibit = room.exhibit if room.exhibit and room.exhibit.page in SCREENS else None
    is_instructor = visitor().is_instructor
    _leave_what_is_gone()
    if exhibit is None:
        state.pop("led_to", None)
    elif not is_instructor and "led_to" in state and state.led_to != exhibit:
        _lead_to(exhibit)
        focus.go_on()
    with st.container(key="following" if exhibit else "unseen-following"):
        if exhibit is not None:
            _say(exhibit, is_instructor=is_instructor)
        redraw_when_other("pulse/room", room_pulse(room), EVERY, key="room_pulse")


def _say(exhibit: Exhibit, *, is_instructor: bool) -> None:
    entry = focus.index().entry(exhibit.query.get("run", "")) if exhibit.query.get("run") else None
    what = f"{escape(SCREENS[exhibit.page])}{f': {escape(name(entry))}' if entry else ''}"
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="shown_to_all"):
        if is_instructor:
            st.markdown(f"You show to all: **{what}**", width="stretch")
            st.button("Go there", key="go_there", icon=":material/arrow_forward:", on_click=_lead_to, args=(exhibit,))
            st.button("Stop showing", key="stop_showing", icon=":material/close:", on_click=stop)
            return
        st.markdown(f"The instructor shows **{what}**", width="stretch")
        st.button("Go there", key="go_there", icon=":material/arrow_forward:", type="primary", on_click=_lead_to,
                  args=(exhibit,), help="Leads along when the instructor goes on, until you stop.")  # fmt: skip
        if "led_to" in st.session_state:
            st.button("Stop following", key="stop_following", icon=":material/close:", on_click=_stop_following)


def _lead_to(exhibit: Exhibit) -> None:
    """Go where the instructor is; from then on, along."""
    st.session_state.led_to = exhibit
    st.session_state.pop("page", None)  # so that the link is listened to, also on the screen that it is of
    focus.go_to(exhibit.page, **exhibit.query)


def _stop_following() -> None:
    st.session_state.pop("led_to", None)


def _leave_what_is_gone() -> None:
    """Draw the whole page anew where the run in focus was shown to all and is no longer."""
    run_id, state = st.session_state.get("focused"), st.session_state
    visible = run_id in (None, "new") or may_run("see", RunFolder(runs_root() / Path(run_id[: focus.MAX_LETTERS]).name))
    was_visible, state.focus_visible = state.get("focus_visible"), (run_id, visible)
    if was_visible == (run_id, True) and not visible:
        st.rerun()
