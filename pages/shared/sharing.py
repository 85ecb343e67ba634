"""Sharing a run: a link by which whoever follows it sees the run, and commands nothing."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlencode

import streamlit as st

from dec_core.runs.folder import RunFolder, is_run
from dec_core.runs.sharing import follow, share, stop_sharing
from pages.shared.addresses import app_address
from pages.shared.permission import may_run
from pages.shared.places import runs_root
from pages.shared.text import sentence
from pages.shared.trouble import tell_problem, writing
from pages.shared.visitor import is_room, visitor

ABOUT = "Whoever opens this link sees the run, and can compare and download it, but not stop or change it."
MAX_LETTERS = 100  # of a run's name and of a token


def share_menu(run: RunFolder, query: Mapping[str, str] | None = None) -> None:
    """A button that gives the link of a run, to whom it belongs; on a desk, where all is everybody's, nothing.

    `query` is what the link asks of the screen besides.
    """
    if not is_room() or not may_run("command", run):
        return
    key = f"share_{run.id}"
    menu = st.popover("Share", icon=":material/share:", key=key, on_change="rerun")
    if not menu.open:
        return
    with menu:
        try:
            with writing("The link"):
                token = share(run)
        except ValueError as error:
            st.error(sentence(error), icon=":material/error:")
            return
        st.caption(ABOUT)
        st.code(_link(run, token, query or {}), language=None, wrap_lines=True)
        st.button("Stop sharing", key="stop_sharing", icon=":material/link_off:", type="tertiary", on_click=_stop,
                  args=(run, key), help="The link then leads nowhere, also for those who have used it.")  # fmt: skip


def _link(run: RunFolder, token: str, query: Mapping[str, str]) -> str:
    """The address of the screen, with the run and its token."""
    page = st.session_state.get("page") or ""
    return f"{app_address()}/{page}?{urlencode({'run': run.id, **query, 'token': token})}"


def _stop(run: RunFolder, key: str) -> None:
    if may_run("command", run):
        stop_sharing(run)
    st.session_state[key] = False


def take_up(run_id: str, token: str) -> None:
    """Follow the link of a shared run; where it is none, the screen says that the run is somebody else's."""
    run = RunFolder(runs_root() / Path(run_id[:MAX_LETTERS]).name)
    who = visitor().id
    if who and is_run(run.path):
        try:
            with writing("That this run is shared with you"):
                follow(run, token[:MAX_LETTERS], who)
        except ValueError as error:
            tell_problem(error)
