"""Filters that compose: each narrows the one selection that all views show."""

from __future__ import annotations

from typing import Any

import streamlit as st

from dec_core.runs.inspection import Inspection
from dec_core.runs.moment import Moment
from dec_core.runs.selection import Selection, SelectionError, indices
from pages.parts.boxes import box
from pages.parts.inspecting.looking import Looking, choose, is_late
from pages.parts.inspecting.views import letters_of

ABOUT = "Filters add up: a sample has to pass all of them. What is chosen stands in the link."
ANY = "any"
WIDTH = 80  # pixels of a filter, so that four stand in a row


def filters(run: Inspection, now: Moment, seen: Looking) -> None:
    """The box of filters."""
    chosen = seen.selection
    with box("filters", "Look for", ABOUT):
        letters = letters_of(run)
        with st.container(horizontal=True, gap="small"):
            if run.y is not None:
                _select("Digit" if run.noun == "digit" else "Class", "true", list(run.classes), chosen.true)
            if now.clustered:
                _select("Cluster", "cluster", letters, chosen.cluster)
                if run.y is not None:
                    _select("Side", "side", ["right", "wrong"], chosen.side)
                else:
                    _select("Second", "second", letters, chosen.second)
            _search(chosen)
        if not now.clustered:
            st.caption("The other filters need clusters.")
            return
        st.session_state.filter_sure = (chosen.least, chosen.most)
        st.slider("Confidence, q of its cluster", 0.0, 1.0, step=0.01, key="filter_sure", on_change=_sure)
        with st.container(horizontal=True, gap="small"):
            for name, label, about in (
                ("changed", "changed now", "Changed cluster since the moment before this one."),
                ("unsettled", "never settled", "Still changed cluster in the last quarter of the training."),
            ):
                st.session_state[f"filter_{name}"] = getattr(chosen, name)
                st.checkbox(label, key=f"filter_{name}", help=about, on_change=_take, args=[name])


def _select(label: str, name: str, options: list[str], value: str) -> None:
    st.session_state[f"filter_{name}"] = value if value in options else ANY
    st.selectbox(label, [ANY, *options], key=f"filter_{name}", on_change=_take, args=[name], width=WIDTH)


def _take(name: str) -> None:
    value: Any = st.session_state[f"filter_{name}"]
    value = "" if value == ANY else value
    if not is_late(value, lambda seen: getattr(seen.selection, name)):
        choose(**{name: value})


def _sure() -> None:
    least, most = (round(value, 2) for value in st.session_state.filter_sure)
    if not is_late((least, most), lambda seen: (seen.selection.least, seen.selection.most)):
        choose(least=least, most=most)


def _search(chosen: Selection) -> None:
    """A text field for indices; one that cannot be read stays until something else is chosen."""
    said, of = st.session_state.get("filter_index_bad", ("", None))
    if not said or of != chosen:
        said = ""
        st.session_state.filter_index = _as_text(chosen)
    st.text_input("Index", key="filter_index", placeholder="12, 40-42", on_change=_find, width=WIDTH)
    if said:
        st.caption(f":red[{said}]")


def _as_text(chosen: Selection) -> str:
    return ", ".join(map(str, chosen.index))


def _find() -> None:
    text, chosen = st.session_state.filter_index, st.session_state.look.selection
    if is_late(text, lambda seen: _as_text(seen.selection)):
        return
    st.session_state.filter_index_bad = "", None
    try:
        choose(index=indices(text))
    except SelectionError as error:
        st.session_state.filter_index_bad = f"{error}.", chosen
