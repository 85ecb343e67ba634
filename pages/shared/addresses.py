"""Addresses of the app as people are given them: by which their browsers know it."""

from __future__ import annotations

from urllib.parse import urlencode

import streamlit as st


def show_link(name: str) -> None:
    """The link of this name, to be copied."""
    st.code(app_address() + "/?" + urlencode({"prepared": name}), language=None, wrap_lines=True)


def show_step_link(lesson: str, step: int) -> None:
    """The link of a lesson's step, to be copied."""
    st.code(f"{app_address()}/learn?{urlencode({'lesson': lesson, 'step': step})}", language=None, wrap_lines=True)


def app_address() -> str:
    """The address of the app, by which the browser knows it, without the screen."""
    address = (st.context.url or "").partition("?")[0].rstrip("/")
    return address.removesuffix(f"/{st.session_state.get('page') or ''}".rstrip("/"))
