"""Filters that compose: each narrows the one selection that all views show."""

from __future__ import annotations

from typing import Any

import streamlit as st

from dec_core.reading.run import Run
from dec_core.reading.selection import Selection, SelectionError, indices
from dec_core.reading.snapshot import Snapshot
from pages.inspect.view_state import ViewState, change_filters
from pages.shared.box import box
from pages.shared.text import escape
from pages.shared.widget_key import key_showing, value_chosen

ABOUT = "A sample must pass all filters. The page's address records them."
ANY = "any"
WIDTH = 84  # pixels of a filter, so that four stand in a row


def filters(run: Run, now: Snapshot, view: ViewState) -> None:
    """The box of filters."""
    chosen = view.selection
    with box("filters", "Filter by", ABOUT):
        letters = run.letters_in_order
        with st.container(horizontal=True, gap="small"):
            if run.y is not None:
                _select("Digit" if run.noun == "digit" else "Class", "true", list(run.classes), chosen.true)
            if now.clustered:
                _select("Cluster", "cluster", letters, chosen.cluster)
                if run.y is not None:
                    _select("Result", "side", ["right", "wrong"], chosen.side)
                else:
                    _select("Runner-up", "second", letters, chosen.second)
            _search(run.folder.id, chosen)
        if not now.clustered:
            st.caption("The other filters need clusters.")
            return
        span = chosen.min_confidence, chosen.max_confidence
        key = key_showing("filter_confidence", span)
        st.slider("Confidence (q of its cluster)", 0.0, 1.0, span, 0.01, key=key, on_change=_confidence)
        with st.container(horizontal=True, gap="small"):
            for name, label, about in (
                (
                    "changed",
                    "changed cluster at this update",
                    "Its cluster differs from that in the previous snapshot.",
                ),
                ("unsettled", "kept changing", "Still changed cluster in the last quarter of training."),
            ):
                ticked = getattr(chosen, name)
                key = key_showing(f"filter_{name}", ticked)
                st.checkbox(label, ticked, key=key, help=about, on_change=_take, args=[name])


def _select(label: str, name: str, options: list[str], value: str) -> None:
    none = ANY if ANY not in options else f"({ANY})"
    options = [none, *options]
    shown = value if value in options else none
    key = key_showing(f"filter_{name}", shown)
    st.selectbox(label, options, options.index(shown), key=key, on_change=_take, args=[name, none], width=WIDTH)


def _take(name: str, none: str | None = None) -> None:
    value: Any = value_chosen(f"filter_{name}")
    change_filters(**{name: "" if value == none else value})


def _confidence() -> None:
    low, high = value_chosen("filter_confidence")
    change_filters(min_confidence=round(low, 2), max_confidence=round(high, 2))


def _search(run_id: str, chosen: Selection) -> None:
    """A text field for indices; one that cannot be read stays until something else is chosen."""
    text, problem, of_view = st.session_state.get("filter_index_bad", ("", "", None))
    if of_view != (run_id, chosen):
        text, problem = ", ".join(map(str, chosen.index)), ""
    key = key_showing("filter_index", text)
    st.text_input("Index", text, key=key, placeholder="12, 40-42", on_change=_find, args=[run_id], width=WIDTH)
    if problem:
        st.caption(f":red[{escape(problem)}]")


def _find(run_id: str) -> None:
    text, state = value_chosen("filter_index"), st.session_state
    state.pop("filter_index_bad", None)
    try:
        change_filters(index=indices(text))
    except SelectionError as error:
        state.filter_index_bad = text, f"{error}.", (run_id, state.view.selection)
