"""Keys of widgets that show a part of the state which other things change, too.

Streamlit keeps a widget's value in the browser, and every request brings the values of all widgets along. One that was
under way while something else changed the value (a preset, a link, a run that was started, a click on a point) still
holds the value of before and would undo the change. So a change from elsewhere makes another widget, by another key:
what a late request brings is the value of a widget that is no more.

The value is the widget's default, given at every drawing, and never put into `st.session_state`: Streamlit sends what
is put there with one drawing alone. A browser that first shows the widget at the next, since its code had to be loaded
or the drawing was interrupted, would show it empty and say that somebody has emptied it.
"""

from __future__ import annotations

from typing import Any

import streamlit as st


def key_showing(name: str, value: Any, label: str = "") -> str:
    """The key of a widget that shows `value`, which is to be its default.

    `label` is how the browser knows the value, where that changes although the value stays.
    """
    showing = _showing()
    number, *shown = showing.get(name, (0, value, label))
    if shown != [value, label]:
        number += 1
    showing[name] = number, value, label
    return f"{name}_{number}" if number else name


def value_chosen(name: str) -> Any:
    """What was just chosen with the widget of `key_showing`, for its callback; it stays the same widget.

    A late request may speak of the widget before and bring nothing of this one: then it is what this one shows.
    """
    number, shown, label = _showing()[name]
    value = st.session_state.get(f"{name}_{number}" if number else name, shown)
    _showing()[name] = number, value, label
    return value


def _showing() -> dict[str, tuple[int, Any, str]]:
    """By name: the number of its widget, the value and the label it shows. One entry: each costs all number inputs."""
    return st.session_state.setdefault("showing", {})
