"""Each step is seen from its heading on, and so is the list of lessons."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

_begin = st.components.v2.component(
    "learn_begin", html="<span hidden></span>", js=(Path(__file__).parent / "begin.js").read_text(encoding="utf-8")
)


def begin(at: str) -> None:
    """Scroll to the top where `at`, what is shown, is another than before."""
    with st.container(key="unseen-begin"):
        _begin(data={"at": at}, key="begin", height=1)
