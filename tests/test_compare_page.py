"""The screen Compare: choosing, naming, repeating, changing one thing; what a link says."""

import shutil
from dataclasses import replace

import pytest
from streamlit.testing.v1 import AppTest

from dec_core.runs.folder import RunFolder


@pytest.fixture
def runs(tmp_path, finished_run):
    """Three finished runs: two that differ in their seed alone, one with another batch size."""
    made = []
    for number, changes in enumerate(({}, {"random_state": 1}, {"tol": 0.01})):
        folder = RunFolder(tmp_path / f"20260101-00000{number}-abcd")
        shutil.copytree(finished_run.path, folder.path)
        config = finished_run.config.changed(**changes)
        folder.write(folder.path / "config.json", lambda file, config=config: file.write(config.to_json().encode()))
        outcome = {"acc": 0.5 + number / 10, "nmi": 0.5, "ari": 0.4}
        folder.set_status(replace(folder.status, outcome=outcome))
        made.append(folder)
    return made


@pytest.fixture
def page(tmp_path, monkeypatch, runs):
    """The screen, opened by a link."""
    from pages.parts import focus

    class Idle:
        def __init__(self):
            self.started = []

        def start(self, config):
            self.started.append(config)
            return RunFolder.create(tmp_path, config, "queued")

    idle = Idle()
    monkeypatch.setattr(focus, "RUNS", tmp_path)
    monkeypatch.setattr(focus, "supervisor", lambda: idle)
    focus.index.clear()
    focus.reader.clear()

    def open_(**query):
        at = AppTest.from_file("pages/compare.py", default_timeout=30)
        at.session_state["page"] = "compare"
        for name, value in query.items():
            at.query_params[name] = value
        at.run()
        assert not at.exception
        return at

    open_.idle = idle
    return open_


def html(at):
    return " ".join(element.proto.body for element in at.get("html"))


def ids(*runs):
    return ",".join(run.id for run in runs)
