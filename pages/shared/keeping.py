"""What a visitor is told of runs that will go: before they do, where runs are started and listed."""

from __future__ import annotations

from pages.shared import focus
from pages.shared.picker import name, when
from pages.shared.visitor import visitor

STAYS = "A run that is starred or shared stays."


def rule() -> str:
    """What this server keeps, as a sentence; "" where it keeps everything, as for the instructor and on a desk."""
    room = focus.supervisor().room
    if not room.limits(visitor().id) or not (room.disk or room.keep):
        return ""
    size = f" up to {room.disk:g} GB" if room.disk else ""
    days = f" for {room.keep:g} days" if room.keep else ""
    return f"The server keeps runs{days}{' and' * bool(size and days)}{size}; the oldest go first. {STAYS}"


def goes_first() -> str:
    """Which of the visitor's runs goes first, once that is near; "" while it is not."""
    keeps, room, who = focus.supervisor().housekeeping, focus.supervisor().room, visitor()
    going = keeps.next_to_go.get(who.id) if room.limits(who.id) else None
    entry = focus.index().entry(going.id) if going else None
    if entry is None or entry.marks.star:
        return ""
    why = f"keeps runs for {room.keep:g} days"
    if keeps.disk.is_nearly_full:
        why = f"keeps {room.disk:g} GB of runs, and most of it is used" if room.disk else "has little disk left"
    return f"The server {why}; of yours, {name(entry)} of {when(entry)} goes first. {STAYS}"
