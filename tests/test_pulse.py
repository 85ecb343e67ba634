"""Whether a run has something new to show, as the browser asks it without a redraw."""

import os
from dataclasses import replace

import pytest
from starlette.requests import Request

from dec_core.runs.folder import RunFolder
from pages.shared import pulse


@pytest.fixture
def run(tmp_path, small, monkeypatch):
    """A run of this process, of which nobody else knows."""

    class NoQueue:
        ahead = 2

        def ahead_of(self, run):
            return self.ahead

    monkeypatch.setenv("DEC_RUNS", str(tmp_path))
    monkeypatch.setattr(pulse, "supervisor", NoQueue)
    return RunFolder.create(tmp_path, small, "running")


def asked(name):
    return pulse.answer(Request({"type": "http", "path_params": {"run": name}}))


def test_it_is_the_same_until_there_is_something_new(run):
    assert asked(run.id).body == asked(run.id).body == pulse.pulse_of(run).encode()


@pytest.mark.parametrize("what", ["record", "state", "process", "queue"])
def test_it_is_another_one_after_whatever_the_page_shows_otherwise(run, what, monkeypatch):
    if what == "queue":
        run.set_status(replace(run.status, state="queued"))
    before = asked(run.id).body
    if what == "record":
        run.append({"event": "PretrainProgress", "epoch": 1, "loss": 0.1})
    elif what == "state":
        run.set_status(replace(run.status, state="paused"))
    elif what == "process":
        status = (run.path / "status.json").read_text()
        (run.path / "status.json").write_text(status.replace(f'"pid": {os.getpid()}', '"pid": 0'))
    else:
        monkeypatch.setattr(pulse.supervisor, "ahead", 1)
    assert asked(run.id).body != before


@pytest.mark.parametrize("name", ["nothing", "..", "../etc", ""])
def test_there_is_none_of_a_run_that_is_not_there(run, name):
    assert asked(name).status_code == 404
