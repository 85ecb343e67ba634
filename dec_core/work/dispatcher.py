"""The workers of a server: each is given what comes next, so many train at a time as there are places.

A `Dispatcher` holds the line, the places, the sweeps and all workers, and knows no threads: its caller, the
`supervisor`, holds a lock around every call. Who is next says `line`.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from dec_core.runs.folder import RunFolder
from dec_core.runs.lock import RunIsTaken, training_lock
from dec_core.runs.status import new_attempt
from dec_core.work import memory
from dec_core.work.cluster_workers import ClusterWorker, ClusterWorkers
from dec_core.work.line import Line
from dec_core.work.place import Place
from dec_core.work.room import RoomSettings
from dec_core.work.sweeping import Sweeping
from dec_core.work.worker_process import Worker, new_log

RELEASE_WAIT = 2.0  # seconds in which a worker that is ending releases its run's lock
MAX_FINISHING = 2  # workers that may make a UMAP at a time


class Dispatcher:
    """Gives the runs in the line and the sweeps to workers, and looks after these.

    Workers are processes of this machine, or, where the room names an executor, of a cluster.

    Parameters
    ----------
    root : Path
        The folder of runs.
    room : RoomSettings
    on_end : callable
        Is told the id of each run that leaves its place.

    Attributes
    ----------
    queue : Line of RunFolder
        Runs that wait.
    places : list of Place
        Those that are taken.
    sweeps : Sweeping
    spare : Worker or None
        The one that is kept warm.
    """

    def __init__(self, root: Path, room: RoomSettings, on_end: Callable[[str], None]):
        self.root, self.room, self._on_end = root, room, on_end
        self.queue: Line[RunFolder] = Line(room.limits)
        self.places: list[Place] = []
        self._finishing: list[Worker] = []  # their runs have ended, they make the UMAP
        self.cluster = ClusterWorkers(room.executor, root) if room.executor else None
        self.sweeps = Sweeping(root, several_workers=self.cluster is not None)
        self._to_step: set[str] = set()  # ids of runs in the line that pause after their next step
        self.spare: Worker | ClusterWorker | None = self.new_worker()

    @property
    def slots(self) -> int:
        """How many may train at a time: by the room, else as many as the cluster has workers now."""
        return self.room.slots or (self.cluster.n_workers if self.cluster else 1)

    @property
    def has_place(self) -> bool:
        """Whether another run could train."""
        return len(self.places) < self.slots

    @property
    def workers(self) -> list[Worker | ClusterWorker]:
        """All that live."""
        at_work = [place.worker for place in self.places] + self.sweeps.workers + self._finishing
        return [worker for worker in [self.spare, *at_work] if worker and worker.alive]

    def advance(self) -> None:
        """Let go of runs that ended, begin those that wait, keep a spare worker for what begins next.

        Raises
        ------
        OSError
            If no worker can be started: what waits keeps its turn.
        """
        if self.cluster:
            self.cluster.keep_connected()
        self._finishing = [worker for worker in self._finishing if worker.alive]
        for place in list(self.places):
            self._look_at(place)
        while self.has_place and (owner := self.queue.next_owner(self.owners)) is not None:
            self._begin(owner)
        self._ask_to_give_up()
        self.sweeps.advance(self.slots - len(self.places), self._take_worker)
        self._keep_spare()

    def close(self) -> None:
        """End all workers; training so far is saved."""
        for worker in self.workers:
            worker.close()
        if self.cluster:
            self.cluster.close()

    # -- the line

    @property
    def owners(self) -> list[str]:
        """Whose the runs are that have places."""
        return [place.owner for place in self.places]

    def in_training(self) -> list[RunFolder]:
        """The runs that have places and keep them."""
        return [place.folder for place in self.places if not place.is_giving_up]

    def waiting_before(self, folder: RunFolder) -> list[RunFolder]:
        """The runs in the line before this one, in their order."""
        order = self.queue.order(self.owners)
        return order[: next((i for i, item in enumerate(order) if item.id == folder.id), 0)]

    def requeue(self, folder: RunFolder) -> None:
        """Put a run that can be resumed into the line again. Raises RunIsTaken if another process trains it."""
        with training_lock(folder, RELEASE_WAIT):
            status = folder.status
            if status.resumable:  # still: nobody else has resumed it meanwhile
                folder.set_status(replace(status, state="queued", message="", **new_attempt()))
                self.queue.add(folder, folder.owner, in_front=status.is_set_aside)

    def command_set_aside(self, folder: RunFolder, command: str) -> None:
        """Obey for a run that has no worker, since it gave its place up. Raises RunIsTaken."""
        if command == "stop":
            with training_lock(folder, RELEASE_WAIT):
                folder.set_status(replace(folder.status, state="stopped"))
        elif command in ("resume", "step"):
            if command == "step":
                self._to_step.add(folder.id)
            self.requeue(folder)

    # -- places

    def _begin(self, owner: str) -> None:
        """Give the owner's first run in the line to a worker."""
        worker = self._take_worker()
        folder = self.queue.serve(owner)
        worker.take_up("run", folder)
        self.places.append(Place(folder, owner, worker))
        if folder.id in self._to_step:
            self._to_step.remove(folder.id)
            self.places[-1].command("step")

    def _look_at(self, place: Place) -> None:
        """Free the place of a run that has ended."""
        if not place.worker.alive:
            self._leave(place)
            place.bury()
            if place.afterwards and place.folder.status.is_set_aside:
                with contextlib.suppress(OSError, RunIsTaken):  # a full disk; another program was faster
                    self.command_set_aside(place.folder, place.afterwards)
        elif place.has_ended():
            self._leave(place)
            self._finishing.append(place.worker)
            most = 1 if len(self.queue) else MAX_FINISHING  # who waits needs the processor
            for surplus in self._finishing[:-most]:
                surplus.close()  # short runs end faster than UMAP is made; who looks at them in Inspect has it made

    def _leave(self, place: Place) -> None:
        self._on_end(place.folder.id)  # its worker may go on to add to it, and its owner has yet to see it
        self.places.remove(place)
        self.queue.has_ended(place.owner)

    def _ask_to_give_up(self) -> None:
        """Have a paused run give its place up, if another could then begin that cannot otherwise."""
        staying = [place for place in self.places if not place.is_giving_up]
        for place in [place for place in staying if place.is_paused()]:
            others = [other for other in staying if other is not place]
            if self._somebody_could_begin_beside(others) and not self._somebody_could_begin_beside(staying):
                place.give_up()
                staying = others

    def _somebody_could_begin_beside(self, places: list[Place]) -> bool:
        has_place = len(places) < self.slots
        may = self.queue.next_owner([place.owner for place in places]) is not None
        return has_place and (may or self.sweeps.waits)

    # -- workers

    def complete(self, folder: RunFolder) -> bool:
        """Let a worker add what an ended run lacks (`postprocess`); False if one is doing so, or too many are."""
        self._finishing = [worker for worker in self._finishing if worker.alive]
        if not self.has_place or self.is_completing(folder) or len(self._finishing) >= MAX_FINISHING:
            return False
        worker = self.new_worker()
        worker.take_up("complete", folder)
        self._finishing.append(worker)
        return True

    def is_completing(self, folder: RunFolder) -> bool:
        """Whether a worker is adding to this run."""
        return any(worker.alive and worker.run_id == folder.id for worker in self._finishing)

    def new_worker(self) -> Worker | ClusterWorker:
        """One that has nothing to do yet. Raises OSError where none can be started."""
        return self.cluster.new_worker() if self.cluster else Worker(new_log(self.root), gives_way=not self.has_place)

    def _keep_spare(self) -> None:
        """Keep a worker warm while there is a place, or somebody waits for one and there is memory for both."""
        is_needed = self.has_place or ((bool(self.queue) or self.sweeps.awaits_worker) and not self.cluster)
        if self.spare and self.spare.alive:
            if not is_needed:
                self.spare.close()
                self.spare = None
        elif is_needed and (self.has_place or memory.is_enough_for_another()):
            self.spare = self.new_worker()

    def _take_worker(self) -> Worker | ClusterWorker:
        """The spare worker, or a new one. Raises OSError where none can be started: take it before what it is for."""
        worker = self.spare if self.spare and self.spare.alive else self.new_worker()
        self.spare = None
        return worker
