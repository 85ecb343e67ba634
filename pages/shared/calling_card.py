"""A visitor's nickname, and where they give it: beside the run in focus, in a room."""

from __future__ import annotations

import contextlib

import streamlit as st

from dec_core.runs.nickname import MAX_LETTERS
from dec_core.runs.room_state import room_state, set_nickname
from pages.shared.places import runs_root
from pages.shared.sign_in import sign_out_button
from pages.shared.text import escape
from pages.shared.trouble import tell_problem, writing
from pages.shared.visitor import must_sign_in, visitor

ABOUT = "A nickname, if you like: the instructor sees it beside your runs. Nobody else does."


def calling_card() -> None:
    """A menu with the visitor's nickname; nothing for the instructor."""
    who = visitor()
    if who.is_instructor:
        return
    if who.name and who.id not in room_state(runs_root()).names:  # what a provider calls them, until they say otherwise
        with contextlib.suppress(ValueError, OSError):
            set_nickname(runs_root(), who.id, who.name[:MAX_LETTERS])
    label = f"You are {escape(who.name)}" if who.name else "Your name"
    menu = st.popover(label, icon=":material/person:", key="calling_card", on_change="rerun")
    if menu.open:
        with menu:
            st.caption(ABOUT)
            st.text_input("Nickname", who.name, key="nickname", max_chars=MAX_LETTERS, on_change=_keep,
                          placeholder="none")  # fmt: skip
            if must_sign_in():
                sign_out_button()


def _keep() -> None:
    who = visitor()
    if not who.id or who.is_instructor:
        return
    try:
        with writing("Your nickname"):
            set_nickname(runs_root(), who.id, st.session_state.nickname)
    except ValueError as error:
        tell_problem(error)
        return
    st.session_state.calling_card = False
