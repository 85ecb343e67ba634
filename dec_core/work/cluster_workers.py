"""Workers on a Dask cluster, as the supervisor sees them: like worker processes, but all behind one process.

That process (`cluster_process`) imports Dask and speaks with the scheduler; if it ends, its workers have ended.
"""

from __future__ import annotations

import json
import logging
import os
import subprocess
import sys
import threading
import time
from itertools import count
from pathlib import Path

from dec_core.runs.folder import RunFolder
from dec_core.work.worker_process import new_log

COMMAND = (sys.executable, "-m", "dec_core", "cluster")
RESTART_AFTER = 5.0  # seconds after the start before, so that one that cannot run does not keep the server busy
CONNECTING = "Connecting to the Dask scheduler {}: runs wait."


class ClusterWorkers:
    """What a cluster offers.

    Parameters
    ----------
    address : str
        Of the scheduler.
    root : Path
        The folder of runs.

    Attributes
    ----------
    n_workers : int
        Dask workers that may be given work.
    trouble : str
        What is wrong, in a sentence; "" where nothing is.
    """

    def __init__(self, address: str, root: Path):
        self.address, self._root = address, root
        self._numbers = count(1)
        self._process: subprocess.Popen[str] | None = None
        self._start()

    def keep_connected(self) -> None:
        """Start another process where the one before has ended."""
        if self._process.poll() is not None and time.monotonic() - self._started > RESTART_AFTER:
            self._start()

    def new_worker(self) -> ClusterWorker:
        """A worker; it has ended if the process has."""
        return ClusterWorker(next(self._numbers), self._process, self._workers, self.log)

    def close(self) -> None:
        """Have all end; training so far is fetched."""
        self._process.stdin.close()

    def _start(self) -> None:
        self._started = time.monotonic()
        self.n_workers, self.trouble = 0, CONNECTING.format(self.address)
        self.log = new_log(self._root)
        self._workers: dict[int, ClusterWorker] = {}
        with self.log.open("wb") as log:
            self._process = subprocess.Popen(
                (*COMMAND, self.address),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                env={**os.environ, "PYTHONUNBUFFERED": "1"},
                cwd=Path(__file__).parents[2],
                text=True,
            )
        arguments = [self._process, self._workers]
        threading.Thread(target=self._listen, args=arguments, name="cluster", daemon=True).start()

    def _listen(self, process: subprocess.Popen[str], workers: dict[int, ClusterWorker]) -> None:
        """Hear what the process says, until it ends."""
        for line in process.stdout:
            try:
                message = json.loads(line)
                if "ended" in message:
                    workers.pop(message["ended"]).has_ended(message["code"])
                else:
                    self.n_workers, self.trouble = message["workers"], message["trouble"]
                    logging.warning("Dask workers for this server: %d. %s", self.n_workers, self.trouble)
            except (ValueError, KeyError):
                logging.warning("the process that speaks with the Dask cluster said %r", line[:200])
        process.wait()
        self.n_workers, self.trouble = 0, CONNECTING.format(self.address)


class ClusterWorker:
    """What `worker_process.Worker` is, on the cluster."""

    def __init__(self, number: int, process: subprocess.Popen[str], workers: dict[int, ClusterWorker], log: Path):
        self.log = log
        self.run_id = self.attempt = ""  # of the run that it has taken up
        self._code: int | None = None
        self.process, self._number = process, number
        workers[number] = self

    @property
    def alive(self) -> bool:
        return self.code is None

    @property
    def code(self) -> int | None:
        """How it has ended, as a process would: by what the process behind it has said, or with that."""
        return self.process.poll() if self._code is None else self._code

    def has_ended(self, code: int) -> None:
        """What the process behind it says."""
        self._code = code

    def take_up(self, task: str, folder: RunFolder) -> None:
        """Give it its one task."""
        self.run_id, self.attempt = folder.id, folder.status.attempt
        self.send(f"{task} {folder.path.resolve()}")

    def send(self, line: str) -> bool:
        """Whether the process could still receive it."""
        try:
            self.process.stdin.write(f"{self._number} {line}\n")
            self.process.stdin.flush()
            return True
        except (OSError, ValueError):
            return False

    def close(self) -> None:
        """Have it end: it saves training so far."""
        self.send("close")
