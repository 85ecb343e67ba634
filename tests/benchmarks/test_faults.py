"""Kills at random moments: that the benchmark would notice what is wrong. Real kills are in test_processes.py."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from benchmarks import kills
from benchmarks.__main__ import main
from benchmarks.faults import Tally, _labels, _whole_lines, table
from benchmarks.kills import kill_dask_worker, kill_server, kill_worker
from dec_core.runs.folder import RunFolder
from dec_core.runs.status import new_attempt
from dec_core.work.cluster_run import LOST


@pytest.fixture
def run(tmp_path, small):
    return RunFolder.create(tmp_path, small, "running")


def test_a_half_written_line_is_none_yet(run):
    assert _whole_lines(run) == b""
    (run.path / "events.jsonl").write_bytes(b'{"a": 1}\n{"b": 2}\n{"c"')
    assert _whole_lines(run) == b'{"a": 1}\n{"b": 2}\n'


def test_the_labels_are_those_of_the_newest_snapshot(finished_run):
    newest = sorted((finished_run.path / "snapshots").iterdir())[-1]
    assert np.array_equal(_labels(finished_run), np.load(newest)["labels"])


@pytest.mark.parametrize(
    ("state", "message", "is_wrong"),
    [
        ("failed", "The worker process was killed by signal 9.", False),
        ("finished", "", False),
        ("failed", "ValueError", True),
        ("stopped", "", True),
    ],
)
def test_a_status_that_is_not_true_after_a_kill_is_noticed(run, monkeypatch, state, message, is_wrong):
    def killed(pid):
        run.set_status(replace(run.status_as_written, state=state, message=message))
        return SimpleNamespace(kill=lambda: None)

    monkeypatch.setattr(kills, "psutil", SimpleNamespace(Process=killed, NoSuchProcess=KeyError))
    assert bool(kill_worker(None, run)) == is_wrong


def test_an_orphan_and_a_run_that_seems_to_train_are_noticed(run, monkeypatch):
    run.set_status(replace(run.status, **new_attempt()))  # this process, which lives
    monkeypatch.setattr(kills.psutil, "wait_procs", lambda workers, seconds: ([], workers))
    server = SimpleNamespace(children=lambda: [SimpleNamespace(pid=7)], kill=lambda: None)
    scene = SimpleNamespace(server=server, start_server=lambda: None)
    wrong = ["process 7 outlives its server", "of a killed server's run the status says running"]
    assert kill_server(scene, run) == wrong
    text = table(
        [Tally("server", 2, 1, {"clustering": 2}, wrong), Tally("worker", 3, 1, {"pretraining": 1, "centers": 2})]
    )
    assert "| server | 2 | clustering 2 | 1 | 2 |" in text and "- server: process 7 outlives its server" in text
    assert "| worker | 3 | centers 2, pretraining 1 | 1 | nothing |" in text


@pytest.mark.parametrize(
    ("state", "message", "goes_on", "wrong"),
    [
        ("running", "", True, []),
        ("failed", LOST, False, []),
        ("failed", "ValueError", False, ["of a run that lost its Dask worker the status says failed: ValueError"]),
    ],
)
def test_a_run_that_does_not_go_on_without_its_dask_worker_is_noticed(run, monkeypatch, state, message, goes_on, wrong):
    run.set_status(replace(run.status, state=state, message=message, **new_attempt()))
    training, other = object(), object()
    worker = SimpleNamespace(children=lambda recursive: [training], kill=lambda: None)
    monkeypatch.setattr(kills, "PATIENCE", 0)
    monkeypatch.setattr(kills, "psutil", SimpleNamespace(wait_procs=lambda workers, seconds: (workers, [])))
    cluster = SimpleNamespace(dask_workers=lambda: [(None, worker)], trainings=lambda: [other] * goes_on)
    assert kill_dask_worker(SimpleNamespace(cluster=cluster), run) == wrong
    if goes_on:
        cluster.trainings = lambda: [training]
        with pytest.raises(TimeoutError, match="does not go on"):
            kill_dask_worker(SimpleNamespace(cluster=cluster), run)


def test_what_is_no_target_is_refused(capsys):
    assert main(["faults", "moon"]) == 2
    assert "TARGET: received moon, expected one of worker, server, scheduler" in capsys.readouterr().err
