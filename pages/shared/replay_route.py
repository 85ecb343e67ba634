"""The frames of a run that is replayed: GET replay/RUN/PART/STEP, for who may see the run.

The browser keeps the time (replay.js), so nothing is kept here of who replays what, and a frame is made once for all.
"""

from __future__ import annotations

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from dec_core.runs.status import ACTIVE
from pages.shared.identity import visitor_in
from pages.shared.news import may_see_run, run_named
from pages.shared.past_views import frame_after, steps
from pages.shared.stream import GONE

FRAME = {"Cache-Control": "private, max-age=86400"}


async def frame(request: Request) -> Response:
    """A part of what a run showed at a step, which is named by its records and how many there are of the run."""
    name, part, version = (request.path_params[key] for key in ("run", "part", "step"))
    if not await run_in_threadpool(may_see_run, name, visitor_in(request.scope)):
        return GONE
    content = await run_in_threadpool(_content, name, part, version.partition(".")[0])
    kind = "application/octet-stream" if part.startswith("points") else "application/json"
    return GONE if content is None else Response(content, headers=FRAME, media_type=kind)


def _content(name: str, part: str, step: str) -> bytes | None:
    """None for what is no step of a run that has ended, or cannot be read."""
    try:
        if run_named(name).status.state in ACTIVE or step not in {str(each.n_records) for each in steps(name)}:
            return None
        return frame_after(name, part, int(step))
    except (KeyError, ValueError):
        return None
