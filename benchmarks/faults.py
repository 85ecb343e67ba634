"""Workers and servers that are killed at random moments, and what is left of their runs.

A server is a supervisor in a process of its own, as in the web process, with a worker that trains. One of the two is
ended by SIGKILL, again and again, at a moment of the run drawn from a seed; then the run is resumed. At the end its
labels must be those of a run that nobody disturbed, every line of its records that was on disk must still be there,
what its status says must be true, and no process may be left. Printed is a Markdown table.
"""

from __future__ import annotations

import argparse
import contextlib
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import psutil

from dec_core.cli.options import add_command
from dec_core.config import RunConfig
from dec_core.runs.folder import RunFolder
from dec_core.runs.status import ACTIVE

SMALL = {
    "dataset": "digits", "hidden_units": (128, 64), "pretrain_epochs": 60, "pretrain_optimizer": "adam",
    "pretrain_learning_rate": 0.005, "batch_size": 128, "kmeans_n_init": 3, "update_interval": 20,
    "cluster_optimizer": "sgd", "cluster_learning_rate": 0.02, "max_iterations": 400, "tol": 0.0,
}  # fmt: skip
KILLS_A_RUN = 5
PATIENCE = 300.0  # seconds
ORPHANS_END = 10.0  # seconds in which workers of a killed server have ended
SERVER = """
import sys
from pathlib import Path
from dec_core.config import RunConfig
from dec_core.runs.folder import RunFolder
from dec_core.work.supervisor import Supervisor
supervisor = Supervisor(Path(sys.argv[1]))
for line in sys.stdin:
    command, text = line.strip().split(" ", 1)
    run = supervisor.start(RunConfig.from_json(text)) if command == "start" else RunFolder(Path(text))
    if command == "resume":
        supervisor.resume(run)
    print(run.path, flush=True)
supervisor.close()
"""


@dataclass
class Tally:
    """What was found of one kind of kill; `wrong` says what should not have been."""

    target: str
    n_kills: int = 0
    n_runs: int = 0
    phases: dict[str, int] = field(default_factory=dict)  # in which the kills came
    wrong: list[str] = field(default_factory=list)


def add_parser(commands: Any) -> None:
    parser = add_command(commands, "faults", "kill workers and servers at random moments, and look at what is left")
    parser.add_argument("--kills", type=int, default=20, metavar="N", help="of workers, and of servers (default: 20)")
    parser.add_argument("--seed", type=int, default=0, metavar="N", help="draws the moments (default: 0)")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """1 where anything is wrong."""
    tallies = measure(options.kills, random.Random(options.seed))
    print(table(tallies))
    return int(any(tally.wrong for tally in tallies))


def measure(n_kills: int, chance: random.Random, values: dict[str, Any] | None = None) -> list[Tally]:
    """Kill so many of each."""
    config = RunConfig.make(**(values or SMALL))
    with tempfile.TemporaryDirectory() as temporary:
        labels, seconds = _undisturbed(Path(temporary) / "undisturbed", config)
        tallies = [Tally("worker"), Tally("server")]
        for tally in tallies:
            while tally.n_kills < n_kills:
                n = min(KILLS_A_RUN, n_kills - tally.n_kills)
                tally.n_runs += 1
                root = Path(temporary) / f"{tally.target}-{tally.n_runs}"
                _one_run(tally, root, config, n, labels, lambda: chance.uniform(0, seconds))
        return tallies


def table(tallies: list[Tally]) -> str:
    """A row for each kind of kill, and what was wrong below it."""
    lines = ["| killed | times | in | runs | what was wrong |", "|---|---|---|---|---|"]
    for tally in tallies:
        phases = ", ".join(f"{phase} {n}" for phase, n in sorted(tally.phases.items()))
        lines.append(
            f"| {tally.target} | {tally.n_kills} | {phases} | {tally.n_runs} | {len(tally.wrong) or 'nothing'} |"
        )
    return "\n".join([*lines, *(f"- {tally.target}: {problem}" for tally in tallies for problem in tally.wrong)])


class Server:
    """A server over a folder of runs, told what to do by lines."""

    def __init__(self, root: Path):
        command = [sys.executable, "-c", SERVER, str(root)]
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
            cwd=Path(__file__).parents[1],
        )  # fmt: skip

    def tell(self, command: str, text: str) -> RunFolder:
        """The run that it is about."""
        self.process.stdin.write(f"{command} {text}\n")
        self.process.stdin.flush()
        path = self.process.stdout.readline().strip()
        if not path:
            raise ValueError(f"the server has ended, told to {command} a run")
        return RunFolder(Path(path))

    def children(self) -> list[psutil.Process]:
        """Its workers."""
        return psutil.Process(self.process.pid).children(recursive=True)

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()

    def close(self) -> None:
        """End it as one ends a server; its workers with it."""
        self.process.stdin.close()
        self.process.wait(PATIENCE)


@contextlib.contextmanager
def _serving(root: Path) -> Iterator[list[Server]]:
    """The servers of a folder, of which the last one lives; all end with the block."""
    servers = [Server(root)]
    try:
        yield servers
    finally:
        for server in servers:
            server.process.kill()
            server.process.wait()


def _undisturbed(root: Path, config: RunConfig) -> tuple[np.ndarray, float]:
    """The labels at the end, and how long training takes."""
    with _serving(root) as (server,):
        folder = server.tell("start", config.to_json().replace("\n", " "))
        _wait(lambda: folder.status.state not in ACTIVE, "the undisturbed run has not ended")
        if folder.status.state != "finished":
            raise ValueError(f"the undisturbed run has {folder.status.state}: {folder.status.message}")
        return _labels(folder), sum(folder.status.seconds.values())


def _one_run(
    tally: Tally, root: Path, config: RunConfig, n: int, labels: np.ndarray, moment: Callable[[], float]
) -> None:
    """Start a run, disturb it `n` times, let it finish; note what is wrong."""
    with _serving(root) as servers:
        folder = servers[-1].tell("start", config.to_json().replace("\n", " "))
        for _ in range(n):
            _wait(lambda: folder.status.state in ("running", "finished"), "the run has not begun")
            time.sleep(moment())
            if folder.status.state == "finished":
                break  # before the moment came: it counts for none
            flushed = _whole_lines(folder)
            tally.n_kills += 1
            tally.phases[folder.status.phase] = tally.phases.get(folder.status.phase, 0) + 1
            workers = servers[-1].children()
            if tally.target == "worker":
                _kill_worker(folder, tally)
            else:
                servers[-1].kill()
                _look_at_orphans(workers, folder, tally)
                servers.append(Server(root))
            if not _whole_lines(folder).startswith(flushed):
                tally.wrong.append("lines of events.jsonl that were on disk are gone")
            if folder.status.resumable:
                servers[-1].tell("resume", str(folder.path))
        _wait(lambda: folder.status.state not in ACTIVE, "the run has not ended")
        if folder.status.state != "finished":
            tally.wrong.append(f"the run ended {folder.status.state}: {folder.status.message}")
        elif not np.array_equal(_labels(folder), labels):
            tally.wrong.append("its labels are not those of the undisturbed run")
        workers = servers[-1].children()
        servers[-1].close()
        _, alive = psutil.wait_procs(workers, ORPHANS_END)
        tally.wrong += [f"process {worker.pid} is left" for worker in alive]


def _kill_worker(folder: RunFolder, tally: Tally) -> None:
    """Kill the process that the status names; from then on the status is to say so."""
    with contextlib.suppress(psutil.NoSuchProcess):  # it has just finished
        psutil.Process(folder.status.pid).kill()
    _wait(lambda: folder.status.state not in ACTIVE and folder.status.state != "interrupted", "the status is not true")
    after = folder.status
    if after.state != "finished" and not (after.state == "failed" and "signal 9" in after.message):
        tally.wrong.append(f"of a killed worker the status says {after.state}: {after.message}")


def _look_at_orphans(workers: list[psutil.Process], folder: RunFolder, tally: Tally) -> None:
    """The workers of a killed server end by themselves, and the status says what became of the run."""
    _, alive = psutil.wait_procs(workers, ORPHANS_END)
    tally.wrong += [f"worker {worker.pid} outlives its server" for worker in alive]
    if folder.status.state not in ("interrupted", "finished"):
        tally.wrong.append(f"of a killed server's run the status says {folder.status.state}")


def _labels(folder: RunFolder) -> np.ndarray:
    """The clusters that the newest snapshot assigns the images to."""
    newest = max((folder.path / "snapshots").glob("*.npz"))
    return folder.load_arrays(f"snapshots/{newest.name}", "labels")["labels"]


def _whole_lines(folder: RunFolder) -> bytes:
    """The records that are on disk; a half-written last line is none yet."""
    try:
        data = (folder.path / "events.jsonl").read_bytes()
    except FileNotFoundError:
        return b""
    return data[: data.rfind(b"\n") + 1]


def _wait(condition: Callable[[], bool], otherwise: str) -> None:
    """Raises TimeoutError."""
    until = time.monotonic() + PATIENCE
    while not condition():
        if time.monotonic() > until:
            raise TimeoutError(otherwise)
        time.sleep(0.02)
