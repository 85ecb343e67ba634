"""The thread of a server that keeps the folder of runs in its limits: what is too old or too much goes."""

from __future__ import annotations

import contextlib
import logging
import shutil
import threading
import time
from pathlib import Path

from dec_core.data import own
from dec_core.runs.folder import RunFolder
from dec_core.runs.index import Entry, RunIndex
from dec_core.runs.marks import REMOVED, forget_removed, remove, removed_runs
from dec_core.runs.ownership import INSTRUCTOR
from dec_core.work.disk import DAY, Disk, disk_of, size_of, that_may_go, too_old
from dec_core.work.room import RoomSettings
from dec_core.work.worker_process import delete_old_logs

TIDY_EVERY = 60.0  # seconds
LOOKED_AT_FOR = 3600.0  # seconds after which nobody looks at a run any more
FULL = "the server's disk is full; delete runs you no longer need, or ask the instructor to make room, then start again"


class DiskIsFull(ValueError):
    """More is kept than may be, and nothing is left that may go."""


class Housekeeping:
    """Looks after the folder of runs once a minute, from `start` until `close`.

    Attributes
    ----------
    disk : Disk
        As it was when it was looked at last.
    next_to_go : dict of str to Entry
        By its owner the run that goes first of theirs, as it was then; nothing while that is not near.
    """

    def __init__(self, root: Path, room: RoomSettings):
        self.root, self.room, self.disk = Path(root), room, Disk()
        self.next_to_go: dict[str, Entry] = {}
        self._index = RunIndex(self.root)
        self._sizes: dict[str, tuple[int, int]] = {}  # of a run, and when its folder was changed last
        self._looked_at: dict[str, float] = {}
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="housekeeping", daemon=True)

    def start(self) -> None:
        """Begin, at once."""
        self._thread.start()

    def close(self) -> None:
        """Let it end, without waiting for it."""
        self._end.set()

    def look_at(self, run_id: str) -> None:
        """Somebody looks at this run: it does not go for an hour."""
        self._looked_at[run_id] = time.monotonic()

    def refuse_if_full(self, owner: str) -> None:
        """Raise DiskIsFull if nothing more may be written, but to the instructor."""
        if owner != INSTRUCTOR and self.disk.is_full:
            raise DiskIsFull(FULL)

    def tidy(self) -> None:
        """Delete what was removed a week ago; remove and delete what is more than may be kept."""
        forget_removed(self.root)
        delete_old_logs(self.root)
        if self.room.keep or self.room.disk or self.room.free_disk:
            self._remove_old()
            self.disk = self._measured()
            self._make_room()
            self.next_to_go = self._soon()

    def that_may_go(self) -> list[Entry]:
        """Runs that may be removed, in the order in which they go."""
        now = time.monotonic()
        self._looked_at = {run: at for run, at in list(self._looked_at.items()) if now - at < LOOKED_AT_FOR}
        return that_may_go(self._index.entries(archived=True), self.room, self._looked_at)

    def _watch(self) -> None:
        while True:
            try:
                self.tidy()
            except Exception:  # a folder that cannot be read or written: it may be again
                logging.exception("the folder of runs could not be looked after")
            if self._end.wait(TIDY_EVERY):
                return

    def _soon(self) -> dict[str, Entry]:
        is_near = self.disk.is_nearly_full
        soon = [entry for entry in self.that_may_go() if is_near or too_old(entry, self.room, time.time() + DAY)]
        return {entry.owner: entry for entry in reversed(soon)}

    # -- time

    def _remove_old(self) -> None:
        for entry in self.that_may_go() if self.room.keep else ():
            if too_old(entry, self.room):
                self._remove(entry)
        if self.room.keep:
            own.forget_unused(self.root, self._in_use(), self.room.keep * DAY)

    def _in_use(self) -> set[str]:
        """The data sets of all runs that are there or can be brought back."""
        configs = [entry.config for entry in self._index.entries(archived=True) if entry.config]
        for folder in removed_runs(self.root):
            with contextlib.suppress(ValueError):
                configs.append(folder.config)
        return {config.dataset for config in configs}

    # -- space

    def _measured(self) -> Disk:
        items = [path for path in self.root.iterdir() if path.name != REMOVED]
        sizes = {path.name: self._size(path) for path in items}
        self._sizes = {name: self._sizes[name] for name in sizes if name in self._sizes}
        removed = size_of(self.root / REMOVED)
        return disk_of(self.root, sum(sizes.values()) + removed, removed, self.room)

    def _size(self, path: Path) -> int:
        """Of a run that has ended, as long as nothing was added to it, what it was before."""
        try:
            changed = path.stat().st_mtime_ns
        except OSError:
            return 0
        known = self._sizes.get(path.name)
        if known is not None and known[1] == changed:
            return known[0]
        size = size_of(path)
        entry = self._index.entry(path.name)
        if entry is not None and not entry.active:
            self._sizes[path.name] = size, changed
        return size

    def _make_room(self) -> None:
        """Remove the oldest runs where much is used, delete removed ones where too much is."""
        to_remove = left = self.disk.to_remove
        for entry in self.that_may_go() if to_remove else ():
            if left <= 0:
                break
            left -= self._size(entry.folder.path)
            self._remove(entry)
        if self.disk.is_full:
            self._delete_removed(self.disk.excess)
        if to_remove or self.disk.is_full:
            self.disk = self._measured()

    def _delete_removed(self, excess: int) -> None:
        """Delete visitors' runs that were removed, the first first, until there are so many bytes less."""
        for folder in reversed(removed_runs(self.root)):
            if excess <= 0:
                break
            if self.room.limits(folder.owner):
                excess -= size_of(folder.path)
                shutil.rmtree(folder.path, ignore_errors=True)

    def _remove(self, entry: Entry) -> None:
        with contextlib.suppress(OSError, ValueError):  # gone, or resumed in the meantime
            remove(RunFolder(entry.folder.path))
            logging.info("run %s of a visitor was removed: %s", entry.id, "it is old, or the disk is nearly full")
