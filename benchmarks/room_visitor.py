"""One of a room's visitors, without a browser: opens the page, presses Start, follows the run and fetches its frames.

The page comes by websocket (`benchmarks.visitor`), the live view by HTTP, as in a browser.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPResponse, RemoteDisconnected
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin

if TYPE_CHECKING:
    from benchmarks.visitor import Visitor

# what Train shows unless somebody chooses otherwise
PARTS = ("curves", "matrix", "mixed", "digits", "points.umap.digit")
SETTLE = 10.0  # seconds until a spare worker has loaded its libraries, and at the end for what is under way


@dataclass
class Browser:
    """One visitor: the page by websocket, the live view by HTTP."""

    address: str
    query: str
    errors: list[str] = field(default_factory=list)
    opened: float = float("nan")  # seconds
    started: float | None = None
    n_redraws: int = 0
    seen: list[tuple[float, int]] = field(default_factory=list)  # when so many records of the run were on the screen
    run_id: str = ""
    visitor: Visitor | None = None
    cookie: str = ""
    _frames: dict[str, str] = field(default_factory=dict)  # the version of each part that is shown
    _redrawing: threading.Thread | None = None

    def open(self) -> None:
        """Open the page, from nothing but its address to the last element."""
        from benchmarks.visitor import Visitor  # with Streamlit, which other benchmarks do without

        begun = time.monotonic()
        self.cookie = cookie_of(self.address)
        self.visitor = Visitor(self.address, "train", self.query, self.cookie)
        self.visitor.redraw()
        self.opened = time.monotonic() - begun
        self.errors += self.visitor.errors

    def start(self) -> None:
        """Press Start and wait until the page shows the run."""
        begun = time.monotonic()
        self.visitor.press("Start")
        self.started = time.monotonic() - begun

    def watch(self, until: float) -> None:
        """Follow the run until then, or its end."""
        url = self.visitor.live.get("url")
        if not url:
            raise RuntimeError("the page follows no run")
        self.run_id = url.rpartition("/")[2]
        stream, frames = connection(self.address), connection(self.address)
        answer, is_over = get(stream, url, self.cookie), False
        while time.monotonic() < until:
            line = answer.readline()  # something comes every fifteen seconds, at least
            if line.startswith(b"data: {"):
                moment = json.loads(line[6:])
                is_over = moment["over"]
                self._show(moment, frames)
            elif not line and is_over:
                return
            elif not line:
                raise RuntimeError("the stream has ended")

    def _show(self, moment: dict[str, Any], frames: HTTPConnection) -> None:
        for part in PARTS:
            version = moment["parts"].get(part)
            if version and self._frames.get(part) != version:
                self._frames[part] = self._fetch(f"{moment['url']}/{part}/{version}", frames)
        self.seen.append((time.monotonic(), moment["records"]))
        drawn = self.visitor.live
        is_other = moment["number"] > drawn["number"] and moment["layout"] != drawn["layout"]
        if is_other and not (self._redrawing and self._redrawing.is_alive()):
            self.n_redraws += 1
            self._redrawing = threading.Thread(target=self.visitor.redraw, kwargs={"fragment": drawn["fragment"]})
            self._redrawing.start()

    def _fetch(self, path: str, frames: HTTPConnection) -> str:
        """Fetch a frame, be it by a detour; its version."""
        for _ in range(5):
            try:
                answer = get(frames, path, self.cookie)
            except (RemoteDisconnected, ConnectionError):  # a server lets go of a connection on which nothing is asked
                frames.close()
                answer = get(frames, path, self.cookie)
            answer.read()
            if answer.status == 200:
                break
            if answer.status != 307:
                raise RuntimeError(f"{path} was answered by {answer.status}")
            path = urljoin(path, answer.headers["location"])
        return path.rpartition("/")[2]

    def lateness(self, written: Callable[[str], Sequence[tuple[float, int]]], before: float) -> list[float]:
        """For each record that was written while this browser watched: seconds until it was on its screen."""
        if not self.seen:
            return []
        late, begun = [], self.seen[0][0]
        for at, n_records in written(self.run_id):
            if begun < at < before:
                late.append(next((shown for shown, known in self.seen if known >= n_records), before + SETTLE) - at)
        return late


def cookie_of(address: str) -> str:
    """The cookie that a server gives to whoever comes without one."""
    asked = connection(address)
    asked.request("GET", "/", headers={"Accept": "text/html"})
    answer = asked.getresponse()
    answer.read()
    asked.close()
    return answer.headers.get("set-cookie", "").partition(";")[0]


def get(asked: HTTPConnection, path: str, cookie: str) -> HTTPResponse:
    """GET a path below the app's address, by a connection that stays open."""
    asked.request("GET", f"/{path}", headers={"Cookie": cookie})
    return asked.getresponse()


def connection(address: str) -> HTTPConnection:
    """A connection to the app at an address as in http://localhost:8501."""
    return HTTPConnection(address.removeprefix("http://"), timeout=60)
