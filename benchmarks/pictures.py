"""Takes the README's pictures: python -m benchmarks.pictures [RUNS]

Of a run that clusters and of that run in Inspect; or, given the folder of runs of `python -m dec_core sweep-example`,
of that sweep and of its best, middling and worst trial beside each other.
"""

import re
import sys
import tempfile
from pathlib import Path

from benchmarks.serving import browser, served
from dec_core.sweeps import studies

DOCS = Path(__file__).parents[2] / "docs"


def main() -> None:
    if len(sys.argv) > 1:
        tuned(Path(sys.argv[1]))
    else:
        watched()


def tuned(runs: Path) -> None:
    """Sweep and Compare, of the worked example."""
    with browser() as launched, served(runs) as (address, _):
        page = launched.new_page(viewport={"width": 1440, "height": 900})
        page.goto(f"{address}/?run=new")
        page.get_by_role("link", name="Sweep", exact=True).click()
        page.get_by_text(re.compile("24 of 24 trials")).wait_for(timeout=120_000)
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
        page.get_by_text("UMAP", exact=True).first.wait_for(timeout=300_000)  # the run has ended, and a worker added it
        page.get_by_role("link", name=re.compile("lie with the")).click()
        page.locator(".points[data-moment]").first.wait_for(timeout=120_000)
        page.get_by_text("are being computed").wait_for(state="detached", timeout=300_000)
        page.locator(".gallery .tiles button").nth(1).click()
        page.locator(".card .path").first.wait_for()
        page.mouse.move(720, 860)
        page.wait_for_timeout(3000)
        page.screenshot(path=DOCS / "inspect.png")


if __name__ == "__main__":
    main()
