"""Two workers share a sweep in a real PostgreSQL, and one of them is killed in the middle of a trial."""

import glob
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
from timing import PATIENCE, wait_for

from dec_core.runs.folder import RunFolder, list_runs

ROOT = Path(__file__).parents[1]
N_TRIALS = 3

pytestmark = [pytest.mark.slow, pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGKILL")]


def binaries() -> Path | None:
    """The folder of the newest PostgreSQL on this machine."""
    programs = sorted(glob.glob("/usr/lib/postgresql/*/bin/initdb"), key=lambda path: int(path.split("/")[4]))
    initdb = programs[-1] if programs else shutil.which("initdb")
    return Path(initdb).resolve().parent if initdb else None


def another_user() -> dict:
    """Who runs the database: PostgreSQL refuses root."""
    if os.getuid() != 0:
        return {}
    import pwd

    entry = next(e for e in pwd.getpwall() if e.pw_name in ("postgres", "nobody"))
    return {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}


@pytest.fixture
def database():
    """The address of an empty database that is gone afterwards."""
    psycopg = pytest.importorskip("psycopg", reason="psycopg is not installed")
    bin = binaries()
    if bin is None:
        pytest.skip("no PostgreSQL on this machine: tests/install.sh installs it")
    folder, user = Path(tempfile.mkdtemp(prefix="pg")), another_user()
    if user:
        os.chown(folder, user["user"], user["group"])
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    options = {"cwd": folder, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, **user}
    make = [bin / "initdb", "-D", folder / "data", "-A", "trust", "-U", "sweeps", "-E", "UTF8", "--no-sync"]
    subprocess.run(make, check=True, **options)
    serve = [bin / "postgres", "-D", folder / "data", "-k", folder, "-p", str(port), "-h", "127.0.0.1", "-F"]
    server = subprocess.Popen(serve, **options)
    url = f"postgresql://sweeps@127.0.0.1:{port}/postgres"

    def answers():
        try:
            psycopg.connect(url).close()
            return True
        except psycopg.OperationalError:
            return False

    assert wait_for(answers)
    yield url
    server.send_signal(signal.SIGINT)
    server.wait(PATIENCE)
    shutil.rmtree(folder)


def start_worker(url: str, root: Path) -> subprocess.Popen:
    command = [sys.executable, "-m", "dec_core", "sweep-worker", "--storage", url, "--study", "shared"]
    command += ["--out", str(root), "--grace", "8"]
    return subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE, text=True)


def test_a_killed_worker_loses_no_trial_and_none_counts_twice(database, tmp_path, small):
    from dec_core.sweeps import studies
    from dec_core.sweeps.plan import SweepPlan

    base = small.changed(hidden_units=(16, 8), pretrain_epochs=2, max_iterations=200, update_interval=10)
    space = {"latent_dim": {"low": 2, "high": 8}, "cluster_learning_rate": {"low": 0.01, "high": 1.0, "log": True}}
    plan = SweepPlan.make(name="shared", base=base, space=space, sampler="random", pruner="none", n_trials=N_TRIALS)
    study = studies.create(plan, database)
    workers = [start_worker(database, tmp_path) for _ in range(2)]

    def in_the_middle() -> RunFolder | None:
        """A run that clusters, with a checkpoint to go on from."""
        runs = list_runs(tmp_path)
        return next(
            (run for run in runs if (run.path / "checkpoint.npz").exists() and _is_trained_by(run, workers)), None
        )

    victim = wait_for(in_the_middle)
    os.kill(victim.status.pid, signal.SIGKILL)
    killed = next(worker for worker in workers if worker.pid == victim.status.pid)
    assert killed.wait(PATIENCE) == -signal.SIGKILL
    assert victim.status.state == "interrupted"
    for worker in workers:
        worker.communicate(timeout=PATIENCE)
    assert [worker.returncode for worker in workers if worker is not killed] == [0]

    rows = studies.table(study)
    assert [row["number"] for row in rows] == list(range(N_TRIALS))
    assert {row["state"] for row in rows} == {"finished"}
    runs = [run for row in rows for run in row["runs"]]
    assert sorted(runs) == sorted(run.id for run in list_runs(tmp_path))  # each trial trained once, none beside
    assert len(runs) == N_TRIALS
    assert all(run.status.state == "finished" for run in list_runs(tmp_path))

    taken_up = next(trial for trial in studies.trials(study) if trial.user_attrs["runs"] == [victim.id])
    assert taken_up.number >= N_TRIALS > studies.planned_number(taken_up)
    resumed = [record["iteration"] for record in victim.records()[0] if record["event"] == "Resumed"]
    assert len(resumed) == 1  # from its checkpoint
    assert len(study.trials) == N_TRIALS + 1  # the one that was lost is kept, and told apart


def _is_trained_by(run: RunFolder, workers: list[subprocess.Popen]) -> bool:
    status = run.status
    return status.state == "running" and status.pid in {worker.pid for worker in workers}
