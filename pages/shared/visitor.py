"""Who looks at the app: on a desk the one person whose everything is, in a room whoever a signed cookie names."""

from __future__ import annotations

import hashlib
import os
import re
import secrets
import time
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import streamlit as st
from itsdangerous import BadSignature, TimestampSigner

from dec_core.runs.accounts import account_of
from dec_core.runs.ownership import INSTRUCTOR
from dec_core.runs.room_files import signing_key
from dec_core.runs.room_state import room_state
from pages.shared.places import runs_root

LIFETIME = 7 * 86_400  # seconds without a visit, after which a cookie is nobody's
RENEW_AFTER = 3600  # seconds after which a cookie in use is replaced by a new one
ID = re.compile(r"[a-z0-9]{1,40}")


@dataclass(frozen=True)
class Visitor:
    """`id` is "" on a desk, and for somebody without a valid cookie, who may do nothing; `name` a nickname, or ""."""

    id: str
    name: str
    is_instructor: bool


DESK = Visitor("", "", True)
NOBODY = Visitor("", "", False)
UNKNOWN_VISITOR = (
    "Your browser has no valid cookie of this server, by which it knows which runs are yours; it is valid for a "
    "week after your last visit. Reload the page; if that does not help, allow cookies for this address."
)


def is_room() -> bool:
    """Whether the app serves many people rather than one."""
    return os.environ.get("DEC_ROOM") == "1"


def visitor() -> Visitor:
    """Who has asked for the drawing of a screen that is under way. In a thread of its own, nobody has."""
    return known_by(own_cookie()) if is_room() else DESK


def known_by(cookie: str) -> Visitor:
    """The visitor whom a cookie names, or who has signed in with the browser that it names; else `NOBODY`."""
    browser_id = id_in(cookie)
    if browser_id == INSTRUCTOR:
        return Visitor(INSTRUCTOR, "", True)
    names = room_state(runs_root()).names
    if browser_id and must_sign_in():
        account = account_of(runs_root(), browser_id)
        return Visitor(account.id, names.get(account.id, account.name), False) if account else NOBODY
    return Visitor(browser_id, names.get(browser_id, ""), False) if browser_id else NOBODY


def id_in(cookie: str) -> str:
    """What a cookie says; "" where it is forged, altered or older than `LIFETIME`."""
    try:
        browser_id, made = _signed_by(runs_root(), cookie)
    except (BadSignature, UnicodeError):
        return ""
    return browser_id if 0 <= time.time() - made <= LIFETIME and ID.fullmatch(browser_id) else ""


def own_cookie() -> str:
    """The cookie of the browser for which a screen is drawn."""
    return st.context.cookies.get(cookie_name(), "")


def must_sign_in() -> bool:
    """Whether the server's secrets name a provider of OpenID Connect, with whom visitors of a room have to sign in."""
    return is_room() and _names_provider()


@lru_cache(maxsize=1)
def _names_provider() -> bool:
    try:
        return "auth" in st.secrets
    except FileNotFoundError:  # no secrets at all
        return False


def renewed(cookie: str) -> str:
    """A new cookie for the same browser, where this one is valid and more than an hour old; else ""."""
    browser_id = id_in(cookie)
    return signed(browser_id) if browser_id and time.time() - _signed_by(runs_root(), cookie)[1] > RENEW_AFTER else ""


def new_visitor() -> str:
    """The cookie of somebody who was never here."""
    return signed(secrets.token_hex(8))


def signed(visitor_id: str) -> str:
    """The cookie by which a visitor is known for `LIFETIME`."""
    return _signer(runs_root()).sign(visitor_id).decode()


def cookie_name() -> str:
    """Another one for each folder of runs: browsers send the cookies of one port to all others of a machine."""
    return _cookie_name(runs_root())


@lru_cache(maxsize=1000)
def _signed_by(root: Path, cookie: str) -> tuple[str, float]:
    """What this server has signed, and when: that a signature is right does not change, and a redraw asks it 30 times.

    Raises BadSignature, and UnicodeError.
    """
    signed_text, made = _signer(root).unsign(cookie, return_timestamp=True)
    return signed_text.decode(), made.timestamp()


@lru_cache(maxsize=8)
def _cookie_name(root: Path) -> str:
    return f"dec_visitor_{hashlib.sha256(b'name' + signing_key(root)).hexdigest()[:8]}"


@lru_cache(maxsize=8)
def _signer(root: Path) -> TimestampSigner:
    return TimestampSigner(signing_key(root), salt="visitor", digest_method=hashlib.sha256)
