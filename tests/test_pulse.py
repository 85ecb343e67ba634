"""Whether a run has something new to show, as the browser asks it without a redraw."""

import os
from dataclasses import replace
from urllib.parse import urlencode

import pytest
from starlette.requests import Request

from dec_core.runs.folder import RunFolder
from dec_core.runs.snapshots import LIVE_UMAP_FILE
from pages.shared import focus, pulse


@pytest.fixture
def run(tmp_path, small, monkeypatch):
    """A run of this process, of which nobody else knows."""

    class NoQueue:
        ahead = 2
        completes = False

        def ahead_of(self, run):
            return self.ahead

        def is_completing(self, run):
            return self.completes

    monkeypatch.setenv("DEC_RUNS", str(tmp_path))
    monkeypatch.setattr(focus, "supervisor", NoQueue)
    return RunFolder.create(tmp_path, small, "running")


def asked(*names):
    query = urlencode([("run", name) for name in names])
    return pulse.answer(Request({"type": "http", "query_string": query.encode()}))


def test_it_is_the_same_until_there_is_something_new(run):
    assert asked(run.id).body == asked(run.id).body == pulse.pulse_of(run).encode()


@pytest.mark.parametrize("what", ["record", "state", "process", "queue", "worker", "map"])
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
    elif what == "map":
        (run.path / LIVE_UMAP_FILE).write_bytes(b"")
    elif what == "worker":
        monkeypatch.setattr(focus.supervisor, "completes", True)
    else:
        monkeypatch.setattr(focus.supervisor, "ahead", 1)
    assert asked(run.id).body != before


def test_of_several_runs_it_is_another_one_after_news_of_any(run, tmp_path, small):
    other = RunFolder.create(tmp_path, small, "running")
    before = asked(run.id, other.id).body
    assert before == pulse.pulse_of(run, other).encode() == asked(run.id, other.id).body
    other.append({"event": "PretrainProgress", "epoch": 1, "loss": 0.1})
    assert asked(run.id, other.id).body != before


@pytest.mark.parametrize("name", ["nothing", "..", "../etc", "", ".", "x/../{run}", "a\0b", "x" * 5000, "ä" * 100])
def test_there_is_none_of_a_run_that_is_not_there(run, name):
    (run.path.parents[1] / "config.json").write_text("{}")  # which is of no run
    assert asked(run.id, name.replace("{run}", run.id)).status_code == 404


def test_there_is_none_of_no_run(run):
    assert asked().status_code == 404


def test_a_run_of_any_name_is_asked_for_by_that_name(run, monkeypatch):
    named = RunFolder(run.path.rename(run.path.with_name("50 % of a&b=c, or #1?")))
    drawn = []
    monkeypatch.setattr(pulse, "_pulse", lambda **told: drawn.append(told["data"]))
    pulse.redraw_on_news([named], pulse.pulse_of(named), 1.0)
    query = drawn[0]["url"].partition("?")[2]
    answer = pulse.answer(Request({"type": "http", "query_string": query.encode()}))
    assert answer.body.decode() == drawn[0]["seen"]
