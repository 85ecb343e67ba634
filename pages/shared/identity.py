"""How a browser comes by the cookie that says who its visitor is, and how the instructor's link is followed."""

from __future__ import annotations

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
    signed,
)

SPENT = (
    "This link was used before, or is not the newest one. Start the server again for another: it prints one when it "
    "starts."
)


class Identify:
    """ASGI middleware: a browser that opens a page without a valid cookie is given that of a new visitor.

    Only with a page, which no proxy may keep: a picture that a proxy keeps would bring its cookie to everybody.
    """

    def __init__(self, app: ASGIApp):
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on; of a page to somebody unknown, with a cookie."""
        if not _opens_page(scope) or id_in(HTTPConnection(scope).cookies.get(cookie_name(), "")):
            await self.app(scope, receive, send)
            return

        async def send_with_cookie(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                if "set-cookie" not in headers:  # the instructor's
                    headers.append("set-cookie", _set_cookie(scope, new_visitor()))
                headers["cache-control"] = "no-store"
            await send(message)

        await self.app(scope, receive, send_with_cookie)


def visitor_in(scope: Scope) -> Visitor:
    """Who makes a request. On a desk, the one person there is."""
    return known_by(HTTPConnection(scope).cookies.get(cookie_name(), "")) if is_room() else DESK


def enter_as_instructor(request: Request) -> Response:
    """Follow the instructor's link: it works once, in the browser in which it is opened."""
    token = request.query_params.get("token", "")
    if not is_room() or request.scope["method"] != "GET" or not spend_instructor_token(runs_root(), token):
        return PlainTextResponse(SPENT, status_code=403, headers={"Cache-Control": "no-store"})
    answer = RedirectResponse("./", status_code=303, headers={"Cache-Control": "no-store"})
    answer.headers.append("set-cookie", _set_cookie(request.scope, signed(INSTRUCTOR)))
    return answer


def _opens_page(scope: Scope) -> bool:
    return scope["type"] == "http" and scope["method"] == "GET" and "text/html" in _header(scope, "accept")


def _header(scope: Scope, name: str) -> str:
    return HTTPConnection(scope).headers.get(name, "")


def _set_cookie(scope: Scope, value: str) -> str:
    is_secure = "https" in (scope.get("scheme"), _header(scope, "x-forwarded-proto").partition(",")[0].strip())
    answer = Response()
    answer.set_cookie(cookie_name(), value, max_age=LIFETIME, secure=is_secure, httponly=True, samesite="lax")
    return answer.headers["set-cookie"]
