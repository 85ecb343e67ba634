"""The screen Room: a wall of everybody's runs, prepared links, and the end of the day. The instructor's alone."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import streamlit as st

from dec_core.reading.wall import ORDERS, STATES, Tile, in_order, tiles
from dec_core.runs.ownership import INSTRUCTOR
from dec_core.runs.room_state import change_room, room_state
from pages.room.closing import closing_menu, end, undo_clearing
from pages.room.news import WALL
from pages.room.prepared import prepared_links
from pages.room.server import server_menu
from pages.room.wall import show_wall, today
from pages.shared import focus
from pages.shared.attendance import present
from pages.shared.box import box, choice, to_come
from pages.shared.news import redraw_on_news, seen
from pages.shared.pinned import pins_of, wall_of_pins
from pages.shared.places import runs_root
from pages.shared.text import escape
from pages.shared.trouble import tell_problem, writing
from pages.shared.visitor import is_room, visitor
from pages.shared.whose import called

ABOUT_WALL = (
    "Of everybody the run that they are at now: their embedding, and the curve of what gets better, the reconstruction "
    "error at first, then the score.\n\nWhat is on the projector, all visitors of the room may see meanwhile."
)
ABOUT_PROJECTOR = (
    "Opens what the projector's machine shows, at this server's address with /projector: any visitor may open it. It "
    "follows by itself when you choose another run."
)
NOTHING = "No runs of today. Runs of visitors appear here as soon as they press Start."
HEIGHT = 220


def screen() -> None:
    """Draw it, anew when there is something new; for the instructor."""
    if is_room() and visitor().is_instructor:
        st.fragment(_view)()


def _view() -> None:
    focus.go_on()
    before = seen(WALL, "")  # first: what comes while this is drawn is news
    state = room_state(runs_root())
    shown = tiles(focus.index().entries(), today())
    with box("wall", "What is everybody doing?", ABOUT_WALL) as controls:
        with controls:
            order = choice("Order", {name: f"By {name}" for name in ORDERS}, "state", "wall_order")
        with st.container(horizontal=True, vertical_alignment="center", gap="small", key="room"):
            st.markdown(escape(_counted(shown, *present(), is_shown=state.exhibit is not None)), width="stretch")
            st.link_button("Projector", "./projector", icon=":material/cast:", help=ABOUT_PROJECTOR)
            server_menu()
            closing_menu()
        undo_clearing()
        if shown:
            names = {tile.entry.owner: called(tile.entry.owner, state.names) for tile in shown}
            show_wall(in_order(shown, order, names), state.names, state.projector, _act)
        else:
            to_come(NOTHING, HEIGHT)
    prepared_links(state)
    _pinned()
    redraw_on_news(before, key="news_of_wall")


def _pinned() -> None:
    """What the room has pinned to its wall, folded away."""
    folded = st.expander(f"Pinned: {len(pins_of()):d}", icon=":material/keep:", key="pinned", on_change="rerun")
    if folded.open:
        with folded:
            wall_of_pins("", "room")


def _counted(shown: list[Tile], n_here: int, n_follow: int, *, is_shown: bool) -> str:
    """As in "12 here, 9 follow · runs: 3 training, 1 waiting"."""
    here = f"{n_here:d} here{f', {n_follow:d} {_verb(n_follow)}' if is_shown else ''}"
    states = Counter(tile.state for tile in shown if tile.entry.owner not in ("", INSTRUCTOR))
    parts = [f"{states[state]} {state}" for state in STATES.values() if states[state]]
    return f"{here} · runs: {', '.join(parts)}" if parts else here


def _verb(n: int) -> str:
    return "follows" if n == 1 else "follow"


def _act(act: str, run_id: str) -> None:
    """Do what was asked for with a run of the wall."""
    entry = focus.index().entry(run_id)
    if entry is None or not visitor().is_instructor:
        return
    if act == "project":
        _project(entry.id)
    elif act == "open":
        focus.focus_on(entry.id)
        focus.go_to("train", run=entry.id)
    elif act == "end":
        end([entry])


def _project(run_id: str) -> None:
    """Show a run on the projector; the one that is there is taken off."""
    try:
        with writing("What is on the projector"):
            change_room(runs_root(), lambda room: replace(room, projector="" if room.projector == run_id else run_id))
    except ValueError as error:
        tell_problem(error)
