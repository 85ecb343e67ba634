"""Runs and trials that are trained by a Dask cluster: its scheduler and its workers are processes, here and in use."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import psutil
import pytest
from timing import wait_for

from benchmarks.dask_cluster import DaskCluster
from dec_core.config import RunConfig
from dec_core.data import Dataset, own
from dec_core.runs.folder import RunFolder, list_runs
from dec_core.runs.history import last_snapshot
from dec_core.runs.status import ACTIVE
from dec_core.sweeps import studies
from dec_core.sweeps.plan import SweepPlan
from dec_core.work import cluster_job, cluster_workers
from dec_core.work.cluster_job import Answer, Message
from dec_core.work.cluster_task import ClusterTask
from dec_core.work.supervisor import Supervisor

Status = pytest.importorskip("distributed", reason="Dask is not installed: pip install -e .[cluster]").Status
pytestmark = [pytest.mark.slow, pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGKILL")]

ROOT = Path(__file__).parents[1]


class Cluster(DaskCluster):
    """Its workers train as those of other tests do, and have no nanny."""

    def start_worker(self, **environment: str) -> subprocess.Popen:
        preload = ("--preload", str(ROOT / "tests" / "dask_worker.py"))
        return super().start_worker("--no-nanny", *preload, **environment)


@pytest.fixture
def cluster(tmp_path):
    made = Cluster(tmp_path)
    yield made
    made.close()


@pytest.fixture
def server(tmp_path, monkeypatch, cluster):
    """A server whose executor is the scheduler, which has not been started."""
    with served(tmp_path / "runs", cluster, monkeypatch) as supervisor:
        yield supervisor


@contextmanager
def served(root: Path, cluster: Cluster, monkeypatch) -> Iterator[Supervisor]:
    for name, value in {"DEC_EXECUTOR": cluster.address, **cluster.given}.items():
        monkeypatch.setenv(name, value)
    supervisor = Supervisor(root)
    yield supervisor
    supervisor.close()


def certified(folder: Path) -> dict[str, str]:
    """What Dask reads of TLS, with a certificate that signs itself."""
    key, certificate = folder / "key.pem", folder / "certificate.pem"
    make = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", "-subj", "/CN=dec"]
    subprocess.run([*make, "-keyout", key, "-out", certificate], check=True, capture_output=True)
    roles = {f"{role}__{what}": path for role in ("SCHEDULER", "WORKER", "CLIENT")
             for what, path in (("KEY", key), ("CERT", certificate))}  # fmt: skip
    names = {"TLS__CA_FILE": certificate, "REQUIRE_ENCRYPTION": True, **{f"TLS__{n}": p for n, p in roles.items()}}
    return {f"DASK_DISTRIBUTED__COMM__{name}": str(value) for name, value in names.items()}


def events(run: RunFolder) -> list[str]:
    return [record["event"] for record in run.records()[0]]


def labels(run: RunFolder) -> np.ndarray:
    return run.load_arrays(last_snapshot(run))["labels"]


def child_of(process: subprocess.Popen) -> psutil.Process | None:
    """What a Dask worker has training done by."""
    return next(iter(psutil.Process(process.pid).children()), None)


def test_workers_end_with_the_process_that_speaks_for_them_and_another_is_started(tmp_path, monkeypatch):
    monkeypatch.setattr(cluster_workers, "COMMAND", (sys.executable, "-c", "input()"))
    monkeypatch.setattr(cluster_workers, "RESTART_AFTER", 0.0)
    workers = cluster_workers.ClusterWorkers("tcp://nowhere:1", tmp_path)
    worker = workers.new_worker()
    assert worker.alive and worker.code is None
    worker.process.kill()
    worker.process.wait()
    assert not worker.alive and worker.code == -9 and not workers.new_worker().alive
    workers.keep_connected()
    assert workers.new_worker().alive and worker.code == -9
    workers.close()


def has_ended(process: psutil.Process) -> bool:
    """Also where nobody asks how a process has ended whose parent was killed, as in a container."""
    return not process.is_running() or process.status() == psutil.STATUS_ZOMBIE


def step_until(server: Supervisor, run: RunFolder, event: str) -> None:
    """Have it trained step by step, until it is paused at such an event."""
    seen = {}

    def has_gone_on():
        status = run.status
        return status.state not in ACTIVE or (status.state == "paused" and status.progress != seen)

    while seen.get("event") != event:
        assert server.command(run, "step"), run.status
        assert wait_for(has_gone_on) and run.status.state == "paused", in_words(server, run)
        seen = run.status.progress


def in_words(server: Supervisor, run: RunFolder) -> str:
    """How it stands with the run, and what those that deal with it have printed."""
    logs = [path for path in (run.path / "worker.log", server._dispatcher.cluster.log) if path.exists()]
    return "\n".join([str(run.status), *(path.read_text() for path in logs)])


def test_a_run_waits_for_the_scheduler_and_goes_on_elsewhere_when_its_worker_is_killed(
    server, cluster, small, finished_run
):
    run = server.start(small)
    assert wait_for(lambda: "does not answer; runs wait until it does" in server.standstill)
    assert run.status.state == "queued" and server.slots == 0
    cluster.start_scheduler()
    assert wait_for(lambda: "has no worker: runs wait" in server.standstill)
    workers = [cluster.start_worker(), cluster.start_worker()]
    assert wait_for(lambda: server.slots == 2) and server.standstill == ""
    assert wait_for(lambda: server._dispatcher.places)
    step_until(server, run, "TargetUpdated")
    assert run.status.machine and run.status.pid == server._dispatcher.cluster._process.pid
    at_work = next(worker for worker in workers if child_of(worker))
    training = child_of(at_work)
    at_work.kill()
    assert wait_for(lambda: "Resumed" in events(run) and run.status.state == "paused")  # still, as it was told
    assert wait_for(lambda: has_ended(training))
    server.command(run, "resume")
    assert wait_for(lambda: run.status.state in ("finished", "failed"))
    assert run.status.state == "finished", run.status.message
    assert (labels(run) == labels(finished_run)).all()
    assert (run.path / "model.keras").is_file()
    assert wait_for(lambda: not (run.path / "checkpoint.npz").exists())  # which goes last, after the status
    assert wait_for(lambda: not server._dispatcher.places and not any(map(child_of, workers)))


@pytest.mark.parametrize(
    ("of_worker", "of_task", "is_wanted"),
    [("running", "executing", True), ("running", "cancelled", False), ("closing", "executing", False)],
)
def test_a_training_ends_with_its_dask_worker_though_that_waits_for_it(of_worker, of_task, is_wanted):
    tasks = {"dec-1": SimpleNamespace(state=of_task)}
    worker = SimpleNamespace(status=Status[of_worker], state=SimpleNamespace(tasks=tasks))
    assert cluster_job._is_wanted(worker, "dec-1") == is_wanted and not cluster_job._is_wanted(worker, "dec-2")


def test_a_task_that_nobody_has_begun_is_looked_for_anew_since_another_worker_may_have_it():
    processing = {"tcp://first": ["dec"], "tcp://second": []}
    begun = {"tcp://second": Answer("job")}
    client = SimpleNamespace(
        nthreads=lambda: dict.fromkeys(processing, 1),
        processing=lambda: processing,
        run=lambda function, key, message, workers, on_error: {workers[0]: begun.get(workers[0])},
    )
    task = ClusterTask(SimpleNamespace(client=client), "run")
    task._client, task._key = client, "dec"
    assert task.locate() and task.address == "tcp://first" and task.call(Message()) is None
    processing.update({"tcp://first": [], "tcp://second": ["dec"]})
    assert task.locate() and task.address == "tcp://second" and task.call(Message()) == Answer("job")


def with_another(library: str, version: str, folder: Path) -> str:
    """PYTHONPATH with which a library is found to be of another version."""
    about = folder / "other" / f"{library}-{version}.dist-info"
    about.mkdir(parents=True)
    (about / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {library}\nVersion: {version}\n")
    return f"{about.parent}{os.pathsep}{ROOT}"


@pytest.mark.skipif(shutil.which("openssl") is None, reason="no openssl to make a certificate with")
def test_a_sweep_of_ones_own_images_is_trained_over_tls_by_workers_of_the_same_versions(tmp_path, monkeypatch, digits):
    images = own.keep(Dataset("mine", digits.images[:300], None), tmp_path / "runs")
    base = {"dataset": images, "n_clusters": 5, "hidden_units": (16,), "pretrain_epochs": 1, "max_iterations": 20}
    plan = {"name": "far", "base": RunConfig.make(**base, update_interval=10), "n_trials": 2, "sampler": "random",
            "space": {"latent_dim": {"low": 2, "high": 7}}, "objective": "agreement"}  # fmt: skip
    url = f"sqlite:///{tmp_path / 'runs' / 'sweeps.db'}"
    study = studies.create(SweepPlan.make(**plan), url)
    far = Cluster(tmp_path, "tls", certified(tmp_path))
    try:
        with served(tmp_path / "runs", far, monkeypatch) as server:
            far.start_scheduler()
            other = far.start_worker(PYTHONPATH=with_another("keras", "9.9.9", tmp_path))
            assert wait_for(lambda: "has keras 9.9.9 instead of" in server.standstill)
            assert "Runs wait until a worker with the versions of this server joins." in server.standstill
            server.sweep(url, "far")
            far.start_worker()
            assert wait_for(lambda: not server.is_sweeping("far") and server.slots)
        assert [row["state"] for row in studies.table(study)] == ["finished"] * 2
        runs = list_runs(tmp_path / "runs")
        assert len(runs) == 2 and all(run.status.machine for run in runs)
        assert not any("umap.npz" in os.listdir(run.path) for run in runs)
        assert child_of(other) is None
    finally:
        far.close()
