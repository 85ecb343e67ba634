"""Requests to an app of ASGI, as a browser makes them, for tests without a server."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from http.cookies import Morsel, SimpleCookie
from typing import Any

PAGE = "text/html,application/xhtml+xml,*/*;q=0.8"


@dataclass(frozen=True)
class Answer:
    """What came back; headers by their lower-case names, the last of each."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def cookie(self) -> Morsel | None:
        """The cookie that it sets, if it does."""
        return next(iter(SimpleCookie(self.headers.get("set-cookie", "")).values()), None)


def altered(text: str, place: int = 0) -> str:
    """The text with another letter at a place."""
    letters = list(text)
    letters[place] = "B" if letters[place] == "A" else "A"
    return "".join(letters)


def asked(
    app: Any, path: str, cookies: dict[str, str] | None = None, *, method: str = "GET", client: str = "", **headers: str
) -> Answer:
    """The answer of `app` to a request for a path, with its query if it has one; `client` is the browser's address."""
    path, _, query = path.partition("?")
    lines = {"accept": PAGE, **{name.replace("_", "-"): value for name, value in headers.items()}}
    if cookies:
        lines["cookie"] = "; ".join(f"{name}={value}" for name, value in cookies.items())
    scope = {
        "type": "http", "method": method, "path": path, "raw_path": path.encode(), "query_string": query.encode(),
        "root_path": "", "scheme": "http", "server": ("localhost", 80), "http_version": "1.1",
        "client": (client, 50000) if client else None,
        "headers": [(name.encode(), value.encode()) for name, value in lines.items()],
    }  # fmt: skip
    sent: list[dict] = []
    received: list[bool] = []

    async def receive():
        if received:  # a browser that stays says nothing more
            await asyncio.Event().wait()
        received.append(True)
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message):
        sent.append(message)

    with ThreadPoolExecutor(1) as elsewhere:  # this thread's loop may be that of a browser
        elsewhere.submit(asyncio.run, app(scope, receive, send)).result()
    first = {name.decode(): value.decode() for name, value in sent[0]["headers"]}
    return Answer(sent[0]["status"], first, b"".join(message.get("body", b"") for message in sent[1:]))
