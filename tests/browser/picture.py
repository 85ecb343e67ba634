"""Takes the README's picture, the app while a run is clustering: python -m tests.browser.picture"""

import re
import tempfile
from pathlib import Path

from dec_core.cli.serving import browser, served

PICTURE = Path(__file__).parents[2] / "docs" / "app.png"


def main() -> None:
    with tempfile.TemporaryDirectory() as folder, browser() as launched, served(Path(folder)) as (address, _):
        page = launched.new_page(viewport={"width": 1440, "height": 900})
        page.goto(f"{address}/?run=new")
        page.get_by_role("button", name="Start", exact=True).click()
        page.mouse.move(720, 450)
        page.get_by_text(re.compile(r"Clustering: update (8|9|1\d)")).wait_for(timeout=120_000)
        page.wait_for_timeout(2000)
        page.screenshot(path=PICTURE)


if __name__ == "__main__":
    main()
