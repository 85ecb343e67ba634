"""The sweeps that a server works on: one at a time, and only at places that no run needs.

Owners take turns by trial: while another's sweep waits, the one at work leaves after the trial that is under way. The
sweeps of an owner follow each other. As in the line, the instructor's go first.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

from dec_core.runs.ownership import INSTRUCTOR
from dec_core.work.line import Line
from dec_core.work.worker_process import TURN_OVER, Worker


class Sweeping:
    """Sweeps that wait, and the one at work. Its caller holds a lock around every call.

    Parameters
    ----------
    root : Path
        Where the trials' runs go.
    several_workers : bool
        Whether a sweep may have as many workers as there are places, else one.

    Attributes
    ----------
    workers : list of Worker
        Those at the sweep at work.
    """

    def __init__(self, root: Path, *, several_workers: bool = False):
        self._root, self._several_workers = root, several_workers
        self._waiting: Line[tuple[str, str]] = Line(lambda owner: True)  # address of the database and name
        self._storage = self._name = self._owner = ""  # of the sweep at work
        self.workers: list[Worker] = []
        self._held: list[Worker] = []  # those that hold, while runs train
        self._leaving = False  # whether they were asked to leave
        self._ending = False  # whether one of them has found nothing left to begin
        self._turn_is_over = False  # whether they were told that others wait
        self._is_left = False  # whether one of them has left trials to the next turn

    @property
    def held_back(self) -> bool:
        """Whether the sweep at work stands still, since runs train."""
        return bool(self.workers) and len(self._held) == len(self.workers)

    @property
    def waits(self) -> bool:
        """Whether a sweep would go on if there were a place."""
        return bool(self._held) or self.awaits_worker

    @property
    def awaits_worker(self) -> bool:
        """Whether a sweep waits to be begun."""
        return not self._name and len(self._waiting) > 0

    @property
    def all(self) -> list[tuple[str, str]]:
        """Address of the database and name of the one at work, and of those that wait."""
        at_work = [(self._storage, self._name)] if self._name and not self._leaving else []
        return [*at_work, *self._waiting]

    def add(self, storage: str, name: str, owner: str = "") -> None:
        """Let a sweep wait for its turn."""
        self._waiting.add((storage, name), owner)

    def leave(self, name: str) -> None:
        """Take it out of those that wait, or ask its workers to leave."""
        for pair in [pair for pair in self._waiting if pair[1] == name]:
            self._waiting.remove(pair)
        if self._name == name:
            self._leaving = True
            for worker in self.workers:
                worker.send("stop")

    def before(self, name: str) -> str:
        """The sweep whose end, or turn, this one waits for; "" where it waits for none."""
        waits = any(waiting == name for _, waiting in self._waiting)
        return self._name if waits and self._name != name else ""

    def has(self, name: str) -> bool:
        """Whether a worker works on it, or is about to."""
        at_work = self._name == name and (self._turn_is_over or any(worker.alive for worker in self.workers))
        return (at_work and not self._leaving) or any(waiting == name for _, waiting in self._waiting)

    def advance(self, n_free: int, take_worker: Callable[[], Worker]) -> None:
        """Begin the next sweep if there is a place for it, hold workers of that at work back while there is none."""
        n_places = max(n_free, 0) if self._several_workers else min(max(n_free, 0), 1)
        self._forget_ended()
        if not self.workers and len(self._waiting) and n_places:
            worker = take_worker()
            self._owner = self._waiting.next_owner(())
            self._storage, self._name = self._waiting.serve(self._owner)
            self._begin(worker)
        self._end_turn()
        while self.workers and len(self.workers) < n_places and not self._takes_no_more:
            self._begin(take_worker())
        for number, worker in enumerate(self.workers):
            self._hold(worker, number >= n_places)

    @property
    def _takes_no_more(self) -> bool:
        return self._leaving or self._ending or self._turn_is_over

    def _end_turn(self) -> None:
        """Have the workers leave after their trials, if another owner's sweep waits; the instructor's stays."""
        others = self._waiting.next_owner((self._owner,))
        if self.workers and others is not None and self._owner != INSTRUCTOR and not self._takes_no_more:
            self._turn_is_over = True
            for worker in self.workers:
                worker.send("turn")

    def _forget_ended(self) -> None:
        alive = [worker for worker in self.workers if worker.alive]
        self._ending |= len(alive) < len(self.workers)
        self._is_left |= any(worker.code == TURN_OVER for worker in self.workers if worker not in alive)
        self.workers, self._held = alive, [worker for worker in self._held if worker in alive]
        if not alive and self._name:
            self._waiting.has_ended(self._owner)
            if self._is_left and not self._leaving:
                self._waiting.add((self._storage, self._name), self._owner, in_front=True)
            self._name, self._leaving, self._ending = "", False, False
            self._turn_is_over = self._is_left = False

    def _begin(self, worker: Worker) -> None:
        task = {"storage": self._storage, "study": self._name, "root": str(self._root.resolve())}
        worker.send("sweep " + json.dumps(task))
        self.workers.append(worker)

    def _hold(self, worker: Worker, holds: bool) -> None:
        if holds != (worker in self._held):
            worker.send("pause" if holds else "resume")
            (self._held.append if holds else self._held.remove)(worker)
