"""Addresses of the app as people are given them: by which their browsers know it."""

from __future__ import annotations

import os
from html import escape
from urllib.parse import urlencode, urlsplit

import segno
import streamlit as st

from dec_core.work.checks import address_in_network

LOOPBACK = ("localhost", "127.0.0.1", "::1")
INVITATION = """<style>
.invitation { display: flex; align-items: center; gap: 3vw; }
.invitation img { width: min(38vh, 40vw); image-rendering: pixelated; }
.invitation b { font-size: min(3.6rem, 5vw); overflow-wrap: anywhere; }
.invitation.small { gap: 1rem; }
.invitation.small img { width: 6rem; }
.invitation.small b { font-size: 1.6rem; }
</style>"""


def show_link(name: str) -> None:
    """The link of this name, to be copied."""
    st.code(app_address() + "/?" + urlencode({"prepared": name}), language=None, wrap_lines=True)


def show_step_link(lesson: str, step: int) -> None:
    """The link of a lesson's step, to be copied."""
    st.code(f"{app_address()}/learn?{urlencode({'lesson': lesson, 'step': step})}", language=None, wrap_lines=True)


def room_address() -> str:
    """By which others reach the app: as this browser does, or where that is on the server's own machine, its network's.

    It is looked up anew, since a machine that joins another network has another one.
    """
    if public := os.environ.get("DEC_PUBLIC_URL"):
        return public
    address = urlsplit(app_address())
    if address.hostname not in LOOPBACK or st.get_option("server.address") in LOOPBACK:
        return address.geturl()
    return address._replace(netloc=f"{address_in_network()}{f':{address.port}' if address.port else ''}").geturl()


def show_invitation(*, is_small: bool = False) -> None:
    """The address and its QR code, large enough for the last row."""
    address = room_address()
    code = segno.make(address or "/").svg_data_uri(border=2, light="white")
    picture = f'<img src="{escape(code)}" alt="QR code of the address">'
    text = f"<b>{escape(address.removeprefix('http://'))}</b>"
    st.html(f'{INVITATION}<div class="invitation{" small" * is_small}">{picture}{text}</div>')


def app_address() -> str:
    """The address of the app, by which the browser knows it, without the screen."""
    address = (st.context.url or "").partition("?")[0].rstrip("/")
    return address.removesuffix(f"/{st.session_state.get('page') or ''}".rstrip("/"))
