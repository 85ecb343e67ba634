"""Who looks at the app: on a desk the one person whose everything is, in a room whoever a signed cookie names."""

from __future__ import annotations

import hashlib
import os
import re
import secrets
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import streamlit as st
from itsdangerous import BadSignature, TimestampSigner

from dec_core.runs.ownership import INSTRUCTOR
from dec_core.runs.room_files import signing_key
from pages.shared.places import runs_root

LIFETIME = 86_400  # seconds: a cookie of yesterday is nobody's
ID = re.compile(r"[a-z0-9]{1,40}")


@dataclass(frozen=True)
class Visitor:
    """`id` is "" on a desk, and for somebody without a valid cookie, who may do nothing."""

    id: str
    name: str
    is_instructor: bool


DESK = Visitor("", "", True)
NOBODY = Visitor("", "", False)
UNKNOWN_VISITOR = (
    "Your browser has no valid cookie of this server, by which it knows which runs are yours; a cookie is valid for a "
    "day. Reload the page; if that does not help, allow cookies for this address."
)


def is_room() -> bool:
    """Whether the app serves many people rather than one."""
    return os.environ.get("DEC_ROOM") == "1"


def visitor() -> Visitor:
    """Who has asked for the drawing of a screen that is under way. In a thread of its own, nobody has."""
    return known_by(st.context.cookies.get(cookie_name(), "")) if is_room() else DESK


def known_by(cookie: str) -> Visitor:
    """The visitor whom a cookie names; `NOBODY` where it is forged, altered or older than `LIFETIME`."""
    try:
        visitor_id = _signer(runs_root()).unsign(cookie, max_age=LIFETIME).decode()
    except (BadSignature, UnicodeError):
        return NOBODY
    if not ID.fullmatch(visitor_id):
        return NOBODY
    return Visitor(visitor_id, visitor_id, visitor_id == INSTRUCTOR)


def new_visitor() -> str:
    """The cookie of somebody who was never here."""
    return signed(secrets.token_hex(8))


def signed(visitor_id: str) -> str:
    """The cookie by which a visitor is known for a day."""
    return _signer(runs_root()).sign(visitor_id).decode()


def cookie_name() -> str:
    """Another one for each folder of runs: browsers send the cookies of one port to all others of a machine."""
    return _cookie_name(runs_root())


@lru_cache(maxsize=8)
def _cookie_name(root: Path) -> str:
    return f"dec_visitor_{hashlib.sha256(b'name' + signing_key(root)).hexdigest()[:8]}"


@lru_cache(maxsize=8)
def _signer(root: Path) -> TimestampSigner:
    return TimestampSigner(signing_key(root), salt="visitor", digest_method=hashlib.sha256)
