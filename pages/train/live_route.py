"""What browsers that follow a run are told, and the frames that they fetch: without a redraw.

GET live/RUN                a stream of server-sent events, one for each moment: number, layout, words, parts; with
                            ?of=… also the news of other things (pages.shared.news): a page has one stream for all
GET live/RUN/PART/VERSION   a part of the newest moment, which a browser keeps; of a version that is gone, the way to
                            the one of now

Both are for who may see the run; to others it is not there.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from urllib.parse import quote

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from dec_core.runs.folder import RunFolder
from pages.shared.identity import visitor_in
from pages.shared.news import Kind, may_see_run, run_named, topics_of
from pages.shared.stream import GONE, Topic, event, respond
from pages.train.moment import Moment
from pages.train.watch import LookAtRun, frames, moment_shown

FRAME = {"Cache-Control": "private, max-age=86400, immutable"}
RUN_IS_GONE = "event: gone\ndata: \n\n"  # what can still be shown, Python knows


def stream(*kinds: Kind) -> Callable[[Request], Awaitable[Response]]:
    """The route of the moments of a run, from the newest on, with news of things of these kinds."""

    async def answer(request: Request) -> Response:
        run = await _visible_run(request)
        if run is None:
            return GONE
        last = request.headers.get("last-event-id", "")
        number = int(last) if last.isascii() and last.isdigit() and len(last) < 20 else None
        may_hear = lambda: may_see_run(run.id, visitor_in(request.scope))  # noqa: E731
        moments = Topic(LookAtRun(run), may_hear, _event, RUN_IS_GONE, number)
        return await respond(request, [moments, *topics_of(request, kinds)])

    return answer


async def frame(request: Request) -> Response:
    """A part of what a run shows."""
    run = await _visible_run(request)
    try:
        return GONE if run is None else await _frame(run, request.path_params["part"], request.path_params["version"])
    except ValueError:  # its config, its images or this snapshot are gone
        return GONE


async def _frame(run: RunFolder, part: str, version: str) -> Response:
    moment = await moment_shown(run)
    newest = moment.views.versions.get(part)
    if newest is None:
        return GONE
    if version != newest:
        return RedirectResponse(newest, 307, {"Cache-Control": "no-store"})
    content = await frames().frame(moment, part)
    kind = "application/octet-stream" if part.startswith("points") else "application/json"
    return Response(content, headers=FRAME, media_type=kind)


async def _visible_run(request: Request) -> RunFolder | None:
    name = request.path_params["run"]
    is_visible = await run_in_threadpool(may_see_run, name, visitor_in(request.scope))
    return run_named(name) if is_visible else None


def _event(moment: Moment) -> str:
    told = {"number": moment.number, "records": moment.history.n_records, **moment.told}
    return event({"url": f"live/{quote(moment.run.id)}", **told}, number=moment.number)
