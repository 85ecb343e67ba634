"""Widgets that show a part of a screen's state, whoever changed it.

Needed by one journey: somebody clicks in a figure while the request of another click is under way. That request still
brings what every widget showed before, and Streamlit would take it for a choice that undoes the click.
"""

from __future__ import annotations

from typing import Any

import streamlit as st


def key_showing(name: str, value: Any) -> str:
    """The key of a widget that shows `value`.

    It is another widget whenever something else has changed the value: then a late request speaks of a widget that is
    no more.
    """
    state = st.session_state
    number, shown = state.get(f"showing_{name}", (0, value))
    if shown != value:
        number += 1
    state[f"showing_{name}"] = number, value
    state[f"{name}_{number}"] = value
    return f"{name}_{number}"


def chosen_with(name: str) -> Any:
    """What has just been chosen with the widget of `key_showing`; it stays the same widget and keeps its focus."""
    number, _ = st.session_state[f"showing_{name}"]
    value = st.session_state[f"{name}_{number}"]
    st.session_state[f"showing_{name}"] = number, value
    return value
