"""The process that speaks with a Dask cluster for its server: `python -m dec_core cluster tcp://scheduler:8786`.

Lines on standard input begin with a number, which names one of the workers that the server believes it has; what
follows is what a worker process is told (`work.worker`). Lines of JSON on standard output:

    {"workers": 2, "trouble": ""}    of how many Dask workers work may be expected, and what is wrong
    {"ended": 7, "code": 0}          worker 7 has ended, as a process would have

It holds the locks of the runs that the cluster trains, and is the process that their statuses name. When standard input
closes, it fetches what has been trained, and ends. It imports no TensorFlow.
"""

from __future__ import annotations

import json
import logging
import os
import sys
import threading
import time
from pathlib import Path
from typing import Any

from dec_core.runs.folder import RunFolder
from dec_core.work.cluster import Cluster
from dec_core.work.cluster_run import ClusterRun, record_on
from dec_core.work.control import GRACE, Control

TO_SEND = GRACE + 1.0  # seconds in which the Dask workers may save and send what was trained, when the server has ended


class Office:
    """The workers of one server on one cluster."""

    def __init__(self, address: str):
        self._output = os.fdopen(os.dup(sys.stdout.fileno()), "w")
        os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # what libraries print is not for the server
        self._writing = threading.Lock()
        self._at_work: dict[int, ClusterRun | Control] = {}
        self.cluster = Cluster(address, lambda n_workers, trouble: self._say(workers=n_workers, trouble=trouble))

    def obey(self, line: str) -> None:
        """Do what a line of standard input says."""
        number, _, command = line.strip().partition(" ")
        if int(number) in self._at_work:
            _pass_on(self._at_work[int(number)], command)
            return
        task, _, argument = command.partition(" ")
        if task in ("run", "complete", "sweep"):
            worker = Control() if task == "sweep" else ClusterRun(self.cluster, RunFolder(Path(argument)), task)
            self._at_work[int(number)] = worker
            threading.Thread(target=self._work, args=[int(number), worker, argument], daemon=True).start()

    def close(self) -> None:
        """End all, and wait a moment for what comes back."""
        until = time.monotonic() + TO_SEND
        for worker in list(self._at_work.values()):
            _pass_on(worker, "close")
        while self._at_work and time.monotonic() < until:
            time.sleep(0.05)

    def _work(self, number: int, worker: ClusterRun | Control, argument: str) -> None:
        code = 1
        try:
            code = self._sweep(worker, argument) if isinstance(worker, Control) else worker.work()
        except Exception:
            logging.exception("worker %d: %s", number, argument)
        finally:
            del self._at_work[number]
            self._say(ended=number, code=code)

    def _sweep(self, control: Control, argument: str) -> int:
        from dec_core.work.worker import sweep

        return sweep(json.loads(argument), control, lambda folder: record_on(self.cluster, folder))

    def _say(self, **values: Any) -> None:
        with self._writing:
            print(json.dumps(values), file=self._output, flush=True)


def main(address: str) -> int:
    """Serve until standard input closes."""
    office = Office(address)
    for line in sys.stdin:
        try:
            office.obey(line)
        except Exception:  # of one worker; the others go on
            logging.exception("line: %s", line)
    office.close()
    sys.stderr.flush()
    os._exit(0)  # threads that wait for a scheduler that is gone end with it


def _pass_on(worker: ClusterRun | Control, command: str) -> None:
    if isinstance(worker, ClusterRun):
        worker.tell(command)
    elif command == "close":
        worker.tell("stop")
    else:
        worker.tell(command)
