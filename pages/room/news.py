"""Whether the wall has something new to show, as the instructor's browser asks it without a redraw."""

from __future__ import annotations

from zlib import crc32

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from dec_core.runs.room_state import room_state
from pages.shared import focus, pulse
from pages.shared.identity import visitor_in
from pages.shared.places import runs_root
from pages.shared.visitor import is_room


def wall_pulse() -> str:
    """A text that is another one once a run, a nickname or what is shown is another."""
    runs = [(entry.id, entry.status.state, entry.status.updated, entry.marks) for entry in focus.all_runs().entries()]
    return f"{crc32(repr((runs, room_state(runs_root()))).encode()):08x}"


def answer(request: Request) -> Response:
    """The pulse of the wall, to the instructor."""
    if not is_room() or not visitor_in(request.scope).is_instructor:
        return PlainTextResponse("There is no such page.", status_code=404)
    return pulse.answer_with(wall_pulse())
