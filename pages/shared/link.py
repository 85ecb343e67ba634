"""The link of a screen: when it asks for something, and how it follows what is shown.

What a visitor sees is the session's; the link follows it, so that another sees the same by it. Every request brings
the browser's address along, and that lags behind what was written last: a click may be under way, and Streamlit drops
messages to the browser when a drawing is interrupted. So an address is listened to only where a person has chosen it:
at the first request of a visit, on coming to another screen, and on going back or forward. Anywhere else it is an
echo; `write` sends what it should be once more.

A screen takes what is `asked` for once, says what of it cannot be and keeps the rest; after drawing it calls `write`
with what differs from its defaults. The run in focus belongs to all screens and is kept in every link.
"""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from pages.shared import following, sharing

LINKED = ("learn", "train", "inspect", "compare", "sweep")  # screens that write links of their own


def arrive(page: str) -> None:
    """Listen to the browser's address, before anything of `page` is drawn."""
    state, address = st.session_state, st.query_params.to_dict()
    first, another = "page" not in state, state.get("page") != page
    state.page = page
    if first or another or went_back():
        if "token" in address:
            sharing.take_up(address.get("run", ""), address["token"])
        state.asked = {name: value for name, value in address.items() if name not in ("run", "token")}
        # an address without a run is that of a screen's name on top, which means the run in focus
        if "run" in address or not another:
            state.focused = address.get("run")


def asked() -> dict[str, str] | None:
    """What the link asks of the screen, without the run; None where nobody has just followed one. To be taken once."""
    return st.session_state.pop("asked", None)


def followed() -> tuple[dict[str, str], bool]:
    """What the link asks of a screen that keeps what it shows, and whether it is to be followed. To be taken once.

    A screen's name on top asks for nothing, and what was shown there before is meant; going back to such an address
    means its defaults.
    """
    query = asked()
    return query or {}, bool(query) or (query is not None and went_back())


def write(query: Mapping[str, str]) -> None:
    """Let the link say what is shown: the run in focus, and `query`.

    What was written last counts beside the address of the request: it may still be on its way to the browser.
    """
    state = st.session_state
    focused = state.get("focused")
    wanted = {**({"run": focused} if focused else {}), **query}
    if st.query_params.to_dict() != wanted or state.get("written", wanted) != wanted:
        st.query_params.from_dict(wanted)
        state.written = wanted
    following.lead_along(state.page, wanted)


def keep_run() -> None:
    """Let the link name the run in focus, also where a screen has written nothing."""
    focused = st.session_state.get("focused")
    if focused and st.query_params.get("run") != focused:
        st.query_params["run"] = focused
    if st.session_state.page not in ("", *LINKED):  # the others have written theirs
        following.lead_along(st.session_state.page, {"run": focused} if focused else {})


def went_back() -> bool:
    """Whether somebody has gone back or forward in the browser's history.

    Streamlit tells it to widgets bound to the link alone, so this reads what they read: in Streamlit 1.67 a
    field of the context of a drawing, which tests/test_link.py watches.
    """
    context = get_script_run_ctx()
    return context is not None and context.is_history_navigation
