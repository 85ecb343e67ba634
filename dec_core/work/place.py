"""A run in training as its server sees it: the worker that has it, and whether it is to give its place up."""

from __future__ import annotations

import contextlib
import shutil
from dataclasses import replace

from dec_core.runs.folder import RunFolder
from dec_core.runs.lock import RunIsTaken, training_lock
from dec_core.runs.status import ACTIVE
from dec_core.work.failure import no_memory
from dec_core.work.room import RoomSettings
from dec_core.work.worker_process import Worker

OUT_OF_MEMORY = (-6, -11)  # signals by which libraries end a process that gets no memory


class Place:
    """One of the places at which runs train, taken.

    Attributes
    ----------
    folder : RunFolder
    owner : str
    worker : Worker
    is_giving_up : bool
        Whether the run was asked to give its place up; from then on it cannot keep it.
    afterwards : str
        What it was told since: to be obeyed once it has given its place up.
    """

    def __init__(self, folder: RunFolder, owner: str, worker: Worker):
        self.folder, self.owner, self.worker = folder, owner, worker
        self.is_giving_up = False
        self.afterwards = ""
        self._is_held = False  # by the last command; the status follows later

    def command(self, command: str) -> bool:
        """Send a command; whether the worker could still receive it."""
        if self.is_giving_up:
            self.afterwards = command
            return True
        self._is_held = command in ("pause", "step")
        return self.worker.send(command)

    def is_paused(self) -> bool:
        """Whether it waits for somebody's command."""
        return self._is_held and self.folder.status.state == "paused"

    def give_up(self) -> None:
        """Have the paused run leave a checkpoint, and its worker end."""
        self.is_giving_up = True
        self.worker.send("give_up")

    def has_ended(self) -> bool:
        """Whether the run has ended while its worker lives, which adds to it; one that is set aside waits for its end.

        Interrupted: dying, not yet dead. Another attempt: it has ended, and was resumed since.
        """
        status = self.folder.status
        if status.is_set_aside and status.attempt == self.worker.attempt:
            self.worker.close()  # in case it does not end by itself
            return False
        return status.state not in (*ACTIVE, "interrupted") or status.attempt not in ("", self.worker.attempt)

    def bury(self) -> None:
        """The worker is gone: if its run had not ended and nobody has taken it over since, record how."""
        folder, worker = self.folder, self.worker
        code = worker.code
        cause = f"The worker process {f'was killed by signal {-code}' if code < 0 else f'ended with exit code {code}'}."
        if code in OUT_OF_MEMORY and RoomSettings.from_environment().max_memory:
            cause = f"{no_memory()} {cause}"
        with contextlib.suppress(OSError):  # the folder may be gone, or the disk full
            if not (folder.path / "worker.log").exists():  # it ended before it took up the run
                shutil.copy(worker.log, folder.path / "worker.log")
        with contextlib.suppress(OSError, RunIsTaken), training_lock(folder):
            status = folder.status
            if status.needs_process and status.attempt == worker.attempt:
                folder.set_status(replace(status, state="failed", message=cause))
