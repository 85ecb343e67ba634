"""One run on the Dask cluster, as its server sees it: its files go there, and what it writes comes back.

The run's folder here is brought to whichever Dask worker has the task, at first and whenever another takes it over.
A worker that is lost costs what was trained since the last checkpoint that came back; Dask gives its task to another.
"""

from __future__ import annotations

import contextlib
import os
import threading
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from dec_core.data.own import FOLDER as IMAGES
from dec_core.runs.folder import RunFolder
from dec_core.runs.lock import RunIsTaken, training_lock
from dec_core.runs.status import ACTIVE, SET_ASIDE, this_process
from dec_core.runs.status import STATUS as RUN_STATUS
from dec_core.whole_files import FULL
from dec_core.work.cluster import Cluster
from dec_core.work.cluster_job import Answer, Message
from dec_core.work.cluster_task import ClusterTask
from dec_core.work.failure import cause
from dec_core.work.file_stream import STATUS, Source, Target

ASK_EVERY = 0.3  # seconds, unless there is more to fetch
RELEASE_WAIT = 60.0  # seconds in which whoever trained the run before may write the last status
ROOM = ("DEC_ROOM", "DEC_MAX_MINUTES", "DEC_MAX_MEMORY")  # what a room allows a run, wherever it trains
LOST = "Several Dask workers have ended while they trained this run: it may need more memory than they have."
FAILED = 1  # exit code


class ClusterRun:
    """A task for the cluster: "run", "record" or "complete", as a worker process knows them.

    Parameters
    ----------
    cluster : Cluster
    folder : RunFolder
        Its training lock is held by the caller, or by `work`.
    task : str

    Attributes
    ----------
    code : int, optional
        The exit code, once all has ended.
    """

    def __init__(self, cluster: Cluster, folder: RunFolder, task: str):
        self.cluster, self.folder, self.task = cluster, folder, task
        self.code: int | None = None
        self._dask = ClusterTask(cluster, folder.id)
        self._attempt = folder.status.attempt
        self._changed = threading.Condition()
        self._lock = contextlib.ExitStack()  # of the run, while it is held here
        self._commands: list[str] = []  # all so far
        self._is_ending = task == "complete"  # training is over, and others may take the run's lock
        self._forget_job()

    def tell(self, line: str) -> None:
        """Pass a command on: "pause", "resume", "step", "give_up", "stop", or "close" where the server ends."""
        with self._changed:
            self._commands.append(line)
            self._lines.append(line)
            self._changed.notify_all()

    def work(self) -> int:
        """Have the task done, holding the run's lock as long as it trains; the exit code.

        Raises
        ------
        RunIsTaken
            If another process trains the run.
        """
        with self._lock:
            if self.task == "run":
                self._lock.enter_context(training_lock(self.folder, RELEASE_WAIT))
                if self.folder.status.state != "queued":
                    return 0
            try:
                while self.step():
                    pass
            finally:
                self.leave()
        return self.code or 0

    def step(self) -> bool:
        """Exchange files with whoever has the task, or look for somebody; whether it is still to be done."""
        try:
            is_busy = self._exchange()
        except (OSError, ValueError) as error:  # of this side: a full disk, a file that is none of a run's
            self._fail(cause(error))
            return False
        if self.code is None and not is_busy:
            with self._changed:
                self._changed.wait(ASK_EVERY)
        return self.code is None

    def leave(self) -> None:
        """Let the Dask worker go."""
        with contextlib.suppress(Exception):  # the worker or the scheduler may be gone
            if self._job and self._dask.address:
                self._dask.call(Message(self._job, is_last=True))
            self._dask.release()

    # -- who has the task

    def _exchange(self) -> bool:
        """Bring and take what there is; whether there is more at once."""
        if not self._has_task() or not self._has_address():
            self._end_without_worker()
            return False
        message = self._message()
        answer = self._call(message)
        if answer is None:
            return False
        if answer.job != self._job:
            self._meet(answer)
            return True
        self._n_brought, self._n_lines = answer.n_taken, answer.n_lines
        self._take(answer)
        if answer.code is not None:
            self._ended(answer.code)
        return bool(answer.pieces or message.pieces)

    def _has_task(self) -> bool:
        """Whether the cluster has the task; where it has been lost, it is given anew."""
        if self.cluster.client is None:
            self._lose_worker()
            self._dask.forget()
            return False
        if not self._dask.is_given:
            self._lose_worker()
            if self._is_ending and self.task == "run":  # it lacks what can be added later
                self.code = 0
            if not self.cluster.suitable or self.code is not None:
                return False
            self._dask.give()
        if error := self._dask.error:
            self._fail(LOST if type(error).__name__ == "KilledWorker" else cause(error))
        else:
            self._dask.reconsider()
        return self.code is None

    def _has_address(self) -> bool:
        """Whether it is known which worker has the task."""
        if not self._dask.locate():
            return False
        if not self._dask.address and self._job:
            self._lose_worker()
        return bool(self._dask.address)

    def _call(self, message: Message) -> Answer | None:
        """The answer of the Dask worker; None if it has not begun with the task, or is gone."""
        answer = self._dask.call(message)
        if isinstance(answer, BaseException):
            if not isinstance(answer, OSError) or answer.errno in FULL:
                self._fail(f"{self._machine or self._dask.address}: {cause(answer)}")
            self._dask.address = ""
            return None
        if answer is None and self._job:  # another has the task, and has not begun
            self._lose_worker()
        return answer

    def _lose_worker(self) -> None:
        """Nobody has the task now: the run waits for a worker, with what has come back."""
        self._forget_job()
        status = self.folder.status_as_written
        if not self._is_ending and status.attempt == self._attempt and status.state in ("running", "paused"):
            self.folder.set_status(replace(status, state="queued", machine="", **this_process()))

    def _end_without_worker(self) -> None:
        """Obey what ends a run that no worker has."""
        last = self._commands[-1] if self._commands else ""
        if last not in ("stop", "close", "give_up") or self.code is not None:
            return
        self.code = 0
        if last != "close" and not self._is_ending:  # closed with the server, it stays queued, for the next server
            change = SET_ASIDE if last == "give_up" else {"state": "stopped"}
            self.folder.set_status(replace(self.folder.status, **change))

    # -- what goes there

    def _forget_job(self) -> None:
        self._job = self._machine = ""  # whose address may be known already
        self._n_brought = self._n_lines = 0
        self._is_brought = self._was_cut = False
        with self._changed:
            holding = [line for line in self._commands if line in ("pause", "step", "resume")][-1:]
            ending = [line for line in self._commands if line in ("give_up", "stop", "close")]
            self._lines = [self.task, *holding, *ending]

    def _meet(self, answer: Answer) -> None:
        """Somebody has taken up the task: bring the run there."""
        if self._job:
            self._lose_worker()
        self._job, self._machine = answer.job, answer.machine
        images = f"{self.folder.config.dataset}.npz"
        path = self.folder.path.parent / IMAGES / images
        is_needed = path.is_file() and images not in answer.data_sets
        self._source = Source(self.folder.path, {f"../{IMAGES}/{images}": path} if is_needed else {})
        self._target = Target(self.folder.path, {STATUS: self._show})

    def _message(self) -> Message:
        if not self._job:
            return Message()
        pieces = [] if self._is_brought else self._source.pieces(self._n_brought)
        self._is_brought = not pieces
        with self._changed:
            lines = tuple(enumerate(self._lines))[self._n_lines :] if self._is_brought else ()
        allowed = {"DEC_MAX_MEMORY": "0"} | {name: os.environ[name] for name in ROOM if name in os.environ}
        return Message(self._job, tuple(pieces), self._target.n_taken, lines, allowed)

    # -- what comes back

    def _take(self, answer: Answer) -> None:
        """Write down what has come: under the run's lock, which is held as long as it trains."""
        if not self._is_ending:
            self._target.take(answer.pieces)
            if answer.pieces and self.task == "run" and self.folder.status_as_written.state not in ACTIVE:
                self._is_ending = True
                self._lock.close()
        elif answer.pieces:
            try:
                with training_lock(self.folder):
                    if self.folder.status.attempt != self._attempt:
                        raise RunIsTaken
                    self._target.take(answer.pieces)
            except RunIsTaken:  # somebody has resumed it meanwhile
                self.code = 0

    def _show(self, content: bytes) -> None:
        """The status as it is there; here, this process answers for it."""
        status = RUN_STATUS.validate_json(content)
        if status.state == "queued":  # as it was brought
            return
        if status.state == "interrupted" and "close" not in self._commands:
            self._was_cut = True  # the Dask worker is being ended: another goes on
            return
        trained_by = {} if status.is_set_aside else {**this_process(), "machine": self._machine}
        self.folder.set_status(replace(status, **trained_by))

    def _ended(self, code: int) -> None:
        if self._was_cut:
            self._dask.give_up()  # and is given anew
            self._lose_worker()
        else:
            self.code = code

    def _fail(self, message: str) -> None:
        self.code = FAILED
        with contextlib.suppress(OSError):
            if not self._is_ending:
                self.folder.set_status(replace(self.folder.status, state="failed", message=message, **this_process()))


def record_on(cluster: Cluster, folder: RunFolder) -> Iterator[dict[str, Any]]:
    """As `recorder.record`, by the cluster: yields what has come to be recorded, and "Waiting" from time to time."""
    run, (_, offset) = ClusterRun(cluster, folder, "record"), folder.records()
    try:
        goes_on = True
        while goes_on:
            goes_on = run.step()
            records, offset = folder.records(offset)
            yield from records or [{"event": "Waiting"}]
    finally:
        run.tell("stop")
        while run.code is None and run.step():
            pass
        run.leave()
