"""What the journeys share: waiting, what a page must not do, and names for what is on it."""

from __future__ import annotations

import re
import subprocess
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from urllib.parse import urlsplit

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Locator, Page, expect

from benchmarks.serving import served

PATIENCE = 240_000  # milliseconds; a busy machine is slow, and speed is not what is tested here
MNIST = {
    "n_samples": 2000,
    "hidden_units": (128, 64),
    "batch_size": 64,
    "pretrain_epochs": 8,
    "pretrain_optimizer": "adam",
    "pretrain_learning_rate": 0.002,
    "kmeans_n_init": 2,
    "update_interval": 20,
    "cluster_optimizer": "adam",
    "cluster_learning_rate": 0.001,
    "max_iterations": 200,
    "tol": 0.0,
}
"""A run on real digits that takes some seconds and has more than ten moments."""
DIGITS = {
    "dataset": "digits", "hidden_units": (64, 32), "pretrain_epochs": 3, "pretrain_optimizer": "adam",
    "pretrain_learning_rate": 0.002, "cluster_optimizer": "adam", "cluster_learning_rate": 0.001,
    "max_iterations": 80, "update_interval": 20, "batch_size": 64, "tol": 0.0, "kmeans_n_init": 2,
}  # fmt: skip
"""A run on small digits that takes a second."""
RESULT = re.compile("digits are clustered correctly")
# Streamlit's page looks for its server below the address it was opened at first, and then above it.
PROBED = re.compile(r"^http://localhost:\d+/\w+/_stcore/(health|host-config)$")
expect.set_options(timeout=PATIENCE)


def served_plainly(runs: Path, **settings: str) -> AbstractContextManager[tuple[str, subprocess.Popen]]:
    """As `benchmarks.serving.served`, over the workers of `plain_server`: what trains does not take a core."""
    return served(runs, "plain_server", PYTHONPATH=str(Path(__file__).parents[1]), **settings)


def opened(
    browser: Browser, complaints: list[str], width: int = 1440, height: int = 900, has_touch: bool = False, **options
) -> Page:
    """A page in a context of its own that writes down what should not happen: errors, and requests to elsewhere."""
    context = browser.new_context(viewport={"width": width, "height": height}, has_touch=has_touch, **options)
    page = context.new_page()
    page.set_default_timeout(PATIENCE)

    def console(message) -> None:
        if message.type == "error" and not PROBED.match(message.location["url"]):
            complaints.append(f"{message.text} {message.location['url']}")

    def request(asked) -> None:
        address = urlsplit(asked.url)
        if address.scheme not in ("data", "blob", "file") and address.hostname != "localhost":
            complaints.append(f"asked for {asked.url}")

    page.on("console", console)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("request", request)
    return page


def wait_until(page: Page, condition: Callable[[], bool], milliseconds: float = PATIENCE) -> None:
    """Ask again and again until it holds, less and less often: to ask costs what the page would need."""
    until, pause = time.monotonic() + milliseconds / 1000, 100.0
    while time.monotonic() < until:
        if condition():
            return
        page.wait_for_timeout(pause)
        pause = min(1.1 * pause, 500)
    headlines = page.locator(".st-key-selection, .st-key-controls").all_inner_texts()
    raise AssertionError(f"not within {milliseconds} ms: {condition}; at {page.url}, where it says {headlines}")


def button(page: Page, name: str) -> Locator:
    """The button of that name; while a page is drawn anew, that of the drawing before may stand beside it."""
    return page.get_by_role("button", name=name, exact=True).first


def start(page: Page) -> None:
    """Press Start, by keyboard: while a page arrives, it may move away between the press of a mouse and its release."""
    expect(button(page, "Start")).to_be_enabled()
    button(page, "Start").press("Enter")


def figure(page: Page, name: str) -> Locator:
    return page.get_by_role("img", name=name, exact=True)


def run_in_link(page: Page) -> str:
    """The id of the run that the link names."""
    return re.search(r"run=([^&]+)", page.url)[1]


def link_of(config: dict, **fields) -> str:
    """Path and query of Train over no run, the form filled with a config of the tutorial's system."""
    query = {"run": "new", "preset": "tutorial-dec", **config, **fields}
    query |= {"hidden_units": ",".join(map(str, config["hidden_units"]))}
    return f"/?{'&'.join(f'{name}={value}' for name, value in query.items())}"


CONTRAST = "color-contrast"  # of axe's rules the one that takes longer than all others together


def barriers(page: Page, **options) -> list[str]:
    """What axe finds of impact serious or critical, where, and why; of a context that was made with bypass_csp.

    `options` are axe's, as which rules to look at. It looks again and again: a page that is still being drawn may lack
    a name for a moment.
    """
    for _ in range(20):
        found = _looked(page, options)
        if not found:
            break
        page.wait_for_timeout(500)
    return found


def _looked(page: Page, options: dict) -> list[str]:
    found = Axe().run(page, options={"resultTypes": ["violations"], **options}).response["violations"]
    return [
        f"{page.url} at {page.viewport_size['width']}: {each['id']}: {node['html'][:200]}: {node['failureSummary']}"
        for each in found
        if each["impact"] in ("serious", "critical")
        for node in each["nodes"]
    ]
