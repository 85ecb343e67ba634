"""Workers and their supervisor as real processes: queue, pause, step, stop, kill, resume."""

import errno
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import psutil
import pytest
from plain_worker import ENDS_WITH_TRAINING, PLAIN_WORKER
from timing import PATIENCE, wait_for

from dec_core.runs.folder import RunFolder, list_runs
from dec_core.runs.history import RunReader
from dec_core.runs.lock import RunIsTaken, training_lock
from dec_core.runs.marks import KEPT_FOR, REMOVED, remove
from dec_core.sweeps import studies
from dec_core.sweeps.plan import SweepPlan
from dec_core.work.dispatcher import Dispatcher
from dec_core.work.supervisor import Supervisor

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[1]


@pytest.fixture
def supervisor(tmp_path, monkeypatch):
    monkeypatch.setattr("dec_core.work.worker_process.WORKER", ENDS_WITH_TRAINING)
    supervisor = Supervisor(tmp_path / "runs")
    yield supervisor
    supervisor.close()


@pytest.fixture
def long(small):
    """A run that would take minutes."""
    return small.changed(pretrain_epochs=2000, batch_size=8)


def n_points(folder: RunFolder) -> int:
    return len(RunReader(folder).refresh().pretrain)


def test_pause_step_resume_and_stop(supervisor, long):
    run, queued = supervisor.start(long), supervisor.start(long)
    supervisor.command(queued, "stop")
    assert queued.status.state == "stopped" and supervisor.ahead_of(queued) == 1
    assert not supervisor.command(RunFolder(supervisor.root / "other"), "stop")
    assert wait_for(lambda: n_points(run) > 2)
    assert supervisor.command(run, "pause") and wait_for(lambda: run.status.state == "paused")
    paused_at, touched = run.status.progress, set()
    assert wait_for(lambda: touched.add(run.status.updated) or len(touched) > 3)  # it lives, and waits
    assert run.status.progress == paused_at and run.status.state == "paused"

    for _ in range(3):
        before = run.status.progress
        supervisor.command(run, "step")
        assert wait_for(lambda: run.status.state == "paused" and run.status.progress != before)  # noqa: B023
        stepped = run.status.progress
        assert stepped["batch"] == stepped["n_batches"] and stepped["epoch"] - before["epoch"] in (0, 1)

    supervisor.command(run, "resume")
    assert wait_for(lambda: run.status.progress["epoch"] > stepped["epoch"] + 2)
    supervisor.command(run, "stop")
    assert wait_for(lambda: run.status.state == "stopped")
    assert (run.path / "checkpoint.npz").exists()


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGKILL")
def test_a_killed_worker_is_told_and_its_run_goes_on_after_those_that_waited(supervisor, small, long):
    run, waiting = supervisor.start(long), supervisor.start(small)
    assert supervisor.ahead_of(run) == 0 and supervisor.ahead_of(waiting) == 1
    assert wait_for(lambda: (run.path / "checkpoint.npz").exists())
    before = n_points(run)
    assert waiting.status.state == "queued"
    os.kill(run.status.pid, signal.SIGKILL)
    assert wait_for(lambda: run.status.state == "failed")
    assert "signal 9" in run.status.message and n_points(run) >= before

    supervisor.resume(run)
    together = []

    def trains() -> bool:
        together.append((waiting.status.state in ("running", "queued"), run.status.state == "running"))
        return together[-1][1]

    assert wait_for(trains) and (True, True) not in together
    assert waiting.status.state == "finished" and waiting.status.outcome["acc"] > 0.5
    assert wait_for(lambda: n_points(run) > before + 5)
    epochs = [record["epoch"] for record in RunReader(run).refresh().pretrain]
    assert epochs == list(range(1, len(epochs) + 1))
    supervisor.command(run, "stop")


class StandIn:
    """For a worker process: it takes a run up and then does nothing, until a test says that it is dead."""

    def __init__(self, log, *, gives_way=False):
        self.log, self.alive, self.attempt, self.taken = log, True, "", []
        self.code = 1

    def take_up(self, task, folder):
        self.attempt = folder.status.attempt
        self.taken.append(folder.id)

    def close(self):
        pass


@pytest.fixture
def idle(tmp_path, monkeypatch):
    """Makes supervisors over `tmp_path` that start no process."""
    monkeypatch.setattr("dec_core.work.dispatcher.Worker", StandIn)
    monkeypatch.setattr("dec_core.work.dispatcher.RELEASE_WAIT", 0.0)
    made = []

    def make():
        made.append(Supervisor(tmp_path))
        return made[-1]

    yield make
    for supervisor in made:
        supervisor.close()


def test_the_queue_outlives_a_folder_that_is_gone(idle, small):
    supervisor = idle()
    first, second = supervisor.start(small), supervisor.start(small)
    assert supervisor.ahead_of(second) == 1
    shutil.rmtree(first.path)
    supervisor._dispatcher.places[0].worker.alive = False
    assert wait_for(lambda: supervisor.ahead_of(second) == 0 and supervisor._dispatcher.places)


def test_what_waits_keeps_its_place_while_no_worker_can_be_started(idle, small, monkeypatch):
    supervisor, started = idle(), []
    supervisor._dispatcher.spare.alive = False

    def full(self):
        started.append(self)
        raise OSError(errno.EMFILE, "Too many open files")

    with monkeypatch.context() as patched:
        patched.setattr(Dispatcher, "new_worker", full)
        with supervisor._lock:
            supervisor.sweep("sqlite://", "waits")
            run = supervisor.start(small)
        tries = len(started)
        assert wait_for(lambda: len(started) > tries), "the queue gave up"
        with supervisor._lock:
            assert list(supervisor._dispatcher.queue) == [run] and supervisor.is_sweeping("waits")
    assert wait_for(lambda: supervisor._dispatcher.places) and supervisor._dispatcher.places[0].folder.id == run.id


def test_a_run_that_is_resumed_while_its_worker_dies_waits_for_the_next_one(idle, small):
    supervisor = idle()
    run = supervisor.start(small)
    dying = supervisor._dispatcher.places[0].worker
    with supervisor._lock:
        run.set_status(replace(run.status, state="failed", message="It broke."))
        supervisor.resume(run)
        dying.alive = False
    assert wait_for(lambda: supervisor._dispatcher.places and supervisor._dispatcher.places[0].worker is not dying)
    with supervisor._lock:
        supervisor._advance()
    assert run.status.state == "queued" and run.status.message == ""
    supervisor._dispatcher.places[0].worker.alive = False  # the one that has taken it up now
    assert wait_for(lambda: run.status.state == "failed") and "exit code 1" in run.status.message


def test_a_server_that_stays_up_deletes_what_is_a_week_old(idle, small, tmp_path, monkeypatch):
    monkeypatch.setattr("dec_core.work.housekeeping.TIDY_EVERY", 0.0)
    supervisor = idle()
    removed = RunFolder.create(tmp_path, small, "finished")
    remove(removed)
    logs = [tmp_path / ".workers" / name for name in ("old.log", "new.log")]
    for log in logs:
        log.write_text("printed")
    long_ago = time.time() - KEPT_FOR - 60
    for path in (logs[0], tmp_path / REMOVED / removed.id):
        os.utime(path, (long_ago, long_ago))
    assert wait_for(lambda: not logs[0].exists() and not (tmp_path / REMOVED / removed.id).exists())
    assert logs[1].exists() and supervisor._thread.is_alive()


def test_a_run_that_another_process_trains_is_not_resumed(idle, small, tmp_path):
    supervisor = idle()
    run = RunFolder.create(tmp_path, small, "stopped")
    with training_lock(run), pytest.raises(RunIsTaken, match="is being trained by process"):
        supervisor.resume(run)
    assert run.status.state == "stopped"
    supervisor.resume(run)
    assert run.status.state == "queued" and supervisor._dispatcher.places[0].worker.taken == [run.id]


@pytest.mark.parametrize("state", ["finished", "diverged"])
def test_a_run_that_would_only_end_again_is_not_resumed(idle, small, tmp_path, state):
    supervisor = idle()
    run = RunFolder.create(tmp_path, small, "finished")
    if state == "diverged":
        run.set_status(replace(run.status, state="failed", progress={"event": "Diverged", "phase": "clustering"}))
    before = run.status
    supervisor.resume(run)
    assert run.status == before and not supervisor._dispatcher.places


def test_what_waited_when_a_server_ended_is_taken_up_in_its_order(idle, small, tmp_path):
    runs = [RunFolder.create(tmp_path, small) for _ in range(3)]
    for run, queued in zip(runs, (30.0, 10.0, 20.0), strict=True):
        run.set_status(replace(run.status, queued=queued, pid=1, pid_started=1e9))
    mine = RunFolder.create(tmp_path, small)  # of a server that lives: this process
    supervisor = idle()
    assert wait_for(lambda: supervisor._dispatcher.places) and supervisor._dispatcher.places[0].folder.id == runs[1].id
    assert [supervisor.ahead_of(run) for run in (runs[1], runs[2], runs[0])] == [0, 1, 2]
    assert all(run.status.state == "queued" for run in runs)
    assert mine.id not in [run.id for run in supervisor._dispatcher.queue]


def test_of_two_commands_that_resume_a_run_one_trains_it(tmp_path, small):
    run = RunFolder.create(tmp_path, small, "stopped")
    command = [sys.executable, "-m", "dec_core", "resume", str(run.path), "--json"]
    both = [
        subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT) for _ in range(2)
    ]
    said = [process.communicate(timeout=300) for process in both]
    assert sorted(process.returncode for process in both) == [0, 2]
    (finished,) = [json.loads(out) for process, (out, _) in zip(both, said, strict=True) if process.returncode == 0]
    assert finished["state"] == "finished"  # and nothing else is printed by TensorFlow or by us
    (told,) = [error for process, (_, error) in zip(both, said, strict=True) if process.returncode == 2]
    assert told.count("\n") == 1 and "is being trained by process" in told
    assert [record["event"] for record in run.records()[0]].count("Started") == 1 and run.status.state == "finished"


def test_a_run_that_has_ended_is_completed_by_one_worker_at_a_time(tmp_path, finished_run, monkeypatch):
    monkeypatch.setattr("dec_core.work.worker_process.WORKER", PLAIN_WORKER)
    folder = RunFolder(shutil.copytree(finished_run.path, tmp_path / finished_run.id))
    supervisor = Supervisor(tmp_path)
    try:
        assert not supervisor.is_completing(folder) and supervisor.complete(folder)
        assert supervisor.is_completing(folder) and not supervisor.complete(folder)
        assert wait_for(lambda: RunReader(folder).refresh().inspection is not None)
        assert wait_for(lambda: not supervisor.is_completing(folder))
        assert folder.status.state == "finished"
        assert folder.load_arrays("inspection.npz")["neighbours"].shape == (1797, 15)
    finally:
        supervisor.close()


SERVER = """
import sys, time
from pathlib import Path
from dec_core.config import RunConfig
from dec_core.work import worker_process
from dec_core.work.supervisor import Supervisor
worker_process.WORKER = sys.argv[3:]
supervisor, config = Supervisor(Path(sys.argv[1])), RunConfig.from_json(sys.argv[2])
print(supervisor.start(config).path, supervisor.start(config).path, flush=True)
time.sleep(600)
"""


def test_a_sweep_that_is_left_and_at_once_taken_up_again_holds_while_somebodys_run_trains(supervisor, small, long):
    url = f"sqlite:///{(supervisor.root / 'sweeps.db').resolve()}"
    space = {"cluster_learning_rate": {"low": 0.001, "high": 0.01}}
    study = studies.create(SweepPlan.make(name="two", base=small, space=space, n_trials=2), url)
    supervisor.sweep(url, "two")
    assert supervisor.is_sweeping("two")
    assert wait_for(lambda: any(run.sweep for run in list_runs(supervisor.root)))
    (trial,) = [run for run in list_runs(supervisor.root) if run.sweep]
    first = trial.status.pid
    supervisor.leave_sweep("two")
    assert not supervisor.is_sweeping("two")
    supervisor.sweep(url, "two")  # while its worker is still ending
    assert supervisor.is_sweeping("two") and supervisor.sweep_before("two") == ""
    assert wait_for(lambda: trial.status.pid != first and trial.status.state == "running")

    mine = supervisor.start(long)
    assert wait_for(lambda: supervisor.sweep_waits() and n_points(mine) > 2)
    assert wait_for(lambda: trial.status.state in ("paused", "finished"))
    assert sum(run.sweep != {} for run in list_runs(supervisor.root)) == 1  # no other trial has begun
    supervisor.command(mine, "stop")
    assert wait_for(lambda: not supervisor.is_sweeping("two"))
    assert [row["state"] for row in studies.table(study)] == ["finished", "finished"]


def test_workers_end_when_their_server_is_killed(tmp_path, long):
    server = subprocess.Popen(
        [sys.executable, "-c", SERVER, str(tmp_path), long.to_json(), *PLAIN_WORKER],
        stdout=subprocess.PIPE, text=True, cwd=ROOT,
    )  # fmt: skip
    run, waiting = (RunFolder(Path(path)) for path in server.stdout.readline().split())
    assert wait_for(lambda: n_points(run) > 2) and waiting.status.state == "queued"
    worker = psutil.Process(run.status.pid)
    server.kill()
    server.wait()
    assert wait_for(lambda: not worker.is_running() or worker.status() == psutil.STATUS_ZOMBIE)
    assert run.status.state == "interrupted" and "server" in run.status.message
    assert (run.path / "checkpoint.npz").exists() and n_points(run) > 2
    assert waiting.status_as_written.state == "queued" and "Resume queues it again" in waiting.status.message


STUCK = """
import threading, time
from dec_core.work import control
control.GRACE = .1
threading.Thread(target=control.Control().listen, daemon=True).start()
time.sleep(600)
"""


def test_a_worker_that_is_stuck_ends_too_when_its_server_has():
    worker = subprocess.Popen([sys.executable, "-c", STUCK], stdin=subprocess.PIPE, cwd=ROOT)
    try:
        worker.stdin.close()
        assert worker.wait(PATIENCE) == 1
    finally:
        worker.kill()
