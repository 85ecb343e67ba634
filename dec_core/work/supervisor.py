"""The queue of runs and the worker processes that train them, one run at a time; and sweeps, while nobody waits.

One `Supervisor` lives in the web process. It starts workers (`worker_process`), sends them commands and notices when
they end; what they do it learns, like everyone else, from the run's folder.
"""

from __future__ import annotations

import atexit
import contextlib
import json
import logging
import shutil
import threading
import time
from collections import deque
from dataclasses import replace
from pathlib import Path

from dec_core.config import RunConfig
from dec_core.runs.folder import RunFolder, list_runs
from dec_core.runs.lock import RunIsTaken, training_lock
from dec_core.runs.marks import forget_removed
from dec_core.runs.status import ACTIVE, TOUCH_EVERY, new_attempt
from dec_core.work.worker_process import Worker, delete_old_logs, new_log

POLL = 0.1  # seconds
TIDY_EVERY = 3600.0  # seconds
RELEASE_WAIT = 2.0  # seconds in which a worker that is ending releases its run's lock
MAX_FINISHING = 2  # workers that may make a UMAP at a time


class Supervisor:
    """Queues runs below `root` and trains them one at a time, each in a worker of its own.

    Parameters
    ----------
    root : Path
        The folder of runs; made if it is missing.
    """

    def __init__(self, root: Path):
        self.root = Path(root)
        self.root.mkdir(parents=True, exist_ok=True)
        self._tidy()
        self._lock = threading.RLock()
        self._queue: deque[RunFolder] = deque()
        self._running: tuple[RunFolder, Worker] | None = None
        self._finishing: list[Worker] = []  # their runs have ended, they make the UMAP
        self._sweeps: deque[tuple[str, str]] = deque()  # address of the database and name
        self._sweeping: tuple[str, Worker] | None = None
        self._leaving = False  # whether its worker was asked to leave
        self._held_back = False  # the sweep, while a run trains
        self._closed = False
        self._spare = self._new_worker()
        self._take_up_waiting()
        self._thread = threading.Thread(target=self._watch, name="supervisor", daemon=True)
        self._thread.start()
        atexit.register(self.close)

    def start(self, config: RunConfig, owner: str = "") -> RunFolder:
        """Queue a new run, of the visitor `owner` where it is somebody's; it begins at once if none is training."""
        folder = RunFolder.create(self.root, config, owner=owner)
        self._enqueue(folder)
        return folder

    def resume(self, folder: RunFolder) -> None:
        """Queue a stopped, failed or interrupted run again, to go on from its checkpoint; other runs stay as they are.

        Raises
        ------
        RunIsTaken
            If another process trains it.
        """
        if not folder.status.resumable:
            return
        with self._lock, training_lock(folder, RELEASE_WAIT):
            if folder.status.resumable:  # still: nobody else has resumed it meanwhile
                folder.set_status(replace(folder.status, state="queued", message="", **new_attempt()))
                self._enqueue(folder)

    def complete(self, folder: RunFolder) -> bool:
        """Let a worker add what an ended run lacks (`postprocess`); False if one is doing so, or too many are."""
        with self._lock:
            self._finishing = [worker for worker in self._finishing if worker.alive]
            if self._running or self.is_completing(folder) or len(self._finishing) >= MAX_FINISHING:
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
        """Let a worker work on a sweep (`dec_core.sweeps.studies`), one at a time, while no run trains."""
        with self._lock:
            if not self.is_sweeping(name):
                self._sweeps.append((storage, name))
                self._try_to_advance()

    def leave_sweep(self, name: str) -> None:
        """Stop working on the sweep; whoever continues it takes over its trial, with its checkpoint."""
        with self._lock:
            self._sweeps = deque(pair for pair in self._sweeps if pair[1] != name)
            if self._sweeping and self._sweeping[0] == name:
                self._sweeping[1].send("stop")
                self._leaving = True

    def sweep_before(self, name: str) -> str:
        """The sweep whose end this one waits for; "" where it waits for none."""
        with self._lock:
            waits = any(waiting == name for _, waiting in self._sweeps)
            return self._sweeping[0] if waits and self._sweeping and self._sweeping[0] != name else ""

    def is_sweeping(self, name: str) -> bool:
        """Whether a worker of this server works on the sweep, or is about to."""
        with self._lock:
            at_work = self._sweeping is not None and self._sweeping[0] == name and self._sweeping[1].alive
            return (at_work and not self._leaving) or any(waiting == name for _, waiting in self._sweeps)

    def sweep_waits(self) -> bool:
        """Whether the sweep is held back, since a run is training."""
        with self._lock:
            return self._held_back

    def command(self, folder: RunFolder, command: str) -> bool:
        """Send "pause", "resume", "step" or "stop"; False if this server does not train the run."""
        with self._lock:
            if self._running and self._running[0].id == folder.id:
                return self._running[1].send(command)
            queued = next((item for item in self._queue if item.id == folder.id), None)
            if queued and command == "stop":
                self._queue.remove(queued)
                queued.set_status(replace(queued.status, state="stopped"))
            return queued is not None

    def ahead_of(self, folder: RunFolder) -> int:
        """How many runs must end before this queued one begins."""
        with self._lock:
            if self._running and self._running[0].id == folder.id:
                return 0
            position = next((i for i, item in enumerate(self._queue) if item.id == folder.id), 0)
            return position + (self._running is not None)

    def close(self) -> None:
        """End all workers; training so far is saved."""
        with self._lock:
            self._closed = True
            at_work = [pair[1] for pair in (self._running, self._sweeping) if pair]
            for worker in [self._spare, *at_work, *self._finishing]:
                if worker:
                    worker.close()

    # -- inside

    def _take_up_waiting(self) -> None:
        """Queue the runs that were waiting when an earlier server ended, in their order."""
        statuses = {folder.path: folder.status_as_written for folder in list_runs(self.root)}
        waiting = [path for path, status in statuses.items() if status.state == "queued"]
        for path in sorted(waiting, key=lambda path: statuses[path].queued or statuses[path].created):
            folder = RunFolder(path)
            with contextlib.suppress(OSError, RunIsTaken), training_lock(folder):
                status = folder.status_as_written
                if status.state == "queued" and folder.status.state == "interrupted":  # nobody waits for it any more
                    folder.set_status(replace(status, **{**new_attempt(), "queued": status.queued}))
                    self._queue.append(folder)

    def _enqueue(self, folder: RunFolder) -> None:
        with self._lock:
            self._queue.append(folder)
            self._try_to_advance()

    def _try_to_advance(self) -> None:
        with contextlib.suppress(OSError):  # no worker can be started now: what was queued waits, `_watch` tries again
            self._advance()

    def _take_worker(self) -> Worker:
        """The spare worker, or a new one. Raises OSError where none can be started: take it before what it is for."""
        worker = self._spare if self._spare and self._spare.alive else self._new_worker()
        self._spare = None
        return worker

    def _new_worker(self) -> Worker:
        return Worker(new_log(self.root))

    def _tidy(self) -> None:
        """Delete what was removed, and what workers printed before they took up a run, more than a week ago."""
        forget_removed(self.root)
        delete_old_logs(self.root)

    def _watch(self) -> None:
        touched = tidied = time.monotonic()
        while not self._closed:
            time.sleep(POLL)
            try:
                if time.monotonic() - tidied > TIDY_EVERY:
                    tidied = time.monotonic()
                    self._tidy()
                with self._lock:
                    self._advance()
                    if time.monotonic() - touched > TOUCH_EVERY:
                        touched = time.monotonic()
                        self._touch()
            except Exception:  # a full disk, no memory for a process: the queue goes on when there is room again
                logging.exception("the queue of runs could not advance")
                time.sleep(1.0)

    def _advance(self) -> None:
        """Let go of the run that ended, begin the next, keep a spare worker ready when nothing trains."""
        if self._closed:
            return
        self._finishing = [worker for worker in self._finishing if worker.alive]
        if self._running:
            folder, worker = self._running
            status = folder.status
            if not worker.alive:
                self._bury(folder, worker)
            # interrupted: dying, not yet dead; another attempt: it has ended, and was resumed since
            elif status.state not in (*ACTIVE, "interrupted") or status.attempt not in ("", worker.attempt):
                self._finishing.append(worker)
                self._running = None
                for surplus in self._finishing[:-MAX_FINISHING]:
                    surplus.close()  # short runs end faster than UMAP is made
        if not self._running and self._queue:
            self._begin()
        self._advance_sweep()
        if self._running:
            return
        if not (self._spare and self._spare.alive):
            self._spare = self._new_worker()

    def _advance_sweep(self) -> None:
        """Visitors' runs go first: a sweep is on hold while one trains, and starts when none does."""
        if self._sweeping and not self._sweeping[1].alive:
            self._sweeping, self._leaving, self._held_back = None, False, False
        if not self._sweeping and self._sweeps and not self._running:
            worker = self._take_worker()
            storage, name = self._sweeps.popleft()
            worker.send("sweep " + json.dumps({"storage": storage, "study": name, "root": str(self.root.resolve())}))
            self._sweeping = name, worker
        busy = self._running is not None
        if self._sweeping and busy != self._held_back:
            self._sweeping[1].send("pause" if busy else "resume")
            self._held_back = busy

    def _touch(self) -> None:
        """Refresh the status of queued runs, so that other machines know that they still wait."""
        for folder in self._queue:
            with contextlib.suppress(OSError):  # the folder may be gone
                if folder.status.state == "queued":
                    folder.set_status(folder.status)

    def _begin(self) -> None:
        """Give the first run in the queue to a worker."""
        worker = self._take_worker()
        folder = self._queue.popleft()
        worker.take_up("run", folder)
        self._running = folder, worker

    def _bury(self, folder: RunFolder, worker: Worker) -> None:
        """A worker is gone: if its run had not ended and nobody has taken it over since, record how."""
        self._running = None
        code = worker.process.returncode
        cause = f"was killed by signal {-code}" if code < 0 else f"ended with exit code {code}"
        with contextlib.suppress(OSError):  # the folder may be gone, or the disk full
            if not (folder.path / "worker.log").exists():  # it ended before it took up the run
                shutil.copy(worker.log, folder.path / "worker.log")
        with contextlib.suppress(OSError, RunIsTaken), training_lock(folder):
            status = folder.status
            if status.state in (*ACTIVE, "interrupted") and status.attempt == worker.attempt:
                folder.set_status(replace(status, state="failed", message=f"The worker process {cause}."))
