"""What browsers that follow a run are told, and the frames that they fetch: without a redraw.

GET live/RUN                a stream of server-sent events, one for each moment: number, layout, words, parts
GET live/RUN/PART/VERSION   a part of the newest moment, which a browser keeps; of a version that is gone, the way to
                            the one of now

Both are for who may see the run; to others it is not there.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from urllib.parse import quote

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response, StreamingResponse

from dec_core.runs.folder import RunFolder
from pages.shared.identity import browser_in, visitor_in
from pages.shared.permission import may_run
from pages.shared.places import runs_root
from pages.shared.pulse import is_name_of_run
from pages.train.moment import Moment
from pages.train.watch import watchers

HEARTBEAT = 15.0  # seconds: so that either side notices a connection that is dead
MOST_STREAMS = 40  # of one browser: more than it has pages in sight
REFUSED = "This server ends, or this browser follows too many runs at once: close other tabs of this app."
RETRY = 1000  # milliseconds after which a browser tries again to listen
STREAM = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}  # which no proxy holds back
FRAME = {"Cache-Control": "private, max-age=86400, immutable"}
GONE = PlainTextResponse("There is no such run.", status_code=404)


async def stream(request: Request) -> Response:
    """The moments of a run, from the newest on."""
    run = await _visible_run(request)
    if run is None:
        return GONE
    if request.scope["method"] != "GET":
        return Response(headers=STREAM, media_type="text/event-stream")
    if watchers().is_closed or watchers().n_streams[_browser(request)] >= MOST_STREAMS:
        return PlainTextResponse(REFUSED, 503, {"Retry-After": "5", "Cache-Control": "no-store"})
    last = request.headers.get("last-event-id", "")
    number = int(last) if last.isascii() and last.isdigit() and len(last) < 20 else -1
    return StreamingResponse(_events(request, run, number), headers=STREAM, media_type="text/event-stream")


async def frame(request: Request) -> Response:
    """A part of what a run shows."""
    run = await _visible_run(request)
    try:
        return GONE if run is None else await _frame(run, request.path_params["part"], request.path_params["version"])
    except ValueError:  # its config, its images or this snapshot are gone
        return GONE


async def _frame(run: RunFolder, part: str, version: str) -> Response:
    moment = await watchers().moment(run)
    newest = moment.views.versions.get(part)
    if newest is None:
        return GONE
    if version != newest:
        return RedirectResponse(newest, 307, {"Cache-Control": "no-store"})
    content = await watchers().frame(moment, part)
    kind = "application/octet-stream" if part.startswith("points") else "application/json"
    return Response(content, headers=FRAME, media_type=kind)


async def _visible_run(request: Request) -> RunFolder | None:
    name = request.path_params["run"]
    return await run_in_threadpool(_visible, request, name)


def _visible(request: Request, name: str) -> RunFolder | None:
    run = RunFolder(runs_root() / name) if is_name_of_run(name) else None
    return run if run is not None and may_run("see", run, visitor_in(request.scope)) else None


def _browser(request: Request) -> str:
    """By what browsers are told apart where their streams are counted."""
    return browser_in(request.scope) or (request.client.host if request.client else "")


async def _events(request: Request, run: RunFolder, number: int) -> AsyncIterator[str]:
    """What is written to one who listens; who is slow in reading it is told of the newest moment, and not of all."""
    async with watchers().watching(run, _browser(request)) as watched:
        yield f"retry: {RETRY}\n\n"
        while True:
            moment = await watched.news(number, HEARTBEAT)
            if moment is None and watched.has_ended:
                break
            if moment is None:
                yield "event: alive\ndata: \n\n"
            elif await _visible_run(request) is None:  # no longer shared, or a cookie of yesterday
                return
            else:
                number = moment.number
                yield _event(moment, run)
        if watched.is_gone:
            yield "event: gone\ndata: \n\n"  # what can still be shown, Python knows


def _event(moment: Moment, run: RunFolder) -> str:
    data = {"url": f"live/{quote(run.id)}", "number": moment.number, "records": moment.history.n_records, **moment.told}
    return f"id: {moment.number}\ndata: {json.dumps(data)}\n\n"
