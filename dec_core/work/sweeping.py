"""The sweeps that a server works on: one at a time, and only while no run needs the place."""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Callable
from pathlib import Path

from dec_core.work.worker_process import Worker


class Sweeping:
    """Sweeps that wait, and the one at work. Its caller holds a lock around every call.

    Parameters
    ----------
    root : Path
        Where the trials' runs go.
    """

    def __init__(self, root: Path):
        self._root = root
        self._waiting: deque[tuple[str, str]] = deque()  # address of the database and name
        self._at_work: tuple[str, Worker] | None = None
        self._leaving = False  # whether its worker was asked to leave
        self.held_back = False  # while runs train

    @property
    def waits(self) -> bool:
        """Whether a sweep would go on if there were a place."""
        return self.held_back or (self._at_work is None and bool(self._waiting))

    @property
    def workers(self) -> list[Worker]:
        """The worker of the sweep at work, if there is one."""
        return [self._at_work[1]] if self._at_work else []

    def add(self, storage: str, name: str) -> None:
        """Let a sweep wait for its turn."""
        self._waiting.append((storage, name))

    def leave(self, name: str) -> None:
        """Take it out of those that wait, or ask its worker to leave."""
        self._waiting = deque(pair for pair in self._waiting if pair[1] != name)
        if self._at_work and self._at_work[0] == name:
            self._at_work[1].send("stop")
            self._leaving = True

    def before(self, name: str) -> str:
        """The sweep whose end this one waits for; "" where it waits for none."""
        waits = any(waiting == name for _, waiting in self._waiting)
        return self._at_work[0] if waits and self._at_work and self._at_work[0] != name else ""

    def has(self, name: str) -> bool:
        """Whether a worker works on it, or is about to."""
        at_work = self._at_work is not None and self._at_work[0] == name and self._at_work[1].alive
        return (at_work and not self._leaving) or any(waiting == name for _, waiting in self._waiting)

    def advance(self, has_place: bool, take_worker: Callable[[], Worker]) -> None:
        """Begin the next sweep if there is a place for it, hold the one at work back while there is none."""
        if self._at_work and not self._at_work[1].alive:
            self._at_work, self._leaving, self.held_back = None, False, False
        if not self._at_work and self._waiting and has_place:
            worker = take_worker()
            storage, name = self._waiting.popleft()
            worker.send("sweep " + json.dumps({"storage": storage, "study": name, "root": str(self._root.resolve())}))
            self._at_work = name, worker
        if self._at_work and has_place == self.held_back:
            self._at_work[1].send("resume" if has_place else "pause")
            self.held_back = not has_place
