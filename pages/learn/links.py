"""A way from a lesson to another screen."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl

import streamlit as st

from dec_core.lessons.pieces import Link
from pages.shared.focus import go_to
from pages.shared.text import escape


def show(options: Link, place: Any) -> None:
    """Draw the button."""
    query = dict(parse_qsl(options.query, keep_blank_values=True))
    st.button(
        escape(options.label), key=f"link-{place.key}", icon=":material/arrow_forward:",
        on_click=lambda: go_to(options.page, **query),
    )  # fmt: skip
