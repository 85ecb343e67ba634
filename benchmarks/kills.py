"""What `faults` kills, and what must be true right after.

Each `kill_…` ends one process by SIGKILL and returns what is wrong then, in sentences.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil

from benchmarks.dask_cluster import KeptCluster
from dec_core.runs.folder import RunFolder
from dec_core.runs.status import ACTIVE
from dec_core.work.cluster_run import LOST

PATIENCE = 300.0  # seconds
ORPHANS_END = 10.0  # seconds in which what a killed process has started ends
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


class Server:
    """A supervisor over a folder of runs, told what to do by lines; it trains on a cluster where there is one."""

    def __init__(self, root: Path, executor: str = ""):
        command = [sys.executable, "-c", SERVER, str(root)]
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
            cwd=Path(__file__).parents[1], env=os.environ | ({"DEC_EXECUTOR": executor} if executor else {}),
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
        """Its workers, or the process that speaks with the cluster."""
        return psutil.Process(self.process.pid).children(recursive=True)

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()

    def close(self) -> None:
        """End it as one ends a server; its workers with it."""
        self.process.stdin.close()
        self.process.wait(PATIENCE)


class Scene:
    """A folder of runs, its servers, of which the last one lives, and the cluster, if there is one."""

    def __init__(self, root: Path, cluster: KeptCluster | None):
        self.root, self.cluster = root, cluster
        self.servers: list[Server] = []
        self.start_server()

    @property
    def server(self) -> Server:
        return self.servers[-1]

    def start_server(self) -> None:
        self.servers.append(Server(self.root, self.cluster.address if self.cluster else ""))

    def close(self) -> list[str]:
        """End the server, and look at what is left."""
        workers = self.server.children() + (self.cluster.trainings() if self.cluster else [])
        self.server.close()
        return left_over(workers, "its server")


@contextlib.contextmanager
def scene(root: Path, *, has_cluster: bool) -> Iterator[Scene]:
    """All that it has started ends with the block."""
    root.mkdir()
    cluster = KeptCluster(root) if has_cluster else None
    made = Scene(root / "runs", cluster)
    try:
        yield made
    finally:
        for server in made.servers:
            server.kill()
        if cluster:
            cluster.close()


def kill_worker(_: Scene, folder: RunFolder) -> list[str]:
    """Kill the process that the status names; from then on the status is to say so."""
    with contextlib.suppress(psutil.NoSuchProcess):  # it has just finished
        psutil.Process(folder.status.pid).kill()
    wait(lambda: folder.status.state not in ACTIVE and folder.status.state != "interrupted", "the status is not true")
    after = folder.status
    if after.state == "finished" or (after.state == "failed" and "signal 9" in after.message):
        return []
    return [f"of a killed worker the status says {after.state}: {after.message}"]


def kill_server(scene: Scene, folder: RunFolder) -> list[str]:
    """Its workers end by themselves, and the status says what became of the run; another server is started."""
    workers = scene.server.children()
    scene.server.kill()
    wrong = left_over(workers, "its server")
    if folder.status.state not in ("interrupted", "finished"):
        wrong.append(f"of a killed server's run the status says {folder.status.state}")
    scene.start_server()
    return wrong


def kill_scheduler(scene: Scene, folder: RunFolder) -> list[str]:
    """Its Dask workers end, and what they have trained."""
    trainings = scene.cluster.trainings()
    scene.cluster.scheduler.kill()
    return left_over(trainings, "the scheduler") + _goes_on(scene.cluster, folder, trainings)


def kill_dask_worker(scene: Scene, folder: RunFolder) -> list[str]:
    """The one that has the run; its nanny starts another."""
    _, worker = scene.cluster.dask_workers()[0]
    return _kill_with_training(scene.cluster, folder, worker)


def kill_nanny(scene: Scene, folder: RunFolder) -> list[str]:
    """Of the Dask worker that has the run, what `dask worker` has started: the init system starts it again."""
    nanny, _ = scene.cluster.dask_workers()[0]
    return _kill_with_training(scene.cluster, folder, nanny)


def _kill_with_training(cluster: KeptCluster, folder: RunFolder, process: psutil.Process) -> list[str]:
    below = process.children(recursive=True)
    process.kill()
    return left_over(below, "its Dask worker") + _goes_on(cluster, folder, below)


def _goes_on(cluster: KeptCluster, folder: RunFolder, ended: list[psutil.Process]) -> list[str]:
    """A run whose training was ended is trained anew by itself; after four Dask workers it is given up."""

    def has_settled() -> bool:
        return folder.status.state in ("failed", "finished") or bool(set(cluster.trainings()) - set(ended))

    wait(has_settled, "the run does not go on, and does not say so")
    after = folder.status
    if after.state in ("queued", "running", "finished") or (after.state == "failed" and after.message == LOST):
        return []
    return [f"of a run that lost its Dask worker the status says {after.state}: {after.message}"]


def left_over(processes: list[psutil.Process], killed: str) -> list[str]:
    """Those that have not ended by themselves a moment later."""
    _, alive = psutil.wait_procs(processes, ORPHANS_END)
    return [f"process {process.pid} outlives {killed}" for process in alive]


def wait(condition: Callable[[], bool], otherwise: str) -> None:
    """Raises TimeoutError."""
    until = time.monotonic() + PATIENCE
    while not condition():
        if time.monotonic() > until:
            raise TimeoutError(otherwise)
        time.sleep(0.02)


KILLS = {  # by what is killed: how, and whether on a cluster
    "worker": (kill_worker, False),
    "server": (kill_server, False),
    "scheduler": (kill_scheduler, True),
    "dask-worker": (kill_dask_worker, True),
    "dask-nanny": (kill_nanny, True),
}
