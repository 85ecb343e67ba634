"""The input for each field of a config: which kind it is follows from the field."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import streamlit as st

from dec_core.figures.shown import short_name
from dec_core.glossary import tooltip
from dec_core.reading.cost import Rates
from pages.shared.text import sentence
from pages.shared.widget_key import key_showing
from pages.train import state
from pages.train.sliders import sliders
from pages.train.state import FIELDS, UNITS, Form

if TYPE_CHECKING:
    from streamlit.elements.lib.mutable_expander_container import ExpanderContainer

ONE_LINE = 25  # letters that fit beside each other, each option's margins counted as letters
MARGINS = 4
OPENED = "opened_groups"  # of the session: keys of what was unfolded


def unfolding(label: str, key: str, names: list[str], form: Form, **look: Any) -> ExpanderContainer:
    """What holds these fields: folded away at first, unless one of them is wrong."""
    if any(name in form.problems for name in names):
        st.session_state[key] = True
    return st.expander(label, key=key, on_change="rerun", **look)


def is_to_draw(key: str, unfolded: ExpanderContainer) -> bool:
    """Whether somebody has opened it by now: what nobody has looked into is half of a redraw's cost.

    Once it was opened, what it holds is drawn even while it is folded away, so that it folds and opens as a whole.
    """
    opened = st.session_state.setdefault(OPENED, set())
    if unfolded.open:
        opened.add(key)
    return key in opened


def field_widgets(names: list[str], form: Form, rates: Rates | None) -> None:
    """The inputs of one group; with sliders where somebody looks, at `rates`: they cost as much as all else."""
    for name in names:
        if not FIELDS[name]["advanced"]:
            _field(name, form, rates)
    advanced = [name for name in names if FIELDS[name]["advanced"]]
    if advanced:
        key = f"advanced_{FIELDS[names[0]]['group'].lower()}"
        with unfolding("Advanced", key, advanced, form, type="compact") as unfolded:
            if is_to_draw(key, unfolded):
                for name in advanced:
                    _field(name, form, rates if unfolded.open else None)


def _field(name: str, form: Form, rates: Rates | None) -> None:
    """The input for one field, and below it what is wrong with it."""
    field, value = FIELDS[name], form.choices.values[name]
    common = {
        "label": field["label"], "help": tooltip(name), "key": key_showing(name, value),
        "on_change": state.choose, "args": (name,),
    }  # fmt: skip
    default = field["default"]
    if "choices" in field:
        _options(name, value, common)
    elif isinstance(default, bool):
        st.toggle(value=value, **common)
    elif name in UNITS:
        st.text_input(value=value, **common)
    elif isinstance(default, float):
        number = None if value is None else float(value)
        st.number_input(value=number, format="%g", step=10.0 ** (_magnitude(value) - 1), **common)
    elif default is None:
        st.number_input(step=1, value=value, placeholder="all", **common)
    else:
        st.number_input(step=1, value=value, **common)
    if rates is not None:
        sliders(name, form, rates)
    if name in form.problems:
        st.caption(f":red[:material/error: {sentence(form.problems[name])}]")


def _options(name: str, value: str, common: dict) -> None:
    """A row of buttons where their labels fit beside each other, else a list."""
    options, label = FIELDS[name]["choices"], str
    if name == "dataset":
        options, label = [*options, *([] if value in options else [value])], short_name
    if sum(len(label(option)) + MARGINS for option in options) > ONE_LINE:
        st.selectbox(options=options, index=options.index(value), format_func=label, **common)
    else:
        st.segmented_control(options=options, default=value, format_func=label, required=True, **common)


def _magnitude(value: float | None) -> int:
    """The power of ten of a number: its buttons change the digit after the first."""
    return int(f"{value or 1:e}".partition("e")[2])
