"""Takes the README's pictures: of a run that clusters, of that run in Inspect, and of a lesson.

Or, given the folder of runs of `python -m benchmarks sweep-example`, of that sweep and of its best, middling and worst
trial beside each other.
"""

from __future__ import annotations

import argparse
import re
import tempfile
from pathlib import Path
from typing import Any

from benchmarks.serving import RESULT, browser, served
from dec_core.cli.options import add_command
from dec_core.sweeps import studies

DOCS = Path(__file__).parents[1] / "docs"


def add_parser(commands: Any) -> None:
    parser = add_command(commands, "pictures", "take the pictures of README and docs, in a browser")
    parser.add_argument("runs", nargs="?", type=Path, metavar="RUNS",
                        help="folder of the runs of sweep-example: pictures of Sweep and Compare instead")  # fmt: skip
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    if options.runs:
        tuned(options.runs)
    else:
        watched()
        taught()
    return 0


def tuned(runs: Path) -> None:
    """Sweep and Compare, of the worked example."""
    with browser() as launched, served(runs) as (address, _):
        page = launched.new_page(viewport={"width": 1440, "height": 900})
        page.goto(f"{address}/?run=new")
        page.get_by_role("link", name="Sweep", exact=True).click()
        page.get_by_text(re.compile("24 of 24 trials")).wait_for(timeout=120_000)
        page.locator(".js-plotly-plot .main-svg").nth(3).wait_for(timeout=120_000)  # its four figures
        page.locator("[data-testid=stDataFrame] canvas").first.wait_for(timeout=120_000)
        page.wait_for_timeout(5000)
        page.screenshot(path=DOCS / "sweep.png")
        url = f"sqlite:///{runs / 'sweeps.db'}"
        rows = [row for row in studies.table(studies.open_study(url, "worked-example")) if row["value"] is not None]
        ordered = sorted(rows, key=lambda row: -row["value"])
        chosen = ",".join(row["runs"][0] for row in (ordered[0], ordered[len(ordered) // 2], ordered[-1]))
        page.goto(f"{address}/compare?runs={chosen}&seeds=together&space=pca")
        page.locator(".st-key-map_2 canvas").first.wait_for(timeout=120_000)
        page.wait_for_timeout(6000)
        page.screenshot(path=DOCS / "compare.png")


def watched() -> None:
    """Train and Inspect."""
    with tempfile.TemporaryDirectory() as folder, browser() as launched, served(Path(folder)) as (address, _):
        page = launched.new_page(viewport={"width": 1440, "height": 900})
        page.goto(f"{address}/?run=new")
        page.get_by_role("button", name="Start", exact=True).click()
        page.mouse.move(720, 450)
        page.get_by_text(re.compile(r"Clustering: update (8|9|1\d)")).wait_for(timeout=120_000)
        page.wait_for_timeout(2000)
        page.screenshot(path=DOCS / "app.png")
        page.get_by_text(RESULT).wait_for(timeout=300_000)
        page.get_by_role("link", name=re.compile("are among the")).click()
        page.locator(".points[data-moment]").first.wait_for(timeout=120_000)
        page.get_by_text(re.compile("(is|are) being computed")).first.wait_for(state="detached", timeout=300_000)
        page.locator(".gallery .tiles button").nth(1).click()
        page.locator(".card .path").first.wait_for()
        page.mouse.move(720, 860)
        page.wait_for_timeout(3000)
        page.screenshot(path=DOCS / "inspect.png")


def taught() -> None:
    """The step of a lesson in which updates of DEC are made by hand."""
    with tempfile.TemporaryDirectory() as folder, browser() as launched, served(Path(folder)) as (address, _):
        page = launched.new_page(viewport={"width": 1440, "height": 900})
        page.goto(f"{address}/learn?lesson=update&step=3")
        forward = page.get_by_role("button", name="Forward", exact=True)
        for _ in range(6):  # to the arrows of the second update
            forward.click()
        page.mouse.move(20, 860)
        page.wait_for_timeout(1500)
        page.screenshot(path=DOCS / "learn.png")
