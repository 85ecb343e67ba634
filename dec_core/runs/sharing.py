"""A run that is shared: share.json in its folder, with the token of its link and the visitors who have followed that.

Whoever follows the link sees the run from then on, until sharing is stopped; nobody commands it by that.
"""

from __future__ import annotations

import hmac
import json
import secrets
import threading
from typing import Any

from dec_core.json_text import read_json
from dec_core.runs.folder import OWNER, RunFolder

FILE = "share.json"
MOST_VISITORS = 1000
_writing = threading.Lock()


def share(run: RunFolder) -> str:
    """The token of the run's link; made when it is first asked for. Raises OSError."""
    with _writing:
        kept = _kept(run)
        if not kept:
            kept = {"token": secrets.token_urlsafe(16), "visitors": []}
            _write(run, kept)
        return kept["token"]


def stop_sharing(run: RunFolder) -> None:
    """Make the link lead nowhere, also for those who have followed it."""
    with _writing:
        (run.path / FILE).unlink(missing_ok=True)


def follow(run: RunFolder, token: str, visitor_id: str) -> bool:
    """Let a visitor see the run from now on, if the token is that of its link. Raises OSError."""
    with _writing:
        kept = _kept(run)
        if not kept or not OWNER.fullmatch(visitor_id):
            return False
        if not hmac.compare_digest(kept["token"].encode(), token.encode(errors="replace")):
            return False
        if visitor_id not in kept["visitors"]:
            _write(run, kept | {"visitors": [*kept["visitors"], visitor_id][-MOST_VISITORS:]})
        return True


def shared_with(run: RunFolder) -> frozenset[str]:
    """The visitors who have followed the run's link."""
    return frozenset(_kept(run).get("visitors", ()))


def is_shared(run: RunFolder) -> bool:
    """Whether there is a link that leads to the run."""
    return bool(_kept(run))


def _kept(run: RunFolder) -> dict[str, Any]:
    """The content of the file; empty where there is none, or a damaged one: then nobody has followed anything."""
    try:
        content = read_json(run.path / FILE)
        token, visitors = content["token"], content["visitors"]
    except (ValueError, KeyError, TypeError):
        return {}
    if not isinstance(token, str) or len(token) < 16 or not isinstance(visitors, list):
        return {}
    return {"token": token, "visitors": [each for each in visitors if isinstance(each, str)]}


def _write(run: RunFolder, content: dict[str, Any]) -> None:
    run.write(run.path / FILE, lambda file: file.write(json.dumps(content).encode()))
