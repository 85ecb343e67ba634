"""What the instructor shows to all, on whatever screen, and how the others are led there: by a click, and then along.

What is shown is visible to everybody while it is shown (`pages.shared.permission`). The instructor shows one run, or
some that are compared; as long as it is those, what the instructor looks at of them is what is shown. Another run is
shown by another click, so that nobody's run is by accident.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit
from zlib import crc32

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from dec_core.lessons import lessons
from dec_core.runs.folder import RunFolder, is_run
from dec_core.runs.room_state import RUN_ID, Exhibit, RoomState, change_room, room_state
from pages.shared import focus
from pages.shared.attendance import note_following
from pages.shared.news import Kind, redraw_on_news, seen
from pages.shared.permission import may_run
from pages.shared.picker import name
from pages.shared.places import runs_root
from pages.shared.text import escape
from pages.shared.trouble import tell_problem, writing
from pages.shared.visitor import NOBODY, Visitor, is_room, visitor

SCREENS = {"learn": "Learn", "train": "Train", "inspect": "Inspect", "compare": "Compare", "glossary": "the glossary"}
LESSON = ("lesson", "step")  # of a link of Learn
CANNOT_BE_SHOWN = "This screen cannot be shown to all. Show Learn, Train, Inspect, Compare or the glossary."
TO_SHOW = (
    "Everybody in the room is offered to go where you are, and is led along; what you show, all may see meanwhile."
)


def _stamp(_: str) -> str:
    """Another one once something else is shown, or is on the projector."""
    room = room_state(runs_root())
    return f"{crc32(repr((room.exhibit, room.projector)).encode()):08x}"


def _may_hear(_: str, who: Visitor) -> bool:
    return is_room() and who != NOBODY


ROOM = Kind("room", _stamp, _may_hear)


def land(page: str) -> None:
    """Where a visit of a room begins that no link has begun: on Learn, or led along to what the instructor shows.

    Train, which a bare address means, is for who trains there already: its Start would show others how it all ends.
    """
    state, is_first = st.session_state, "has_landed" not in st.session_state
    state.has_landed = True
    if not is_first or page or st.query_params.to_dict() or not is_room() or visitor().is_instructor:
        return
    asked_for = urlsplit(st.context.url or "").path.rstrip("/").rpartition("/")[2]
    if asked_for == "room" or focus.focused_run(warn=False) is not None:
        return  # the room's screen is the instructor's: that there is no such page would vanish on the way
    if exhibit := _exhibit(room_state(runs_root())):
        _follow(exhibit)
    else:
        focus.go_to("learn")


def following() -> None:
    """Beside the run in focus, in a room: for the instructor to show what they look at, for others to follow or not.

    What is shown is said at the lower edge, to whom it is new; it moves nothing.
    """
    st.fragment(_following)()


def _following() -> None:
    focus.go_on()
    before, room = seen(ROOM, ""), room_state(runs_root())
    exhibit = _exhibit(room)
    _leave_what_is_gone()
    if visitor().is_instructor:
        _show_button(exhibit)
    else:
        _follow_button(exhibit)
    focus.go_on()
    with st.container(key="unseen-following"):
        redraw_on_news(before, key="news_of_room")


def _exhibit(room: RoomState) -> Exhibit | None:
    """What is shown to all, if there is a screen for it."""
    return room.exhibit if room.exhibit and room.exhibit.page in SCREENS else None


def shown_step() -> tuple[str, str, bool]:
    """The lesson and step that all are shown, and whether what came of its questions is; "" of none."""
    exhibit = _exhibit(room_state(runs_root())) if is_room() else None
    if exhibit is None or exhibit.page != "learn":
        return "", "", False
    return exhibit.query.get("lesson", ""), exhibit.query.get("step", "1"), exhibit.revealed


# -- the instructor


def reveal() -> None:
    """Let all see what came of the step that they are shown."""
    if visitor().is_instructor and (exhibit := room_state(runs_root()).exhibit):
        _set(replace(exhibit, revealed=True))


def _show_button(exhibit: Exhibit | None) -> None:
    is_there = exhibit is not None and (exhibit.page, exhibit.query) == st.session_state.get("looked_at")
    if is_there:
        st.button("Stop showing", key="show", icon=":material/cancel_presentation:", type="primary", on_click=stop,
                  help="End what is shown to all.")  # fmt: skip
        return
    st.button("Show to all", key="show", icon=":material/co_present:", on_click=_show, help=TO_SHOW)
    if exhibit is not None:
        with _bar():
            st.markdown(f"You show to all: **{_called(exhibit)}**", width="content")
            st.button("Go there", key="go_there", icon=":material/arrow_forward:", on_click=_go_to, args=(exhibit,))
            st.button("Stop showing", key="stop_showing", icon=":material/close:", on_click=stop)


def _show() -> None:
    page, query = st.session_state.get("looked_at", ("", {}))
    runs = runs_in(query)
    if not visitor().is_instructor or page not in SCREENS:
        st.toast(CANNOT_BE_SHOWN, icon=":material/info:")
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

    Of a run on Train they are shown the run, and not the instructor's form, which would replace theirs; of Learn the
    lesson and its step, and not the run in focus, which stays whose it is.
    """
    if not is_room() or not visitor().is_instructor:
        return
    page = page or "train"
    query = {"run": query["run"]} if page == "train" and query.get("run", "new") != "new" else dict(query)
    query = {name: query[name] for name in LESSON if name in query} if page == "learn" else query
    before, st.session_state.looked_at = st.session_state.get("looked_at"), (page, query)
    exhibit, runs = room_state(runs_root()).exhibit, runs_in(query)
    if before in (None, (page, query)) or exhibit is None or page not in SCREENS:
        return
    if page == exhibit.page == "learn" or (runs and set(runs) <= set(exhibit.runs)):
        _set(Exhibit(page, query, exhibit.runs))


# -- everybody else


def _follow_button(exhibit: Exhibit | None) -> None:
    """The way there, at first as an offer; for who is led along, the end of it."""
    state = st.session_state
    note_following("led_to" in state and exhibit is not None)
    if exhibit is None:
        state.pop("led_to", None)
        state.pop("not_now", None)
        return
    if "led_to" in state:
        if replace(state.led_to, revealed=exhibit.revealed) != exhibit:
            _follow(exhibit)
        st.button("Stop following", key="stop_following", icon=":material/cancel_presentation:", type="primary",
                  on_click=_stop_following, help="You are led along to what the instructor shows.")  # fmt: skip
    elif state.get("not_now"):
        st.button("Follow", key="go_there", icon=":material/co_present:", on_click=_follow, args=(exhibit,),
                  help=f"The instructor shows {_called(exhibit)}.")  # fmt: skip
    else:
        with _bar():
            st.markdown(f"The instructor shows **{_called(exhibit)}**", width="content")
            st.button("Go there", key="go_there", icon=":material/arrow_forward:", type="primary", on_click=_follow,
                      args=(exhibit,), help="Leads along when the instructor goes on, until you stop.")  # fmt: skip
            st.button("Not now", key="not_now_button", icon=":material/close:", on_click=_not_now)


def _follow(exhibit: Exhibit) -> None:
    """Go where the instructor is; from then on, along."""
    st.session_state.led_to = exhibit
    note_following(True)
    _go_to(exhibit)


def _go_to(exhibit: Exhibit) -> None:
    st.session_state.pop("page", None)  # so that the link is listened to, also on the screen that it is of
    focus.go_to(exhibit.page, **exhibit.query)


def _stop_following() -> None:
    st.session_state.pop("led_to", None)
    _not_now()


def _not_now() -> None:
    st.session_state.not_now = True


def _bar() -> DeltaGenerator:
    """A bar at the lower edge of the window."""
    return st.container(horizontal=True, vertical_alignment="center", gap="small", key="following")


def _called(exhibit: Exhibit) -> str:
    """What is shown, in words, escaped."""
    if exhibit.query.get("lesson"):
        wanted = exhibit.query["lesson"]
        lesson_title = next((lesson.title for lesson in lessons()[0] if lesson.name == wanted), wanted)
        return f"{escape(lesson_title, 80)}, step {escape(exhibit.query.get('step', '1'), 4)}"
    entry = focus.index().entry(exhibit.query["run"]) if "run" in exhibit.query else None
    return f"{escape(SCREENS[exhibit.page])}{f': {escape(name(entry))}' if entry else ''}"


def _leave_what_is_gone() -> None:
    """Draw the whole page anew where the run in focus was shown to all and is no longer."""
    run_id, state = st.session_state.get("focused"), st.session_state
    visible = run_id in (None, "new") or may_run("see", RunFolder(runs_root() / Path(run_id[: focus.MAX_LETTERS]).name))
    was_visible, state.focus_visible = state.get("focus_visible"), (run_id, visible)
    if was_visible == (run_id, True) and not visible:
        st.rerun()
