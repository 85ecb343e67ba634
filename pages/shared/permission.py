"""What a visitor may do with runs, sweeps and images: what `dec_core.runs.ownership` decides, asked for them."""

from __future__ import annotations

from collections.abc import Set

from dec_core.config import OWN_DATA
from dec_core.data import own
from dec_core.gallery import is_recording
from dec_core.runs.folder import RunFolder
from dec_core.runs.index import Entry, RunIndex
from dec_core.runs.ownership import Act, may
from dec_core.runs.room_state import room_state
from dec_core.runs.sharing import shared_with
from pages.shared.places import runs_root
from pages.shared.visitor import DESK, Visitor, is_room, visitor

NOT_YOURS = "This run belongs to somebody else."


def may_run(act: Act, run: RunFolder, who: Visitor | None = None) -> bool:
    """Whether a visitor may see or command a run; without `who`, the one for whom a screen is drawn."""
    who = visitor() if who is None else who
    if is_recording(run.id):
        return may(act, who.id, who.is_instructor, "", False, recorded=True)
    if who == DESK:  # on which nothing is read for this
        return True
    return may(act, who.id, who.is_instructor, run.owner, run.id in shown_to_all() or who.id in shared_with(run))


def may_entry(act: Act, entry: Entry, who: Visitor | None = None, shown: Set[str] | None = None) -> bool:
    """The same of a run as the index knows it; `shown` are the runs `shown_to_all`, for who asks about hundreds."""
    who = visitor() if who is None else who
    shown = shown_to_all() if shown is None else shown
    shared = entry.id in shown or who.id in entry.shared_with
    return may(act, who.id, who.is_instructor, entry.owner, shared, entry.recorded)


def shown_to_all() -> Set[str]:
    """Ids of the runs that the instructor of a room shows to everybody now."""
    return room_state(runs_root()).shown_to_all if is_room() else frozenset()


def may_sweep(owner: str, who: Visitor | None = None) -> bool:
    """Whether a visitor may see and command a sweep of `owner`: sweeps are not shared."""
    who = visitor() if who is None else who
    return may("command", who.id, who.is_instructor, owner, False)


def may_train_on(dataset: str) -> bool:
    """Whether the visitor may use a data set: those that come along, and what they have brought themselves."""
    who = visitor()
    return not dataset.startswith(OWN_DATA) or who.is_instructor or is_brought_by(dataset, who)


def is_brought_by(dataset: str, who: Visitor) -> bool:
    """Whether a visitor has uploaded these images."""
    return any(may("see", who.id, who.is_instructor, owner, False) for owner in own.owners(dataset, runs_root()))


def keeps_for() -> str:
    """Under whose id the visitor's presets and images are kept; "" for the server's, which are the instructor's."""
    who = visitor()
    return "" if who.is_instructor else who.id or "nobody"


def is_own(entry: Entry) -> bool:
    """Whether it is the visitor's own run: on a desk, any."""
    who = visitor()
    return who == DESK or (who.id != "" and entry.owner == who.id)


class VisibleRuns:
    """The index of all runs as one visitor sees it: runs of others are not there.

    Parameters
    ----------
    runs : RunIndex
    who : Visitor
    """

    def __init__(self, runs: RunIndex, who: Visitor):
        self.runs, self.who = runs, who

    def entries(self, *, archived: bool = False, recorded: bool = False) -> list[Entry]:
        """As `RunIndex.entries`."""
        shown, known = shown_to_all(), self.runs.entries(archived=archived, recorded=recorded)
        return [each for each in known if may_entry("see", each, self.who, shown)]

    def entry(self, run_id: str) -> Entry | None:
        """As `RunIndex.entry`."""
        entry = self.runs.entry(run_id)
        return entry if entry is not None and may_entry("see", entry, self.who) else None
