"""What of a room's runs goes when their time or the disk is up: who decides it, and how much disk there is.

A run that goes is first removed as people remove runs: it can be brought back from there. What was removed is deleted
for good only when its week is over, or when the disk needs it.
"""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from pathlib import Path

from dec_core.runs.index import Entry
from dec_core.runs.sharing import is_shared
from dec_core.work.room import GB, RoomSettings

DAY = 86_400.0  # seconds
SOON = 0.8  # of what may be used, from which on it is said what goes first
REMOVING = 0.9  # from which on runs are removed, of which none is deleted before all of it is used


@dataclass(frozen=True)
class Disk:
    """The disk below a folder of runs, in bytes.

    Attributes
    ----------
    used : int
        By the folder of runs, all that is in it.
    removed : int
        Of that by runs that were removed and can be brought back.
    free : int
        On the disk, for whomever.
    most : int
        That the folder may use; 0 for any.
    least_free : int
        That must stay free.
    """

    used: int = 0
    removed: int = 0
    free: int = 10**18
    most: int = 0
    least_free: int = 0

    @property
    def excess(self) -> int:
        """Bytes that are too many now; none where it is negative."""
        return max(self.used - self.most if self.most else -self.free, self.least_free - self.free)

    @property
    def is_full(self) -> bool:
        """Whether there is more than may be."""
        return self.excess > 0

    @property
    def is_nearly_full(self) -> bool:
        """Whether it is to be said what goes first."""
        kept = self.used - self.removed
        return self.is_full or bool(self.most and kept > SOON * self.most) or self.free < self.least_free / SOON

    @property
    def to_remove(self) -> int:
        """Bytes of runs that are to be removed, though not yet deleted."""
        kept = self.used - self.removed
        of_budget = kept - int(REMOVING * self.most) if self.most else 0
        return max(of_budget, self.least_free - self.free - self.removed, 0)


def size_of(path: Path) -> int:
    """Bytes of a file, or of all files below a folder, as far as they are still there."""
    try:
        with os.scandir(path) as items:
            return sum(
                size_of(Path(item.path)) if item.is_dir(follow_symlinks=False) else _bytes(item) for item in items
            )
    except NotADirectoryError:
        return os.lstat(path).st_size
    except OSError:
        return 0


def disk_of(root: Path, used: int, removed: int, room: RoomSettings) -> Disk:
    """The disk of a folder of runs that uses so many bytes."""
    free = shutil.disk_usage(root).free
    return Disk(used, removed, free, int(room.disk * GB), int(room.free_disk * GB))


def that_may_go(entries: Iterable[Entry], room: RoomSettings, looked_at: Collection[str] = ()) -> list[Entry]:
    """The runs that may be removed, in the order in which they go: the oldest first.

    Not a run that is under way, starred, shared or `looked_at`, nor any but visitors': the instructor's stay, and
    nobody's, as all are on a desk.
    """
    may = [entry for entry in entries if room.limits(entry.owner) and not _stays(entry) and entry.id not in looked_at]
    return sorted(may, key=lambda entry: (entry.status.created, entry.id))


def too_old(entry: Entry, room: RoomSettings, now: float | None = None) -> bool:
    """Whether a run has been kept for as many days as runs are."""
    age = (time.time() if now is None else now) - entry.status.created
    return bool(room.keep) and age > room.keep * DAY


def _stays(entry: Entry) -> bool:
    return entry.active or entry.marks.star or is_shared(entry.folder)


def _bytes(item: os.DirEntry) -> int:
    try:
        return item.stat(follow_symlinks=False).st_size
    except OSError:
        return 0
