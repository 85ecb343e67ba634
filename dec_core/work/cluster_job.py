"""A training in a Dask worker: the task that holds the worker's place, and what its server asks of it meanwhile.

The task keeps a `python -m dec_core worker` in a temporary folder. The server calls `exchange` some times a second: it
brings the run's files and commands, and takes what the run has written since. If nobody has called for a while, the
server is gone, and the training is ended. TensorFlow is imported by that worker process alone. The scheduler needs
this file, no more of the package: nothing else is imported before the task begins.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import os
import secrets
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from distributed import Worker

    from dec_core.work.file_stream import Piece

WORKER = (sys.executable, "-m", "dec_core", "worker")
SILENCE = 60.0  # seconds without a call after which the server is taken for gone
GRACE = 10.0  # seconds in which a worker process that is to end may do so
LOOK_EVERY = 0.2  # seconds
WANTED = ("executing", "long-running")  # states of a Dask task that somebody waits for
ENDING = ("closing", "closed", "failed")  # of a Dask worker, as when its scheduler is gone: it waits for its tasks then
JOBS: dict[str, Job] = {}  # of this Dask worker, by the keys of their tasks
COMPARED = ("dec_core", "python", "tensorflow", "keras", "numpy")  # versions that must be the same on both sides


@dataclass(frozen=True)
class Message:
    """What the server brings.

    Attributes
    ----------
    job : str
        For whom; "" as long as the server does not know who has the task.
    pieces : tuple of Piece
        Of the run's files.
    n_taken : int
        How many pieces of what the run writes have arrived at the server.
    lines : tuple of (int, str)
        Numbered lines for the worker process; those that have come before are passed over. "close" closes its input.
    environment : dict of str to str
        What the room allows.
    is_last : bool
        The server needs no more.
    """

    job: str = ""
    pieces: tuple[Piece, ...] = ()
    n_taken: int = 0
    lines: tuple[tuple[int, str], ...] = ()
    environment: dict[str, str] = field(default_factory=dict)
    is_last: bool = False


@dataclass(frozen=True)
class Answer:
    """What it takes back.

    Attributes
    ----------
    job : str
        Who answers: new whenever the task begins anew, on another worker or on the same.
    machine : str
    data_sets : tuple of str
        Files of people's own images that are here already.
    pieces : tuple of Piece
        Of what the run has written.
    n_taken, n_lines : int
        How many pieces and lines have arrived here.
    code : int, optional
        The exit code of the worker process, once it has ended and all that it wrote has arrived.
    """

    job: str
    machine: str = ""
    data_sets: tuple[str, ...] = ()
    pieces: tuple[Piece, ...] = ()
    n_taken: int = 0
    n_lines: int = 0
    code: int | None = None


def train(key: str) -> None:
    """The task: have a training done, until the server has all of it."""
    from distributed import get_worker, secede

    logging.getLogger("distributed.worker").addFilter(_is_no_exchange)
    worker = get_worker()
    job = JOBS[key] = Job(Path(worker.local_directory) / "dec_core")
    try:
        job.attend(secede, lambda: _is_wanted(worker, key))
    finally:
        del JOBS[key]
        job.remove()


async def exchange(key: str, message: Message) -> Answer | None:
    """Called by the server, in the Dask worker: None if the task has not begun here."""
    job = JOBS.get(key)
    return job and await asyncio.to_thread(job.exchange, message)


def versions() -> dict[str, str]:
    """Called by the server, in the Dask worker: the versions that decide numbers, or how the two sides talk."""
    from dec_core.machine import trained_with

    installed = trained_with()["versions"]
    return {name: installed.get(name, "none") for name in COMPARED}


def _is_wanted(worker: Worker, key: str) -> bool:
    """Whether this Dask worker still has the task to do."""
    return worker.status.name not in ENDING and getattr(worker.state.tasks.get(key), "state", "") in WANTED


def _is_no_exchange(record: logging.LogRecord) -> bool:
    """Dask's worker logs each call: some a second would fill its log."""
    return not record.getMessage().endswith("'exchange'")


class Job:
    """One training in a folder of its own.

    Parameters
    ----------
    root : Path
        Where that folder is made; stages and people's own images stay here for later jobs.
    """

    def __init__(self, root: Path):
        from dec_core.work.file_stream import STATUS, Source, Target

        self.id = secrets.token_hex(8)
        self.folder = root / self.id
        (self.folder / "snapshots").mkdir(parents=True)
        self.log = self.folder.with_suffix(".log")
        self.images = root / ".data"
        self.images.mkdir(exist_ok=True)
        self._target = Target(self.folder, {STATUS: self._queue})
        self._source = Source(self.folder)
        self._process: subprocess.Popen[str] | None = None
        self._n_lines = 0
        self._called = time.monotonic()
        self._is_last = False
        self._lock = threading.Lock()

    def attend(self, leave_thread: Callable[[], None], is_wanted: Callable[[], bool]) -> None:
        """Wait until the server has all, or has gone; `leave_thread` is called when training itself has ended."""
        has_left = False
        while not self._is_last and time.monotonic() - self._called < SILENCE and is_wanted():
            time.sleep(LOOK_EVERY)
            if not has_left and self._has_trained():
                has_left = True
                leave_thread()  # what follows takes long and gives way: the next training may begin here
        with self._lock:
            self._end()

    def exchange(self, message: Message) -> Answer:
        """Take what has been brought, and give what has been written."""
        from platform import node

        with self._lock:
            self._called = time.monotonic()
            if message.job != self.id:
                return Answer(self.id, node(), tuple(path.name for path in self.images.glob("*.npz")))
            self._process = self._process or self._started(message.environment)
            self._target.take(message.pieces)
            for number, line in message.lines:
                if number == self._n_lines:
                    self._n_lines += 1
                    self._tell(line)
            self._is_last = message.is_last
            code = self._process.poll()  # before looking for what it has written
            pieces = self._source.pieces(message.n_taken) if self._n_lines else []
            counts = {"n_taken": self._target.n_taken, "n_lines": self._n_lines}
            return Answer(self.id, node(), pieces=tuple(pieces), code=None if pieces else code, **counts)

    def remove(self) -> None:
        """Delete the folder."""
        shutil.rmtree(self.folder, ignore_errors=True)
        self.log.unlink(missing_ok=True)

    def _started(self, environment: dict[str, str]) -> subprocess.Popen[str]:
        with self.log.open("wb") as log:  # the run's own is brought, and taken up with the run
            return subprocess.Popen(
                WORKER,
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=subprocess.STDOUT,
                env={**_environment(), **environment, "TF_CPP_MIN_LOG_LEVEL": "2", "PYTHONUNBUFFERED": "1"},
                cwd=Path(__file__).parents[2],
                text=True,
            )

    def _tell(self, line: str) -> None:
        """Send the worker process a line. The first is its task, and comes when all files are here."""
        with contextlib.suppress(OSError, ValueError):  # it has ended, and its code says why
            if line == "close":
                self._process.stdin.close()
                return
            if self._n_lines == 1:
                self._source.skip_present()
                line = f"{line} {self.folder}"
            self._process.stdin.write(f"{line}\n")
            self._process.stdin.flush()

    def _queue(self, content: bytes) -> None:
        """The status that the server has brought: of a run that is to be trained here and now."""
        from dataclasses import replace

        from dec_core.runs.folder import RunFolder
        from dec_core.runs.status import ACTIVE, STATUS, this_process

        status = STATUS.validate_json(content)
        waits = {"state": "queued", **this_process()} if status.state in ACTIVE else {}
        RunFolder(self.folder).set_status(replace(status, **waits))

    def _has_trained(self) -> bool:
        with contextlib.suppress(OSError, ValueError):
            state = json.loads((self.folder / "status.json").read_bytes())["state"]
            return self._n_lines > 0 and state not in ("queued", "running", "paused")
        return False

    def _end(self) -> None:
        """Have the worker process end: it keeps what was trained, for nobody if the server is gone."""
        if self._process is None:
            return
        with contextlib.suppress(OSError):
            self._process.stdin.close()
        try:
            self._process.wait(GRACE)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


def _environment() -> dict[str, str]:
    """The environment for a worker process: without the single thread to which Dask's nanny keeps its own."""
    from dask import config

    nanny = config.get("distributed.nanny.pre-spawn-environ", {})
    return {name: value for name, value in os.environ.items() if value != str(nanny.get(name))}
