"""The line of runs and the worker processes that train them, so many at a time; and sweeps, while nobody waits.

One `Supervisor` lives in the web process. It starts workers (`worker_process`), sends them commands and notices when
they end; what they do it learns, like everyone else, from the run's folder. Who is next says `line`.
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
from dec_core.runs.lock import RunIsTaken, training_lock
from dec_core.runs.status import TOUCH_EVERY, new_attempt
from dec_core.work.cluster_workers import ClusterWorker, ClusterWorkers
from dec_core.work.housekeeping import Housekeeping
from dec_core.work.line import Line
from dec_core.work.place import Place
from dec_core.work.queued import take_over_queued, touch
from dec_core.work.room import RoomSettings
from dec_core.work.sweeping import Sweeping
from dec_core.work.worker_process import Worker, new_log

POLL = 0.1  # seconds
RELEASE_WAIT = 2.0  # seconds in which a worker that is ending releases its run's lock
SILENT = 60.0  # seconds without a look at the line after which something is wrong
MAX_FINISHING = 2  # workers that may make a UMAP at a time


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
        self._queue: Line[RunFolder] = Line(self.room.limits)
        self._places: list[Place] = []
        self._finishing: list[Worker] = []  # their runs have ended, they make the UMAP
        self._cluster = ClusterWorkers(self.room.executor, self.root) if self.room.executor else None
        self._sweeps = Sweeping(self.root, several_workers=self._cluster is not None)
        self._to_step: set[str] = set()  # ids of runs in the line that pause after their next step
        self._closed, self._looked = False, time.monotonic()
        self._spare = self._new_worker()
        for folder in take_over_queued(self.root):
            self._queue.add(folder, folder.owner)
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
            self._queue.add(folder, owner)
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
                self._requeue(folder)
                self._try_to_advance()

    def complete(self, folder: RunFolder) -> bool:
        """Let a worker add what an ended run lacks (`postprocess`); False if one is doing so, or too many are."""
        with self._lock:
            self._finishing = [worker for worker in self._finishing if worker.alive]
            if not self._has_place() or self.is_completing(folder) or len(self._finishing) >= MAX_FINISHING:
                return False
            worker = self._new_worker()
            worker.take_up("complete", folder)
            self._finishing.append(worker)
            return True

    def is_completing(self, folder: RunFolder) -> bool:
        """Whether a worker is adding to this run."""
        with self._lock:
            return any(worker.alive and worker.run_id == folder.id for worker in self._finishing)

    def sweep(self, storage: str, name: str) -> None:
        """Let a worker work on a sweep (`dec_core.sweeps.studies`), one at a time, while no run needs the place."""
        with self._lock:
            if not self._sweeps.has(name):
                self._sweeps.add(storage, name)
                self._try_to_advance()

    def leave_sweep(self, name: str) -> None:
        """Stop working on the sweep; whoever continues it takes over its trial, with its checkpoint."""
        with self._lock:
            self._sweeps.leave(name)

    def sweeps(self) -> list[tuple[str, str]]:
        """Address of the database and name of the sweeps that a worker of this server works on, or is about to."""
        with self._lock:
            return self._sweeps.all

    def sweep_before(self, name: str) -> str:
        """The sweep whose end this one waits for; "" where it waits for none."""
        with self._lock:
            return self._sweeps.before(name)

    def is_sweeping(self, name: str) -> bool:
        """Whether a worker of this server works on the sweep, or is about to."""
        with self._lock:
            return self._sweeps.has(name)

    def sweep_waits(self) -> bool:
        """Whether the sweep is held back, since runs are training."""
        with self._lock:
            return self._sweeps.held_back

    def command(self, folder: RunFolder, command: str) -> bool:
        """Send "pause", "resume", "step" or "stop"; False if this server does not train the run.

        A run that gave its place up goes into the line again for "resume" and "step".

        Raises
        ------
        LineIsFull
            If so many runs of its owner wait as may.
        """
        with self._lock:
            place = next((place for place in self._places if place.folder.id == folder.id), None)
            if place:
                return place.command(command)
            queued = next((item for item in self._queue if item.id == folder.id), None)
            if queued and command == "stop":
                self._queue.remove(queued)
                queued.set_status(replace(queued.status, state="stopped"))
            if queued or not folder.status.is_set_aside:
                return queued is not None
            if command in ("resume", "step"):
                self._refuse_if_full(folder.owner)
            self._command_set_aside(folder, command)
            self._try_to_advance()
            return True

    def ahead_of(self, folder: RunFolder) -> int:
        """How many runs must end before this queued one begins."""
        with self._lock:
            if any(place.folder.id == folder.id for place in self._places):
                return 0
            before = [*self._in_training(), *self._waiting_before(folder)]
            owner = folder.owner
            n_own = sum(run.owner == owner for run in before) if self.room.limits(owner) else 0
            return max(len(before) - max(self.slots, 1) + 1, n_own, 0)

    def before(self, folder: RunFolder) -> tuple[list[RunFolder], list[RunFolder]]:
        """Which runs come before this queued one: those that train, and those in the line, in their order."""
        with self._lock:
            return self._in_training(), self._waiting_before(folder)

    @property
    def slots(self) -> int:
        """How many may train at a time: by the room, else as many as the cluster has workers now."""
        return self.room.slots or (self._cluster.n_workers if self._cluster else 1)

    @property
    def standstill(self) -> str:
        """Why the cluster trains nothing, in a sentence; "" where it does, or there is none."""
        return self._cluster.trouble if self._cluster and not self._cluster.n_workers else ""

    def standing(self) -> Standing:
        """How it stands with the line and the workers."""
        with self._lock:
            at_work = [place.worker for place in self._places] + self._sweeps.workers + self._finishing
            workers = [worker for worker in [self._spare, *at_work] if worker and worker.alive]
            is_alive = self._thread.is_alive() and time.monotonic() - self._looked < SILENT
            processes = {worker.process.pid: None for worker in workers}  # one for all that are on a cluster
            return Standing(is_alive, len(self._places), len(self._queue), tuple(processes))

    def close(self) -> None:
        """End all workers; training so far is saved."""
        with self._lock:
            self._closed = True
            self.housekeeping.close()
            at_work = [place.worker for place in self._places] + self._sweeps.workers
            for worker in [self._spare, *at_work, *self._finishing]:
                if worker:
                    worker.close()
            if self._cluster:
                self._cluster.close()

    # -- the line

    def _refuse_if_full(self, owner: str) -> None:
        n_waiting = self._queue.n_waiting(owner)
        if self.room.limits(owner) and 0 < self.room.max_waiting <= n_waiting:
            runs = "1 run of yours waits" if n_waiting == 1 else f"{n_waiting} runs of yours wait"
            raise LineIsFull(f"{runs}, as many as may in this room; let one begin, or stop one, then start this one")

    def _requeue(self, folder: RunFolder) -> None:
        with training_lock(folder, RELEASE_WAIT):
            status = folder.status
            if status.resumable:  # still: nobody else has resumed it meanwhile
                folder.set_status(replace(status, state="queued", message="", **new_attempt()))
                self._queue.add(folder, folder.owner, in_front=status.is_set_aside)

    def _command_set_aside(self, folder: RunFolder, command: str) -> None:
        """Obey for a run that has no worker, since it gave its place up."""
        if command == "stop":
            with training_lock(folder, RELEASE_WAIT):
                folder.set_status(replace(folder.status, state="stopped"))
        elif command in ("resume", "step"):
            if command == "step":
                self._to_step.add(folder.id)
            self._requeue(folder)

    def _in_training(self) -> list[RunFolder]:
        return [place.folder for place in self._places if not place.is_giving_up]

    def _waiting_before(self, folder: RunFolder) -> list[RunFolder]:
        order = self._queue.order(self._owners())
        return order[: next((i for i, item in enumerate(order) if item.id == folder.id), 0)]

    def _owners(self) -> list[str]:
        return [place.owner for place in self._places]

    # -- workers

    def _take_worker(self) -> Worker | ClusterWorker:
        """The spare worker, or a new one. Raises OSError where none can be started: take it before what it is for."""
        worker = self._spare if self._spare and self._spare.alive else self._new_worker()
        self._spare = None
        return worker

    def _new_worker(self) -> Worker | ClusterWorker:
        return self._cluster.new_worker() if self._cluster else Worker(new_log(self.root))

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
                        touch(self._queue)
            except Exception:  # a full disk, no memory for a process: the queue goes on when there is room again
                logging.exception("the queue of runs could not advance")
                time.sleep(1.0)

    def _try_to_advance(self) -> None:
        with contextlib.suppress(OSError):  # no worker can be started now: what was queued waits, `_watch` tries again
            self._advance()

    def _advance(self) -> None:
        """Let go of runs that ended, begin those that wait, keep a spare worker ready while there is a place."""
        if self._closed:
            return
        if self._cluster:
            self._cluster.keep_connected()
        self._finishing = [worker for worker in self._finishing if worker.alive]
        for place in list(self._places):
            self._look_at(place)
        while self._has_place() and (owner := self._queue.next_owner(self._owners())) is not None:
            self._begin(owner)
        self._ask_to_give_up()
        self._sweeps.advance(self.slots - len(self._places), self._take_worker)
        if self._has_place() and not (self._spare and self._spare.alive):
            self._spare = self._new_worker()

    def _has_place(self) -> bool:
        return len(self._places) < self.slots

    def _look_at(self, place: Place) -> None:
        """Free the place of a run that has ended."""
        if not place.worker.alive:
            self._leave(place)
            place.bury()
            if place.afterwards and place.folder.status.is_set_aside:
                with contextlib.suppress(OSError, RunIsTaken):  # a full disk; another program was faster
                    self._command_set_aside(place.folder, place.afterwards)
        elif place.has_ended():
            self._leave(place)
            self._finishing.append(place.worker)
            for surplus in self._finishing[:-MAX_FINISHING]:
                surplus.close()  # short runs end faster than UMAP is made

    def _begin(self, owner: str) -> None:
        """Give the owner's first run in the line to a worker."""
        worker = self._take_worker()
        folder = self._queue.serve(owner)
        worker.take_up("run", folder)
        self._places.append(Place(folder, owner, worker))
        if folder.id in self._to_step:
            self._to_step.remove(folder.id)
            self._places[-1].command("step")

    def _ask_to_give_up(self) -> None:
        """Have a paused run give its place up, if another could then begin that cannot otherwise."""
        staying = [place for place in self._places if not place.is_giving_up]
        for place in [place for place in staying if place.is_paused()]:
            others = [other for other in staying if other is not place]
            if self._somebody_could_begin_beside(others) and not self._somebody_could_begin_beside(staying):
                place.give_up()
                staying = others

    def _somebody_could_begin_beside(self, places: list[Place]) -> bool:
        has_place = len(places) < self.slots
        may = self._queue.next_owner([place.owner for place in places]) is not None
        return has_place and (may or self._sweeps.waits)

    def _leave(self, place: Place) -> None:
        self.housekeeping.look_at(place.folder.id)  # its worker may go on to add to it, and its owner has yet to see it
        self._places.remove(place)
        self._queue.has_ended(place.owner)
