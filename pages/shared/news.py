"""Whether there is something new to show: the browser is told so without a redraw, and has drawn anew what changed.

A redraw by the clock sends every element again, or those that it leaves out vanish. So nothing is drawn by a clock: a
screen says what it has seen of what it shows, and the browser listens until that is another.

GET news?of=KIND:NAME&of=…   a stream of server-sent events, one for each change of one of them: topic, stamp, at

Each is for who may hear of it; to others it is not there.
"""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Awaitable, Callable
from concurrent.futures import Executor
from dataclasses import dataclass
from pathlib import Path

import streamlit as st
from starlette.requests import Request
from starlette.responses import Response

from dec_core.reading.live_umap import live_umap_stamp
from dec_core.runs.folder import RunFolder
from pages.shared import focus
from pages.shared.components import source
from pages.shared.identity import visitor_in
from pages.shared.looks import Look
from pages.shared.permission import may_run
from pages.shared.places import runs_root
from pages.shared.stream import Topic, event, respond
from pages.shared.visitor import Visitor

MOST_TOPICS = 100  # of one stream
EVERY = 1.0  # seconds between two looks at a run

_news = st.components.v2.component("news", html="<span hidden></span>", js=source("stream.js") + source("news.js"))


@dataclass(frozen=True)
class Kind:
    """Something that screens show.

    Attributes
    ----------
    name : str
    stamp : callable
        Of the thing's name: a text that is another one once it has changed. Raises ValueError where it is not there.
    may_hear : callable
        Whether a visitor may hear of it; of any text that is no name, nobody.
    every : callable
        Of the thing's name: seconds between two looks.
    """

    name: str
    stamp: Callable[[str], str]
    may_hear: Callable[[str, Visitor], bool]
    every: Callable[[str], float] = lambda _: EVERY

    def stamp_now(self, name: str) -> str:
        """The stamp; "" of what is not there."""
        try:
            return self.stamp(name)
        except (ValueError, OSError):
            return ""


@dataclass(frozen=True)
class Seen:
    """What a drawing has seen: stamps by topic, and when, in milliseconds. Made first: what comes later is news."""

    stamps: dict[str, str]
    at: int


def seen(kind: Kind, *names: str) -> Seen:
    """What there is to be seen of these now."""
    at = _now()
    return Seen({f"{kind.name}:{name}": kind.stamp_now(name) for name in names[:MOST_TOPICS]}, at)


def redraw_on_news(of: Seen, key: str = "news") -> None:
    """Have the fragment around this drawn anew once something of it is another. `key`: of each that a page has."""
    _news(data={"stamps": of.stamps, "at": of.at}, key=key, height=1, on_news_change=_draw)


def _draw() -> None:
    """The callback that makes the component's news start a redraw."""


# -- what browsers are told


class StampLook(Look):
    """Looks at the stamp of one thing; where that is not there, it may come back."""

    def __init__(self, kind: Kind, name: str):
        super().__init__(f"{kind.name}:{name}")
        self.kind, self.name = kind, name

    async def again_and_again(self, executor: Executor) -> None:
        """Look without an end."""
        loop = asyncio.get_running_loop()
        while True:
            at = _now()
            stamp = await loop.run_in_executor(executor, self.kind.stamp_now, self.name)
            self.show(_told(self.key, stamp, at), stamp)
            await asyncio.sleep(self.kind.every(self.name))


def topics_of(request: Request, kinds: tuple[Kind, ...]) -> list[Topic]:
    """What the address asks to hear of."""
    who, by_name = (lambda: visitor_in(request.scope)), {kind.name: kind for kind in kinds}
    asked = [text.partition(":") for text in request.query_params.getlist("of")[:MOST_TOPICS]]
    return [_topic(by_name[kind], name, who) for kind, _, name in dict.fromkeys(asked) if kind in by_name]


def _topic(kind: Kind, name: str, who: Callable[[], Visitor]) -> Topic:
    look = StampLook(kind, name)
    return Topic(look, lambda: kind.may_hear(name, who()), str, _told(look.key, "", 0))


def _told(topic: str, stamp: str, at: int) -> str:
    return event({"topic": topic, "stamp": stamp, "at": at}, kind="stamp")


def stream(*kinds: Kind) -> Callable[[Request], Awaitable[Response]]:
    """The route by which browsers hear of things of these kinds."""

    async def answer(request: Request) -> Response:
        return await respond(request, topics_of(request, kinds))

    return answer


def _now() -> int:
    return int(1000 * time.time())


# -- runs


def _of_run(name: str) -> str:
    """Another one once a run's state, records, message, map, place in the queue or worker are others."""
    run = RunFolder(runs_root() / name)
    status = run.status  # which notices that a process has ended without a word
    try:
        size = os.path.getsize(run.path / "events.jsonl")
    except OSError:
        size = 0
    ahead = focus.supervisor().ahead_of(run) if status.state == "queued" else 0
    return (
        f"{status.state} {status.updated} {size} {live_umap_stamp(run)} {ahead} {focus.supervisor().is_completing(run)}"
    )


def _of_moments(name: str) -> str:
    """Another one once a run's state, its snapshots or what a worker adds to them are others."""
    run = RunFolder(runs_root() / name)
    state, history = run.status.state, focus.reader(run.id).refresh()
    files = [snapshot["file"] for snapshot in history.snapshots[-1:]]
    added = history.umap, history.inspection, history.umaps, history.end is not None
    return f"{state} {len(history.snapshots)} {files} {added} {focus.supervisor().is_completing(run)}"


def run_named(name: str) -> RunFolder | None:
    """The run of a name that a stranger gives, if it is one, and no path to anywhere else."""
    plain = name == Path(name).name and name not in ("", "..") and len(name) <= focus.MAX_LETTERS
    return RunFolder(runs_root() / name) if plain and os.path.isfile(runs_root() / name / "config.json") else None


def may_see_run(name: str, who: Visitor) -> bool:
    """Whether there is such a run, and a visitor may see it."""
    run = run_named(name)
    return run is not None and may_run("see", run, who)


RUN = Kind("run", _of_run, may_see_run)
MOMENTS = Kind("moments", _of_moments, may_see_run)
