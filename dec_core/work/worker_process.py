"""A worker as its server sees it: a process, the pipe to it, and what it prints before it takes up a run."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import time
from pathlib import Path

from dec_core.runs.folder import RunFolder
from dec_core.runs.marks import KEPT_FOR
from dec_core.work.room import RoomSettings

WORKER = (sys.executable, "-m", "dec_core", "worker")
LOGS = ".workers"  # below the folder of runs
GIVES_WAY = "DEC_GIVES_WAY"  # environment variable of a worker
TURN_OVER = 3  # exit code of a worker that leaves its sweep to another's turn, with trials left


class Worker:
    """One worker process and the pipe to it.

    Parameters
    ----------
    log : Path
        For what it prints before it takes up a run.
    gives_way : bool
        Whether it gets ready at the low priority at which workers train, since another trains meanwhile.
    """

    def __init__(self, log: Path, *, gives_way: bool = False):
        self.log = log
        self.run_id = self.attempt = ""  # of the run that it has taken up
        threads = RoomSettings.from_environment().threads()
        environment = {**threads, **os.environ, "TF_CPP_MIN_LOG_LEVEL": "2", "PYTHONUNBUFFERED": "1"}
        environment |= {GIVES_WAY: "1" if gives_way else ""}
        with log.open("wb") as output:
            self.process = subprocess.Popen(
                WORKER,
                stdin=subprocess.PIPE,
                stdout=output,
                stderr=subprocess.STDOUT,
                env=environment,
                cwd=Path(__file__).parents[2],
                text=True,
            )

    @property
    def alive(self) -> bool:
        return self.process.poll() is None

    @property
    def code(self) -> int | None:
        """How it has ended: the exit code, negative for a signal."""
        return self.process.poll()

    def take_up(self, task: str, folder: RunFolder) -> None:
        """Give it its one task."""
        self.run_id, self.attempt = folder.id, folder.status.attempt
        self.send(f"{task} {folder.path.resolve()}")

    def send(self, line: str) -> bool:
        """Whether the worker could still receive it."""
        try:
            self.process.stdin.write(line + "\n")
            self.process.stdin.flush()
            return True
        except (BrokenPipeError, OSError, ValueError):
            return False

    def close(self) -> None:
        """Close its standard input: it saves training so far and ends."""
        with contextlib.suppress(OSError):  # it may have ended already
            self.process.stdin.close()


def new_log(root: Path) -> Path:
    """A file, not there yet, for what a new worker prints."""
    logs = root / LOGS
    logs.mkdir(exist_ok=True)
    return logs / f"{os.getpid()}-{time.monotonic_ns()}.log"


def delete_old_logs(root: Path) -> None:
    """Delete what workers printed more than a week ago."""
    for log in (root / LOGS).glob("*.log"):
        with contextlib.suppress(OSError):  # on Windows a worker holds it open
            if time.time() - log.stat().st_mtime > KEPT_FOR:
                log.unlink()
