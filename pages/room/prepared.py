"""The prepared links of the room: each with its address, and the way to end it."""

from __future__ import annotations

from dataclasses import replace

import streamlit as st

from dec_core.runs.room_state import Prepared, RoomState, change_room
from pages.shared.addresses import show_link
from pages.shared.places import runs_root
from pages.shared.text import escape
from pages.shared.trouble import tell_problem, writing
from pages.shared.visitor import visitor

ABOUT = (
    "On Train, *Prepare a link* in the form makes one of what the form says: who opens it sees the settings that you "
    "choose, and no others. What you look at in Inspect has a link of its own: *Share*, there."
)


def prepared_links(room: RoomState) -> None:
    """All of them, the newest first, folded away."""
    n = len(room.prepared)
    folded = st.expander(f"Prepared links: {n:d}", icon=":material/link:", key="prepared_links", on_change="rerun")
    if not folded.open:
        return
    with folded:
        st.caption(ABOUT)
        for name, prepared in reversed(room.prepared.items()):
            _one(name, prepared)


def _one(name: str, prepared: Prepared) -> None:
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key=f"prepared_{name}"):
        fields = f"{len(prepared.fields)} {'setting' if len(prepared.fields) == 1 else 'settings'} to choose"
        st.markdown(f"**{escape(prepared.title) or 'Without a title'}** · {escape(fields)}", width="stretch")
        show_link(name)
        st.button("Remove", key=f"remove_{name}", icon=":material/link_off:", on_click=_remove, args=(name,))


def _remove(name: str) -> None:
    """The link then opens Train with all settings."""
    if not visitor().is_instructor:
        return

    def without(room: RoomState) -> RoomState:
        return replace(room, prepared={each: link for each, link in room.prepared.items() if each != name})

    try:
        with writing("The prepared links"):
            change_room(runs_root(), without)
    except ValueError as error:
        tell_problem(error)
