"""From the pen's lifting to what a run makes of the drawing, in a real browser; and what the server computes for it.

Needs what the tests need (requirements-test.txt and a Chromium). Times are of this machine at this moment, with a
browser that draws by software on the same cores.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from base64 import b64encode
from pathlib import Path
from typing import Any

import numpy as np
import psutil
from PIL import Image

from dec_core.cli.options import add_command
from dec_core.data import load
from dec_core.gallery import RUNS
from dec_core.machine import hardware
from dec_core.reading.run import Run
from dec_core.runs.folder import RunFolder

RECORDING = "gallery-first-look"
TIMES = 30


# In the page: the milliseconds from the next lifting of the pen until the pad shows another answer.
LIFTED = """([canvas, told]) => {
  window.answered = new Promise((tell) => canvas.addEventListener("pointerup", () => {
    const started = performance.now();
    const shown = () => requestAnimationFrame(() => { watched.disconnect(); tell(performance.now() - started); });
    const watched = new MutationObserver(shown);
    watched.observe(told, { childList: true, characterData: true, subtree: true });
  }, { once: true }));
}"""


def add_parser(commands: Any) -> None:
    parser = add_command(commands, "draw", "measure how fast a drawn digit is answered, in a browser")
    parser.add_argument("--times", type=int, default=TIMES, metavar="N", help=f"drawings (default: {TIMES})")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    print(markdown(drawn(options.times) | {"what the run makes of it, alone": answered(options.times)}))
    return 0


def markdown(milliseconds: dict[str, list[float]]) -> str:
    """The table, as docs/responsiveness.md has it."""
    rows = [f"| {name} | {np.median(times):.0f} ms | {_high(times)} |" for name, times in milliseconds.items()]
    return "\n".join([f"{hardware()['processor']}.", "", "| what | median | 95th percentile |", "|---|---|---|", *rows])


def _high(times: list[float]) -> str:
    return "" if len(times) == 1 else f"{np.percentile(times, 95):.0f} ms"


def answered(times: int) -> list[float]:
    """Milliseconds in which the pad's answer is made from what the browser sends."""
    from pages.shared.drawing import SENT, answer

    now = Run.open(RunFolder(RUNS / RECORDING)).at(-1)
    milliseconds = []
    for image in load("mnist", times + 1).images:
        sent = b64encode(np.asarray(Image.fromarray(image).resize((SENT, SENT))).tobytes()).decode()
        started = time.perf_counter()
        answer(now, sent)
        milliseconds.append(1000 * (time.perf_counter() - started))
    return milliseconds[1:]  # the first reads the run


def drawn(times: int) -> dict[str, list[float]]:
    """Milliseconds from pen to answer in the pad of Inspect, and those of the server's processor, on the average."""
    from benchmarks.serving import browser, served

    with tempfile.TemporaryDirectory() as runs, served(Path(runs)) as (address, server), browser() as launched:
        page = launched.new_page(viewport={"width": 1440, "height": 900})
        page.goto(f"{address}/inspect?run={RECORDING}")
        page.get_by_role("button", name="Draw a digit").click(timeout=60_000)
        canvas = page.locator(".pad canvas")
        canvas.wait_for(timeout=60_000)
        page.wait_for_timeout(4000)  # what the screen still fetches
        told = page.locator(".draw .said")
        handles = [canvas.element_handle(), told.element_handle()]
        rng = np.random.default_rng(0)
        _one(page, handles, rng)  # the first reads the run
        web = psutil.Process(server.pid)
        before = sum(web.cpu_times()[:2])
        milliseconds = [_one(page, handles, rng) for _ in range(times)]
        busy = 1000 * (sum(web.cpu_times()[:2]) - before) / times
        return {
            "pen lifted → answer, on Inspect": milliseconds,
            "processor time of the server for it, on the average": [busy],
        }


def _one(page: Any, handles: list[Any], rng: np.random.Generator) -> float:
    """Draw a zigzag of three strokes, and wait."""
    page.locator(".draw .clear").click()
    box = handles[0].bounding_box()
    places = rng.uniform(0.2, 0.8, (4, 2)) * (box["width"], box["height"]) + (box["x"], box["y"])
    page.mouse.move(*places[0])
    page.mouse.down()
    for place in places[1:]:
        page.mouse.move(*place, steps=6)
    page.evaluate(LIFTED, handles)
    page.mouse.up()
    return page.evaluate("window.answered")
