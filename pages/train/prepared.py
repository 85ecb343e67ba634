"""Links that the instructor prepares: the form with some fields alone, and where such a link is made."""

from __future__ import annotations

import streamlit as st

from dec_core.config import OWN_DATA, RunConfig
from dec_core.reading.cost import Rates
from dec_core.runs.room_state import Prepared, keep_prepared
from pages.shared.addresses import show_link
from pages.shared.places import runs_root
from pages.shared.text import escape, sentence
from pages.shared.trouble import tell_problem, writing
from pages.shared.visitor import is_room, visitor
from pages.train import state
from pages.train.field_widgets import field_widgets
from pages.train.state import FIELDS, Form

MAX_LETTERS = 100  # of a title
ABOUT = "Whoever opens the link sees these settings alone; the others are as they are in the form now."
OWN_IMAGES = "Visitors cannot train on your own images: choose a data set that comes along."


# -- for who opens it


def prepared_form(prepared: Prepared, form: Form, rates: Rates, notices: list[str], expected: str) -> None:
    """The fields that may be moved; what is wrong with the link or with others, and the way to all fields."""
    st.markdown(f"**{escape(prepared.title) or 'A prepared run'}**")
    names = [name for name in form.acting if name in prepared.fields]
    st.caption(f"Prepared by the instructor: {'you choose' if names else 'press Start to train'} what stands here.")
    field_widgets(names, form, rates)
    hidden = [f"{FIELDS[name]['short']}: {text}" for name, text in form.problems.items() if name not in names]
    for problem in [*notices, *hidden]:
        st.warning(sentence(problem))
    if expected:
        st.caption(escape(expected))
    st.button("Show all settings", key="show_all", icon=":material/tune:", type="tertiary", on_click=state.show_all)


def prepared_line() -> str:
    """What to do with a prepared link, where Start is: on a phone the form is folded away. "" without one."""
    prepared = state.prepared_link(st.session_state.choices.prepared)
    names = [FIELDS[name]["short"] for name in prepared.fields if name in FIELDS] if prepared else []
    if not names:
        return ""
    title = f"{prepared.title}{'' if prepared.title.endswith(('.', '?', '!')) else '.'} " if prepared.title else ""
    return f"{title}Choose in the form (»): {', '.join(names)}. Then press Start."


# -- for the instructor


def prepare_menu(form: Form) -> None:
    """Where the instructor of a room makes a link of what is in the form; nothing for others."""
    if form.config is None or not is_room() or not visitor().is_instructor:
        return
    menu = st.popover("Prepare a link", icon=":material/link:", type="tertiary", key="prepare", on_change="rerun")
    if not menu.open:
        return
    with menu:
        st.caption(ABOUT)
        if form.config.dataset.startswith(OWN_DATA):
            st.warning(OWN_IMAGES)
        st.text_input("Title", key="prepared_title", max_chars=MAX_LETTERS, placeholder="How many groups are there?")
        st.multiselect("Settings that may be changed", form.acting, key="prepared_fields", format_func=_label)
        st.button("Make the link", key="make_link", icon=":material/add_link:", on_click=_make, args=(form.config,))
        made = st.session_state.get("prepared_link")
        if made is not None:
            show_link(made)


def _label(name: str) -> str:
    return FIELDS[name]["short"]


def _make(config: RunConfig) -> None:
    if not visitor().is_instructor:
        return
    fields = tuple(name for name in st.session_state.prepared_fields if name in FIELDS)
    prepared = Prepared(st.session_state.prepared_title.strip()[:MAX_LETTERS], state.to_prepare(config), fields)
    try:
        with writing("The prepared link"):
            st.session_state.prepared_link = keep_prepared(runs_root(), prepared)
    except ValueError as error:
        tell_problem(error)
