"""How many frames a second the stepper draws while it plays, and how long the page's own code takes for one.

Needs what the tests need (requirements-test.txt and a Chromium). A browser without a graphics card paints by the same
cores: then it is painting that limits the frames, and the second figure says what is left for it of a frame's 16.7 ms.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from dec_core.cli.options import add_command
from dec_core.machine import hardware

SECONDS = 8.0
SIZES = {"1440 × 900": (1440, 900), "390 × 844": (390, 844)}
PACES = ("Play", "Slow")

# In the page: each frame's length, and how long whoever asked for it took, both in milliseconds.
WATCH = """() => {
  const ask = window.requestAnimationFrame.bind(window);
  window.scripts = []; window.frames_drawn = [];
  let before = 0, spent = 0;
  window.requestAnimationFrame = (act) => ask((time) => {
    const begun = performance.now();
    act(time);
    spent += performance.now() - begun;
  });
  const tell = (time) => {
    if (before) { window.frames_drawn.push(time - before); window.scripts.push(spent); }
    before = time; spent = 0;
    ask(tell);
  };
  ask(tell);
}"""
NONE_YET = "() => { window.scripts.length = window.frames_drawn.length = 0; }"


def add_parser(commands: Any) -> None:
    parser = add_command(commands, "stepper", "measure the frames of the stepper while it plays, in a browser")
    parser.add_argument("--seconds", type=float, default=SECONDS, metavar="N", help=f"each (default: {SECONDS:g})")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    print(table(measure(options.seconds)))
    return 0


def measure(seconds: float) -> dict[str, tuple[list[float], list[float]]]:
    """By size and pace: milliseconds between frames, and those of the page's own code in each."""
    from benchmarks.serving import browser, served

    figures = {}
    with tempfile.TemporaryDirectory() as runs, served(Path(runs)) as (address, _), browser() as launched:
        for size, (width, height) in SIZES.items():
            page = launched.new_page(viewport={"width": width, "height": height})
            page.goto(f"{address}/learn?lesson=update&step=2")
            page.locator(".stepper canvas").first.wait_for(timeout=60_000)
            page.wait_for_timeout(3000)  # what the screen still fetches
            page.evaluate(WATCH)
            for pace in PACES:
                page.get_by_role("button", name="Start over").click()
                page.get_by_role("button", name=pace, exact=True).click()
                page.evaluate(NONE_YET)
                page.wait_for_timeout(1000 * seconds)
                figures[f"{size}, {pace}"] = tuple(page.evaluate("() => [window.frames_drawn, window.scripts]"))
            page.close()
    return figures


def table(figures: dict[str, tuple[list[float], list[float]]]) -> str:
    """Markdown, for docs/responsiveness.md."""
    rows = [f"{hardware()['processor']}.", "", "| | frames a second | own code of one: median, p95 |", "|---|---|---|"]
    for name, (frames, scripts) in figures.items():
        own = " ms, ".join(f"{np.percentile(scripts, share):.1f}" for share in (50, 95))
        rows.append(f"| {name} | {1000 * len(frames) / sum(frames):.0f} | {own} ms |")
    return "\n".join(rows)
