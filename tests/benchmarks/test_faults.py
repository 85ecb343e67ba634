"""Kills at random moments: that the benchmark would notice what is wrong. Real kills are in tests/test_processes.py."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from benchmarks import faults
from benchmarks.faults import Tally, _kill_worker, _labels, _look_at_orphans, _whole_lines, table
from dec_core.runs.folder import RunFolder
from dec_core.runs.status import new_attempt


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

    monkeypatch.setattr(faults, "psutil", SimpleNamespace(Process=killed, NoSuchProcess=KeyError))
    tally = Tally("worker")
    _kill_worker(run, tally)
    assert bool(tally.wrong) == is_wrong


def test_an_orphan_and_a_run_that_seems_to_train_are_noticed(run, monkeypatch):
    run.set_status(replace(run.status, **new_attempt()))  # this process, which lives
    monkeypatch.setattr(faults.psutil, "wait_procs", lambda workers, seconds: ([], workers))
    tally = Tally("server", 2, 1, {"clustering": 2})
    _look_at_orphans([SimpleNamespace(pid=7)], run, tally)
    assert tally.wrong == ["worker 7 outlives its server", "of a killed server's run the status says running"]
    text = table([tally, Tally("worker", 3, 1, {"pretraining": 1, "centers": 2})])
    assert "| server | 2 | clustering 2 | 1 | 2 |" in text and "- server: worker 7 outlives its server" in text
    assert "| worker | 3 | centers 2, pretraining 1 | 1 | nothing |" in text
