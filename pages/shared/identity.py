"""How a browser comes by the cookie that says who its visitor is, and how the instructor's link is followed."""

from __future__ import annotations

import time

from starlette.datastructures import MutableHeaders
from starlette.requests import HTTPConnection, Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from dec_core.runs.ownership import INSTRUCTOR
from dec_core.runs.room_files import spend_instructor_token
from pages.shared.places import runs_root
from pages.shared.visitor import (
    DESK,
    LIFETIME,
    Visitor,
    cookie_name,
    id_in,
    is_room,
    known_by,
    new_visitor,
    renewed,
    signed,
)

MOST_SEEN = 10_000  # visitors of whom is known when they came last
SPENT = (
    "This link was used before, or is not the newest one. Start the server again for another: it prints one when it "
    "starts."
)


_seen: dict[str, float] = {}  # when each browser has asked for something last


def n_seen(seconds: float) -> int:
    """How many visitors, by their browsers, have asked for something in the last seconds."""
    return len(seen_within(seconds))


def seen_within(seconds: float) -> set[str]:
    """The ids of their browsers."""
    now = time.monotonic()
    return {browser_id for browser_id, at in list(_seen.items()) if now - at <= seconds}


class Identify:
    """ASGI middleware: who opens a page without a valid cookie is given that of a new visitor; who comes, keeps theirs.

    A newcomer's comes with a page; one in use is renewed with whatever no proxy may keep: a picture that a proxy keeps
    would bring its cookie to everybody.
    """

    def __init__(self, app: ASGIApp):
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on; where there is a cookie to give, with that."""
        opens_page, given = _opens_page(scope), _cookie_in(scope) if scope["type"] == "http" else ""
        cookie = ""
        if browser_id := id_in(given):
            note(browser_id)
            cookie = renewed(given)
        elif opens_page:
            cookie = new_visitor()
        if not cookie:
            await self.app(scope, receive, send)
            return

        async def send_with_cookie(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                if opens_page or "no-store" in headers.get("cache-control", ""):
                    if "set-cookie" not in headers:  # the instructor's
                        headers.append("set-cookie", _set_cookie(scope, cookie))
                    headers["cache-control"] = "no-store"
            await send(message)

        await self.app(scope, receive, send_with_cookie)


def note(browser_id: str) -> None:
    """Somebody is there; of many more than a room holds, the one who came first is forgotten."""
    if not browser_id:
        return
    _seen.pop(browser_id, None)
    _seen[browser_id] = time.monotonic()
    while len(_seen) > MOST_SEEN:
        _seen.pop(next(iter(_seen)), None)


def visitor_in(scope: Scope) -> Visitor:
    """Who makes a request. On a desk, the one person there is."""
    return known_by(_cookie_in(scope)) if is_room() else DESK


def enter_as_instructor(request: Request) -> Response:
    """Follow the instructor's link: it works once, in the browser in which it is opened."""
    token = request.query_params.get("token", "")
    if not is_room() or request.scope["method"] != "GET" or not spend_instructor_token(runs_root(), token):
        return PlainTextResponse(SPENT, status_code=403, headers={"Cache-Control": "no-store"})
    answer = RedirectResponse("./room", status_code=303, headers={"Cache-Control": "no-store"})
    answer.headers.append("set-cookie", _set_cookie(request.scope, signed(INSTRUCTOR)))
    return answer


def browser_in(scope: Scope) -> str:
    """The id of the browser that makes a request; "" for one without a valid cookie, and on a desk."""
    return id_in(_cookie_in(scope)) if is_room() else ""


def _cookie_in(scope: Scope) -> str:
    return HTTPConnection(scope).cookies.get(cookie_name(), "")


def _opens_page(scope: Scope) -> bool:
    return scope["type"] == "http" and scope["method"] == "GET" and "text/html" in _header(scope, "accept")


def _header(scope: Scope, name: str) -> str:
    return HTTPConnection(scope).headers.get(name, "")


def _set_cookie(scope: Scope, value: str) -> str:
    is_secure = "https" in (scope.get("scheme"), _header(scope, "x-forwarded-proto").partition(",")[0].strip())
    answer = Response()
    answer.set_cookie(cookie_name(), value, max_age=LIFETIME, secure=is_secure, httponly=True, samesite="lax")
    return answer.headers["set-cookie"]
