"""What the instructor of a room has ended or paused, so that its owner is told who did."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from dataclasses import replace

from dec_core.runs.folder import RunFolder
from dec_core.runs.ownership import INSTRUCTOR
from dec_core.runs.room_state import MOST_RUNS, RoomState, change_room, room_state
from dec_core.runs.status import RunStatus
from pages.shared.places import runs_root
from pages.shared.visitor import is_room, visitor

SAID = {
    ("stop", "stopped"): "The instructor has ended this run. Training so far is saved; Resume continues from there.",
    ("pause", "paused"): "The instructor has paused this run. Resume continues it.",
}


def note_command(command: str, runs: Sequence[RunFolder]) -> None:
    """A visitor has given a command: remember what the instructor ends or pauses of others, and forget what goes on."""
    if not is_room():
        return
    known = room_state(runs_root()).commanded
    by_instructor = visitor().is_instructor and command in ("stop", "pause")
    told = {run.id: command for run in runs if by_instructor and run.owner not in ("", INSTRUCTOR)}
    commanded = {run.id for run in runs}
    if not told and not commanded & set(known):
        return

    def noted(room: RoomState) -> RoomState:
        others = {run: each for run, each in room.commanded.items() if run not in commanded}
        return replace(room, commanded=dict([*others.items(), *told.items()][-MOST_RUNS:]))

    with contextlib.suppress(OSError, ValueError):  # the command itself counts
        change_room(runs_root(), noted)


def said_of(run: RunFolder, status: RunStatus) -> str:
    """That the instructor has ended or paused it, if so it is."""
    return SAID.get((room_state(runs_root()).commanded.get(run.id, ""), status.state), "") if is_room() else ""
