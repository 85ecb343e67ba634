"""Commands from a worker's parent, as lines on standard input: a task, then what is to become of it."""

from __future__ import annotations

import faulthandler
import os
import queue
import sys
import threading

TASKS = ("run", "record", "complete", "sweep")
GRACE = 8.0  # seconds to leave a checkpoint after the parent has gone, of the 10 that `docker stop` leaves to all


class Control:
    """The parent's latest command."""

    def __init__(self) -> None:
        self.tasks: queue.Queue[tuple[str, str] | None] = queue.Queue()
        self.paused = self.stopped = self.orphaned = False
        self.stepping = self.gives_up = self.turn_is_over = False
        self.changed = threading.Condition()

    def listen(self) -> None:
        """Read commands until standard input closes; runs in a thread of its own."""
        for line in sys.stdin:
            self.tell(line)
        # ends the process from a thread of C, which needs no turn of Python's on a machine that is busy
        self.nowhere = open(os.devnull, "w")  # noqa: SIM115  (open as long as the process lives)
        faulthandler.dump_traceback_later(GRACE, exit=True, file=self.nowhere)
        with self.changed:
            self.orphaned = self.stopped = True
            self.tasks.put(None)
            self.changed.notify_all()

    def tell(self, line: str) -> None:
        """One command, by a line or by another thread."""
        command, _, argument = line.strip().partition(" ")
        with self.changed:
            self._obey(command, argument)
            self.changed.notify_all()

    def _obey(self, command: str, argument: str) -> None:
        if command in TASKS:
            self.tasks.put((command, argument))
        elif command in ("pause", "resume"):
            self.paused, self.stepping = command == "pause", False
        elif command == "step":
            self.paused = self.stepping = True
        elif command == "give_up":
            self.gives_up = True
        elif command == "turn":
            self.turn_is_over = True
        elif command == "stop":
            self.stopped = True

    def holds(self) -> bool:
        """Whether training should wait now."""
        return self.paused and not self.stepping and not self.stopped

    def leaves(self) -> bool:
        """Whether training should end now, and keep what was trained: a run gives its place up while it waits."""
        return self.stopped or (self.holds() and self.gives_up)
