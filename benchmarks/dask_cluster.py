"""A Dask cluster on this machine, of the programs that would run on several: a scheduler, and workers that join it."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import psutil

ROOT = Path(__file__).parents[1]
LOOK_EVERY = 0.2  # seconds


class DaskCluster:
    """A scheduler at an address that is known before it is started.

    Parameters
    ----------
    folder : Path
        Where workers keep their files, and all write `dask.log`.
    scheme : str
        "tcp" or "tls".
    environment : dict of str to str
        For all processes.
    """

    def __init__(self, folder: Path, scheme: str = "tcp", environment: dict[str, str] | None = None):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.address = f"{scheme}://127.0.0.1:{self.port}"
        self.folder, self.given = folder, environment or {}
        self.processes: list[subprocess.Popen[bytes]] = []

    def start(self, program: str, *options: str, **environment: str) -> subprocess.Popen[bytes]:
        with (self.folder / "dask.log").open("ab") as log:
            process = subprocess.Popen(
                (sys.executable, "-m", "dask", program, "--no-dashboard", *options),
                cwd=self.folder,
                env={**os.environ, "PYTHONPATH": str(ROOT), **self.given, **environment},
                stdout=log,
                stderr=log,
            )
        self.processes.append(process)
        return process

    def start_scheduler(self) -> subprocess.Popen[bytes]:
        return self.start("scheduler", "--host", self.address.rpartition(":")[0], "--port", str(self.port))

    def start_worker(self, *options: str, **environment: str) -> subprocess.Popen[bytes]:
        local = ("--local-directory", str(self.folder))
        return self.start("worker", self.address, "--nthreads", "1", *local, *options, **environment)

    def close(self) -> None:
        """Kill all, with what they have started."""
        for process in self.processes:
            below = _below(process)
            process.kill()
            process.wait()
            for child in below:
                child.kill() if child.is_running() else None


class KeptCluster(DaskCluster):
    """A scheduler and two workers, each started again when it has ended, as an init system does."""

    def __init__(self, folder: Path):
        super().__init__(folder)
        self._programs: list[Callable[[], subprocess.Popen[bytes]]]
        self._programs = [self.start_scheduler, self.start_worker, self.start_worker]
        self._at_work = [start() for start in self._programs]
        self._is_closed = threading.Event()
        self._keeper = threading.Thread(target=self._keep, name="keeper", daemon=True)
        self._keeper.start()

    @property
    def scheduler(self) -> psutil.Process:
        """Its process, as it is now."""
        return psutil.Process(self._at_work[0].pid)

    def trainings(self) -> list[psutil.Process]:
        """The processes that train, or are ready to."""
        return [child for program in self._at_work[1:] for child in _below(program) if _is_training(child)]

    def dask_workers(self) -> list[tuple[psutil.Process, psutil.Process]]:
        """Nanny and worker of each that is at work, the ones that train first."""
        pairs = [(psutil.Process(nanny.pid), child) for nanny in self._at_work[1:] for child in _below(nanny)
                 if _is_dask_worker(child)]  # fmt: skip
        trainings = {training.ppid() for training in self.trainings()}
        return sorted(pairs, key=lambda pair: pair[1].pid not in trainings)

    def close(self) -> None:
        """End all, and start none again."""
        self._is_closed.set()
        self._keeper.join()
        super().close()

    def _keep(self) -> None:
        while not self._is_closed.is_set():
            for i, process in enumerate(self._at_work):
                if process.poll() is not None:
                    self._at_work[i] = self._programs[i]()
            time.sleep(LOOK_EVERY)


def _below(process: subprocess.Popen[bytes]) -> list[psutil.Process]:
    """Its children, and theirs."""
    try:
        return psutil.Process(process.pid).children(recursive=True)
    except psutil.NoSuchProcess:
        return []


def _command(process: psutil.Process) -> list[str]:
    try:
        return process.cmdline()
    except (psutil.NoSuchProcess, psutil.ZombieProcess):
        return []


def _is_training(process: psutil.Process) -> bool:
    return _command(process)[-2:] == ["dec_core", "worker"]


def _is_dask_worker(process: psutil.Process) -> bool:
    """What a nanny keeps, and not what Python starts to look after shared resources."""
    return any("spawn_main" in part for part in _command(process))
