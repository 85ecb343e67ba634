"""What is news on the wall."""

from __future__ import annotations

from zlib import crc32

from dec_core.runs.room_state import room_state
from pages.shared import focus
from pages.shared.attendance import present
from pages.shared.news import Kind
from pages.shared.places import runs_root
from pages.shared.visitor import Visitor, is_room

EVERY = 2.0  # seconds between two looks at all runs


def _stamp(_: str) -> str:
    """Another one once a run, a nickname, what is shown or how many are there is another."""
    runs = [(entry.id, entry.status.state, entry.status.updated, entry.marks) for entry in focus.all_runs().entries()]
    return f"{crc32(repr((runs, room_state(runs_root()), present())).encode()):08x}"


def _may_hear(_: str, who: Visitor) -> bool:
    return is_room() and who.is_instructor


WALL = Kind("wall", _stamp, _may_hear, lambda _: EVERY)
