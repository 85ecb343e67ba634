"""What can be asked of a server that trains: start, command and end runs and sweeps, and what comes before them.

One `Supervisor` lives in the web process. A thread of it has the `dispatcher` look after the workers several times a
second; what they do it learns, like everyone else, from the run's folder.
"""

from __future__ import annotations

import atexit
import contextlib
import logging
import threading
import time
from dataclasses import dataclass, replace
from pathlib import Path

from dec_core.config import RunConfig
from dec_core.runs.folder import RunFolder
from dec_core.runs.status import TOUCH_EVERY
from dec_core.work.dispatcher import Dispatcher
from dec_core.work.housekeeping import Housekeeping
from dec_core.work.queued import take_over_queued, touch
from dec_core.work.room import RoomSettings

POLL = 0.1  # seconds
SILENT = 60.0  # seconds without a look at the line after which something is wrong


@dataclass(frozen=True)
class Standing:
    """Whether the supervisor is alive, how many runs train and wait, and the processes of its workers."""

    is_alive: bool
    n_training: int
    n_waiting: int
    workers: tuple[int, ...]


class LineIsFull(ValueError):
    """As many runs of the owner wait as may."""


class Supervisor:
    """Queues runs below `root` and trains so many at a time as the room has slots, each in a worker of its own.

    Workers are processes of this machine, or, where the room names an executor, of a cluster.

    Parameters
    ----------
    root : Path
        The folder of runs; made if it is missing.
    """

    def __init__(self, root: Path):
        self.root = Path(root)
        self.root.mkdir(parents=True, exist_ok=True)
        self.room = RoomSettings.from_environment()
        self.housekeeping = Housekeeping(self.root, self.room)
        self._lock = threading.RLock()
        self._dispatcher = Dispatcher(self.root, self.room, self.housekeeping.look_at)
        self._closed, self._looked = False, time.monotonic()
        for folder in take_over_queued(self.root):
            self._dispatcher.queue.add(folder, folder.owner)
        self._thread = threading.Thread(target=self._watch, name="supervisor", daemon=True)
        self._thread.start()
        self.housekeeping.start()
        atexit.register(self.close)

    def start(self, config: RunConfig, owner: str = "") -> RunFolder:
        """Queue a new run, of the visitor `owner` where it is somebody's; it begins at once if there is a place.

        Raises
        ------
        LineIsFull
            If so many runs of this owner wait as may.
        DiskIsFull
            If more is kept than may be, and nothing is left that may go.
        """
        self.housekeeping.refuse_if_full(owner)
        with self._lock:
            self._refuse_if_full(owner)
            folder = RunFolder.create(self.root, config, owner=owner)
            self._dispatcher.queue.add(folder, owner)
            self._try_to_advance()
        return folder

    def resume(self, folder: RunFolder) -> None:
        """Queue a run that ended early or gave its place up, to go on from its checkpoint; others stay as they are.

        One that gave its place up goes in front of its owner's others.

        Raises
        ------
        RunIsTaken
            If another process trains it.
        LineIsFull
            If so many runs of its owner wait as may.
        """
        if folder.status.resumable:
            with self._lock:
                self._refuse_if_full(folder.owner)
                self._dispatcher.requeue(folder)
                self._try_to_advance()

    def complete(self, folder: RunFolder) -> bool:
        """Let a worker add what an ended run lacks (`postprocess`); False if one is doing so, or too many are."""
        with self._lock:
            return self._dispatcher.complete(folder)

    def is_completing(self, folder: RunFolder) -> bool:
        """Whether a worker is adding to this run."""
        with self._lock:
            return self._dispatcher.is_completing(folder)

    def sweep(self, storage: str, name: str, owner: str = "") -> None:
        """Let a worker work on a sweep (`dec_core.sweeps.studies`), one at a time, while no run needs the place.

        `name` is that under which it is stored. In a room, owners take turns by trial.
        """
        with self._lock:
            if not self._dispatcher.sweeps.has(name):
                self._dispatcher.sweeps.add(storage, name, owner if self.room.is_room else "")
                self._try_to_advance()

    def leave_sweep(self, name: str) -> None:
        """Stop working on the sweep; whoever continues it takes over its trial, with its checkpoint."""
        with self._lock:
            self._dispatcher.sweeps.leave(name)

    def sweeps(self) -> list[tuple[str, str]]:
        """Address of the database and name of the sweeps that a worker of this server works on, or is about to."""
        with self._lock:
            return self._dispatcher.sweeps.all

    def sweep_before(self, name: str) -> str:
        """The sweep whose end, or turn, this one waits for; "" where it waits for none."""
        with self._lock:
            return self._dispatcher.sweeps.before(name)

    def is_sweeping(self, name: str) -> bool:
        """Whether a worker of this server works on the sweep, or is about to."""
        with self._lock:
            return self._dispatcher.sweeps.has(name)

    def sweep_waits(self) -> bool:
        """Whether the sweep is held back, since runs are training."""
        with self._lock:
            return self._dispatcher.sweeps.held_back

    def command(self, folder: RunFolder, command: str) -> bool:
        """Send "pause", "resume", "step" or "stop"; False if this server does not train the run.

        A run that gave its place up goes into the line again for "resume" and "step".

        Raises
        ------
        LineIsFull
            If so many runs of its owner wait as may.
        """
        with self._lock:
            place = next((place for place in self._dispatcher.places if place.folder.id == folder.id), None)
            if place:
                return place.command(command)
            queued = next((item for item in self._dispatcher.queue if item.id == folder.id), None)
            if queued and command == "stop":
                self._dispatcher.queue.remove(queued)
                queued.set_status(replace(queued.status, state="stopped"))
            if queued or not folder.status.is_set_aside:
                return queued is not None
            if command in ("resume", "step"):
                self._refuse_if_full(folder.owner)
            self._dispatcher.command_set_aside(folder, command)
            self._try_to_advance()
            return True

    def ahead_of(self, folder: RunFolder) -> int:
        """How many runs must end before this queued one begins."""
        with self._lock:
            if any(place.folder.id == folder.id for place in self._dispatcher.places):
                return 0
            before = [*self._dispatcher.in_training(), *self._dispatcher.waiting_before(folder)]
            owner = folder.owner
            n_own = sum(run.owner == owner for run in before) if self.room.limits(owner) else 0
            return max(len(before) - max(self.slots, 1) + 1, n_own, 0)

    def before(self, folder: RunFolder) -> tuple[list[RunFolder], list[RunFolder]]:
        """Which runs come before this queued one: those that train, and those in the line, in their order."""
        with self._lock:
            return self._dispatcher.in_training(), self._dispatcher.waiting_before(folder)

    @property
    def slots(self) -> int:
        """How many may train at a time: by the room, else as many as the cluster has workers now."""
        return self._dispatcher.slots

    @property
    def standstill(self) -> str:
        """Why the cluster trains nothing, in a sentence; "" where it does, or there is none."""
        cluster = self._dispatcher.cluster
        return cluster.trouble if cluster and not cluster.n_workers else ""

    def standing(self) -> Standing:
        """How it stands with the line and the workers."""
        with self._lock:
            work = self._dispatcher
            is_alive = self._thread.is_alive() and time.monotonic() - self._looked < SILENT
            processes = {worker.process.pid: None for worker in work.workers}  # one for all that are on a cluster
            return Standing(is_alive, len(work.places), len(work.queue), tuple(processes))

    def close(self) -> None:
        """End all workers; training so far is saved."""
        with self._lock:
            self._closed = True
            self.housekeeping.close()
            self._dispatcher.close()

    # -- the line

    def _refuse_if_full(self, owner: str) -> None:
        n_waiting = self._dispatcher.queue.n_waiting(owner)
        if self.room.limits(owner) and 0 < self.room.max_waiting <= n_waiting:
            runs = "1 run of yours waits" if n_waiting == 1 else f"{n_waiting} runs of yours wait"
            raise LineIsFull(f"{runs}, as many as may in this room; let one begin, or stop one, then start this one")

    def _watch(self) -> None:
        touched = time.monotonic()
        while not self._closed:
            time.sleep(POLL)
            self._looked = time.monotonic()
            try:
                with self._lock:
                    self._advance()
                    if time.monotonic() - touched > TOUCH_EVERY:
                        touched = time.monotonic()
                        touch(self._dispatcher.queue)
            except Exception:  # a full disk, no memory for a process: the queue goes on when there is room again
                logging.exception("the queue of runs could not advance")
                time.sleep(1.0)

    def _try_to_advance(self) -> None:
        with contextlib.suppress(OSError):  # no worker can be started now: what was queued waits, `_watch` tries again
            self._advance()

    def _advance(self) -> None:
        if not self._closed:
            self._dispatcher.advance()
