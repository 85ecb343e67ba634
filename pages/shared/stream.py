"""A stream of server-sent events: all that a page listens to, as it comes, as long as its visitor may hear of it.

Browsers allow six connections to a server, so a page has one stream for whatever it follows.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse

from pages.shared.identity import browser_in, note
from pages.shared.looks import Look, looks

HEARTBEAT = 15.0  # seconds: so that either side notices a connection that is dead
MOST_STREAMS = 40  # of one browser: more than it has pages in sight
REFUSED = "This server ends, or this browser follows too many things at once: close other tabs of this app."
RETRY = 1000  # milliseconds after which a browser tries again to listen
STREAM = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}  # which no proxy holds back
GONE = PlainTextResponse("There is no such page.", status_code=404)
ALIVE = "event: alive\ndata: \n\n"


@dataclass(frozen=True, eq=False)
class Topic:
    """Something that a browser asks to hear of.

    Attributes
    ----------
    look : Look
    may_hear : callable
        Whether it may: asked at every moment.
    told : callable
        The event that tells of what the look has found.
    gone : str
        The event by which it is told that there is nothing, or nothing for it.
    heard : str or int or None
        The mark of what it knows already.
    """

    look: Look
    may_hear: Callable[[], bool]
    told: Callable[[Any], str]
    gone: str
    heard: str | int | None = None


def event(data: dict[str, Any], *, kind: str = "", number: int | None = None) -> str:
    """An event of the stream; with a number, that by which the browser says what it has heard."""
    lines = [f"event: {kind}"] if kind else []
    lines += [] if number is None else [f"id: {number}"]
    return "\n".join([*lines, f"data: {json.dumps(data)}"]) + "\n\n"


async def respond(request: Request, topics: Sequence[Topic]) -> Response:
    """The stream of these topics. Of what may not be heard it tells that it is gone; if that is all, there is none."""
    if not await run_in_threadpool(_allowed, topics):
        return GONE
    if request.scope["method"] != "GET":
        return Response(headers=STREAM, media_type="text/event-stream")
    browser = browser_in(request.scope) or (request.client.host if request.client else "")
    if looks().is_closed or looks().n_streams[browser] >= MOST_STREAMS:
        return PlainTextResponse(REFUSED, 503, {"Retry-After": "5", "Cache-Control": "no-store"})
    events = _events(topics, browser, browser_in(request.scope))
    return StreamingResponse(events, headers=STREAM, media_type="text/event-stream")


def _allowed(topics: Sequence[Topic]) -> list[Topic]:
    return [topic for topic in topics if topic.may_hear()]


async def _events(topics: Sequence[Topic], browser: str, known_as: str) -> AsyncIterator[str]:
    """What is written to one who listens; who is slow in reading it is told of what is newest, and not of all."""
    async with looks().listening([topic.look for topic in topics], browser) as (shared, news):
        followed = dict(zip(topics, shared, strict=True))
        heard = {topic: topic.heard for topic in topics}
        yield f"retry: {RETRY}\n\n"
        while followed:
            if not await _comes(news, HEARTBEAT):
                yield ALIVE
            news.clear()
            note(known_as)
            allowed = await run_in_threadpool(_allowed, list(followed))
            for topic, look in list(followed.items()):
                is_gone, is_last = topic not in allowed or look.is_gone, look.has_ended
                if is_gone:  # no longer shared, a cookie of yesterday, or no longer there
                    yield topic.gone
                elif look.mark not in (None, heard[topic]):
                    heard[topic] = look.mark
                    yield topic.told(look.found)
                if is_gone or is_last:
                    del followed[topic]


async def _comes(news: asyncio.Event, seconds: float) -> bool:
    try:
        await asyncio.wait_for(news.wait(), seconds)
    except TimeoutError:
        return False
    return True
