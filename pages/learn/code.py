"""The function of our own code that computes what a lesson speaks of, and the line that is meant."""

from __future__ import annotations

from typing import Any

import streamlit as st

from dec_core.lessons.pieces import Code
from pages.shared.text import escape


def show(options: Code, _: Any) -> None:
    """Draw the function as it stands in the program; what is meant is said above it."""
    source = options.source.splitlines()
    number = next((i for i, line in enumerate(source, 1) if options.line and options.line in line), 0)
    st.caption(f"{escape(options.function)}" + (f", line {number:d} below" if number else ""))
    st.code("\n".join(source), language="python", line_numbers=True, wrap_lines=True)
