"""One browser and one server for all journeys, over runs that were recorded for them; each has a page of its own."""

from __future__ import annotations

import contextlib
import os
import signal
from pathlib import Path
from types import SimpleNamespace

import pytest
from driving import DIGITS, MNIST, opened, served_plainly
from playwright.sync_api import Browser, Page

from dec_core.config import RunConfig
from dec_core.data import Dataset, load, own
from dec_core.reading.run import Run
from dec_core.runs.folder import RunFolder, list_runs


def pytest_collection_modifyitems(items) -> None:
    """Everything below this folder needs a browser."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.browser)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    """What fails once in a hundred times is to say what there was: all open pages, its runs, and the server's log."""
    report = yield
    if report.when == "call" and report.failed:
        with contextlib.suppress(Exception):
            for page in (page for context in item.funcargs["browser"].contexts for page in context.pages):
                report.sections.append((f"page at {page.url}", page.locator("body").aria_snapshot(timeout=5000)[:4000]))
        for status in sorted(item.funcargs.get("tmp_path", Path("/nowhere")).rglob("status.json")):
            if not status.parent.name.startswith("gallery-"):
                report.sections.append((f"status of {status.parent.name}", status.read_text(encoding="utf-8")))
        for log in item.funcargs.get("tmp_path", Path("/nowhere")).rglob("server.log"):
            report.sections.append(("the server's log", log.read_text(encoding="utf-8", errors="replace")[-4000:]))
    return report


def recorded(root, config: RunConfig) -> Run:
    """A finished run."""
    from dec_core.work.recorder import record

    folder = RunFolder.create(root, config, "running")
    for _ in record(folder):
        pass
    return Run.open(folder)


def completed(root, config: RunConfig) -> Run:
    """A finished run, with what a worker adds to it for Inspect."""
    from dec_core.work import moving_umap
    from dec_core.work.postprocess import add_inspection, add_umap

    folder = recorded(root, config).folder
    add_umap(folder)
    add_inspection(folder)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(moving_umap, "EPOCHS", 6)  # enough to move
        moving_umap.add_moving_umap(folder)
    return Run.open(folder)


@pytest.fixture(scope="session")
def runs(tmp_path_factory) -> SimpleNamespace:
    """Finished runs to look at: `run` on MNIST, `unlabelled`, and a `pair` that differ in one thing; below `root`."""
    root = tmp_path_factory.mktemp("journeys") / "runs"
    root.mkdir()
    labelled = RunConfig.make(**MNIST)
    name = own.keep(Dataset("mine", load("digits").images[:600], None), root)
    unlabelled = labelled.changed(dataset=name, n_samples=None, pretrain_epochs=4, max_iterations=60)
    digits = RunConfig.make(**DIGITS)
    pair = [recorded(root, digits.changed(**change)) for change in ({}, {"n_samples": 1500})]
    return SimpleNamespace(root=root, run=completed(root, labelled), unlabelled=completed(root, unlabelled), pair=pair)


@pytest.fixture(scope="session")
def server(runs):
    """The app over `runs`: its `address` and `root`."""
    with served_plainly(runs.root) as (address, _):
        yield SimpleNamespace(address=address, root=runs.root)
    assert "Traceback" not in (runs.root / "server.log").read_text()


class Tab:
    """A page of 1440 x 900 that one journey after the other has for itself, and its complaints.

    A new one would have all scripts of the app compiled again, which takes longer than what most journeys look at.
    """

    def __init__(self, browser: Browser):
        self._browser = browser
        self._page: Page | None = None
        self.complaints: list[str] = []

    def lent(self) -> Page:
        """The page, empty; with neither cookies nor anything else that a journey has left."""
        if self._page is None:
            self._page = opened(self._browser, self.complaints)
        self.complaints.clear()
        return self._page

    def given_back(self) -> None:
        self._page.evaluate("() => { localStorage.clear(); sessionStorage.clear(); }")
        self._page.unroute_all()
        self._page.mouse.move(0, 0)
        self._page.set_viewport_size({"width": 1440, "height": 900})
        self._page.goto("about:blank")
        self._page.context.clear_cookies()

    def thrown_away(self) -> None:
        """After a journey that has failed: nobody knows where."""
        self._page.context.close()
        self._page = None


@pytest.fixture(scope="session")
def tab(browser) -> Tab:
    return Tab(browser)


@pytest.fixture
def page(request, server, tab):
    """A page that must not complain, and after which nothing trains on."""
    page, n_failed = tab.lent(), request.session.testsfailed
    yield page
    complaints = [*tab.complaints]
    if request.session.testsfailed == n_failed:
        tab.given_back()
    else:
        tab.thrown_away()
    for run in list_runs(server.root):
        status = run.status
        if status.state in ("running", "paused") and not status.is_set_aside:
            os.kill(status.pid, signal.SIGTERM)
    assert complaints == []
