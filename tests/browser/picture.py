"""Takes the README's pictures, of a run that clusters and of that run in Inspect: python -m tests.browser.picture"""

import re
import tempfile
from pathlib import Path

from dec_core.cli.serving import browser, served

DOCS = Path(__file__).parents[2] / "docs"


def main() -> None:
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
