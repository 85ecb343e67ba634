"""Start on what was trained before: the finished run is offered in place of a second one."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from dec_core.config import RunConfig
from dec_core.reading.known import known_run_line, trained_before
from pages.shared import focus
from pages.shared.text import escape

TO_SHOW = "Open the run that is finished."
TO_TRAIN = "Train it again: the same seed on the same machine gives the same labels."


def find_known_run(config: RunConfig) -> bool:
    """Whether a run that the visitor may see has trained this already; then it is offered, for use in callbacks."""
    entry = trained_before(focus.index().entries(), config)
    if entry is not None:
        st.session_state.known_run = config, entry.id
    return entry is not None


def offer_known_run(config: RunConfig | None, train_anew: Callable[[RunConfig], None]) -> None:
    """The offer, as long as the form says what was asked for."""
    asked, run_id = st.session_state.get("known_run", (None, ""))
    entry = focus.index().entry(run_id) if asked is not None and asked == config else None
    if entry is None:
        return
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="known_run_offer"):
        st.markdown(escape(f"{known_run_line(entry)}."), width="content")
        st.button("Show it", key="show_known", icon=":material/visibility:", help=TO_SHOW, type="primary",
                  on_click=_show, args=(run_id,))  # fmt: skip
        st.button("Train anew", key="train_anew", icon=":material/play_arrow:", help=TO_TRAIN,
                  on_click=train_anew, args=(config,))  # fmt: skip


def forget_known_run() -> None:
    """Take the offer back."""
    st.session_state.pop("known_run", None)


def _show(run_id: str) -> None:
    forget_known_run()
    focus.focus_on(run_id)
    st.session_state.page_changed = True
    before = st.session_state.pop("compare_with", None)
    if before not in (None, run_id):
        focus.go_to("compare", run=run_id, runs=f"{before},{run_id}")
