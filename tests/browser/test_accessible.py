"""What axe finds on every screen and on every kind of a lesson's piece, wide and narrow: nothing serious."""

from __future__ import annotations

import contextlib
import re

import pytest
from driving import CONTRAST, PATIENCE, barriers
from playwright.sync_api import expect

from dec_core.gallery import recordings
from dec_core.lessons import lessons

WIDE, NARROW = {"width": 1440, "height": 900}, {"width": 390, "height": 844}
RUN = "gallery-first-look"


def steps() -> list[str]:
    """Links of the fewest first steps that hold each kind of piece."""
    links, met = [], set()
    for lesson in lessons()[0]:
        for number, step in enumerate(lesson.steps, 1):
            kinds = {piece.name for piece in step.pieces}
            if kinds - met:
                links.append(f"/learn?lesson={lesson.name}&step={number}")
                met |= kinds
    return links


def screens() -> list[str]:
    others = (
        f"/inspect?run={RUN}",
        f"/inspect?run={RUN}&sample=850",
        f"/compare?runs={','.join(recordings()[:2])}",
        "/sweep",
        "/glossary",
        "/learn",
    )
    return ["/?run=new", f"/?run={RUN}", *others]


def drawn(page, address: str) -> None:
    page.goto(address)
    page.locator('.stApp[data-test-script-state="notRunning"] .stMainBlockContainer').wait_for()
    page.locator(".st-key-shell").wait_for(state="attached")
    with contextlib.suppress(AssertionError):  # figures say what they show once drawn; of what does not, axe tells
        expect(page.locator('[role="img"]:not([aria-label]):visible')).to_have_count(0, timeout=20_000)


def tabs_lead_to_another_screen(page, address: str) -> None:
    """On a phone the screens are reached without opening anything, and the run stays in focus."""
    page.set_viewport_size(NARROW)
    drawn(page, f"{address}/?run={RUN}")
    tabs = page.locator(".st-key-tabs a")
    names = ["Learn", "Train", "Inspect", "Compare", "Sweep", "Glossary"]
    expect(tabs).to_have_text([re.compile(f"{name}$") for name in names])  # an icon stands before each
    for box in (tab.bounding_box() for tab in tabs.all()):
        assert box["height"] >= 44 and box["x"] >= 0 and box["x"] + box["width"] <= 390
        assert box["y"] > 0 and box["y"] + box["height"] <= 844
    tabs.filter(has_text="Inspect").click()
    page.wait_for_url(f"{address}/inspect?run={RUN}")


@pytest.fixture
def page(browser):
    """A page into which axe comes as a script, which the app's policy forbids."""
    context = browser.new_context(viewport=WIDE, bypass_csp=True)
    page = context.new_page()
    page.set_default_timeout(PATIENCE)
    yield page
    context.close()


def test_axe_finds_nothing_serious_on_any_screen(server, page):
    found = []
    for link in [*screens(), *steps()]:
        page.set_viewport_size(WIDE)
        drawn(page, server.address + link)
        found += barriers(page)
        page.set_viewport_size(NARROW)
        is_lesson = "lesson=" in link  # whose colors are the same at every width; those of the tabs, the screens have
        found += barriers(page, rules={CONTRAST: {"enabled": not is_lesson}})
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), link
    tabs_lead_to_another_screen(page, server.address)
    page.emulate_media(color_scheme="dark")
    page.set_viewport_size(WIDE)
    for link in [*screens()[1:4], *steps()[:2]]:  # in which only the colors are others
        drawn(page, server.address + link)
        found += barriers(page, runOnly={"type": "rule", "values": [CONTRAST]})
    assert not found, "\n".join(found)
