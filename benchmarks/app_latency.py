"""How fast the app answers.

Serves the app over an empty folder of runs, presses its buttons in a real browser and prints how long they
took, with the memory of the web process. With --runs instead over a folder of 500 runs: how soon the list of runs is
open, and the screen Compare. Times are of this machine at this moment.
"""

from __future__ import annotations

import argparse
import json
import re
import statistics
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psutil

from benchmarks.serving import RESULT, browser, served
from dec_core.cli.options import add_command, add_json_option
from dec_core.presets import PRESETS
from dec_core.runs.folder import RunFolder
from dec_core.runs.index import RunIndex

if TYPE_CHECKING:
    from playwright.sync_api import Page

WARM = 45.0  # seconds after which the spare worker is ready, its UMAP compiled


def add_parser(commands: Any) -> None:
    parser = add_command(commands, "app", "measure how fast the app answers, in a browser")
    parser.add_argument("--runs", action="store_true", help="instead: the list of runs and Compare, with 500 runs")
    add_json_option(parser)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    figures = measure_many() if options.runs else measure()
    if options.json:
        print(json.dumps(figures))
    else:
        for name, value in figures.items():
            print(f"{name:42} {value:8.3f}")
    return 0


def press(page: Page, name: str) -> None:
    page.get_by_role("button", name=name, exact=True).click()


def seconds_until(page: Page, expression: str, since: float, limit: float = 120.0) -> float:
    """Seconds from `since` until a JavaScript expression is true in the page."""
    page.wait_for_function(expression, timeout=limit * 1000, polling=20)
    return time.perf_counter() - since


FIRST_POINT = "document.querySelector('.plot')?.data?.find(trace => trace.name === 'error')?.y?.length > 0"


def first_point(page: Page, address: str) -> float:
    """Seconds from pressing Start to the first point of the loss curve."""
    page.goto(f"{address}/?run=new")
    page.get_by_role("button", name="Start", exact=True).wait_for()
    since = time.perf_counter()
    press(page, "Start")
    return seconds_until(page, FIRST_POINT, since)


def answer(page: Page, name: str, then: str) -> float:
    """Seconds from a click until the page says what it leads to; `then` is a regular expression."""
    since = time.perf_counter()
    press(page, name)
    return seconds_until(page, f"/{then}/.test(document.body.innerText)", since)


def _pause_and_resume(page: Page) -> tuple[float, float]:
    paused = answer(page, "Pause", r"Paused\.|Pausing after this batch")
    page.get_by_text("Paused.").wait_for()
    resumed = answer(page, "Resume", r"Resuming|Autoencoder: epoch|Clustering: update")
    page.wait_for_timeout(1500)
    return paused, resumed


def measure() -> dict[str, float]:
    """All figures, in seconds and MB."""
    figures: dict[str, float] = {}
    with tempfile.TemporaryDirectory() as folder, browser() as launched:
        runs = Path(folder)
        page = launched.new_page(
            viewport={"width": 1440, "height": 900}, bypass_csp=True
        )  # what is waited for is JavaScript
        with served(runs) as (address, server):
            process = psutil.Process(server.pid)
            figures["first point, cold"] = first_point(page, address)
            press(page, "Stop")
            page.get_by_text(re.compile(r"^Stopped")).wait_for()
            time.sleep(WARM)
            figures["first point, warm"] = first_point(page, address)
            page.wait_for_timeout(3000)
            pauses, resumes = zip(*[_pause_and_resume(page) for _ in range(3)], strict=True)
            figures["Pause is answered, median"] = statistics.median(pauses)
            figures["Resume is answered, median"] = statistics.median(resumes)
            clicks = [_click_colour(page, name) for name in ("cluster", "digit") * 3]
            figures["a click on a view while training, median"] = statistics.median(clicks)
            page.get_by_text(RESULT).wait_for(timeout=180_000)
            figures["web process, MB"] = process.memory_info().rss / 2**20
            figures["web process has TensorFlow"] = any("tensorflow" in m.path for m in process.memory_maps())
    return figures


def measure_many(n: int = 500) -> dict[str, float]:
    """Seconds to read and to show a folder of `n` runs."""
    figures: dict[str, float] = {}
    with tempfile.TemporaryDirectory() as folder, browser() as launched:
        _fill(Path(folder), n)
        since = time.perf_counter()
        index = RunIndex(Path(folder))
        index.entries()
        figures["index, from nothing"] = time.perf_counter() - since
        since = time.perf_counter()
        index.entries()
        figures["index, nothing new"] = time.perf_counter() - since
        page = launched.new_page(viewport={"width": 1440, "height": 900}, bypass_csp=True)
        with served(Path(folder)) as (address, _):
            page.goto(f"{address}/?run=new")
            page.get_by_role("button", name="Start", exact=True).wait_for()
            time.sleep(WARM)
            opened = [_open_picker(page) for _ in range(5)]
            figures["picker opens, median"], figures["picker opens, slowest"] = statistics.median(opened), max(opened)
            since = time.perf_counter()
            page.get_by_role("link", name="Compare", exact=True).click()
            page.get_by_text("What differs, and what effect did it have?").wait_for()
            figures["Compare is shown"] = time.perf_counter() - since
    return figures


def _fill(root: Path, n: int) -> None:
    """Runs that have ended, without snapshots: what a list of runs reads of them."""
    presets = list(PRESETS.values())
    for number in range(n):
        config = presets[number % len(presets)].changed(random_state=number)
        folder = RunFolder.create(root, config, "finished")
        folder.set_status(replace(folder.status, outcome={"acc": number / n, "nmi": 0.5, "ari": 0.5}))


def _open_picker(page: Page) -> float:
    """Seconds from a click on the list of runs until its runs are seen; it is closed again."""
    page.wait_for_timeout(500)
    since = time.perf_counter()
    page.get_by_role("combobox", name="Run in focus").click()
    taken = seconds_until(page, "document.querySelectorAll('[role=option]').length > 3", since)
    page.keyboard.press("Escape")
    return taken


def _click_colour(page: Page, name: str) -> float:
    since = time.perf_counter()
    page.get_by_role("radio", name=name, exact=True).click()
    radios = "[...document.querySelectorAll('[role=radio]')]"
    checked = f"{radios}.some(e => e.innerText === '{name}' && e.ariaChecked === 'true')"
    return seconds_until(page, checked, since)
