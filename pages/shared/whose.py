"""How the instructor of a room reads whose a run is."""

from __future__ import annotations

from collections.abc import Mapping

from dec_core.runs.index import Entry
from dec_core.runs.ownership import INSTRUCTOR
from dec_core.runs.room_state import room_state
from pages.shared.places import runs_root
from pages.shared.visitor import is_room, visitor


def called(owner: str, names: Mapping[str, str]) -> str:
    """A visitor by their nickname, or else by the beginning of their id; plain text."""
    if owner in ("", INSTRUCTOR):
        return "You" if owner else "This server"
    return names.get(owner) or f"Visitor {owner[:4]}"


def owners_of(entries: list[Entry]) -> dict[str, str]:
    """By id of a run, the visitor whose it is: for the instructor, and not of their own."""
    if not is_room() or not visitor().is_instructor:
        return {}
    names = room_state(runs_root()).names
    return {entry.id: called(entry.owner, names) for entry in entries if entry.owner not in ("", INSTRUCTOR)}
