"""Two answers, one soon after the other, of which the first is held up on its way."""

from pathlib import Path

from driving import opened
from overtaken_server import SLOW
from playwright.sync_api import expect

from benchmarks.serving import served

QUESTION = "KL of one run is 0.05 and that of another is 0.09. Which has the better groups?"


def test_what_is_chosen_last_is_answered(browser, tmp_path):
    with served(tmp_path, "overtaken_server", PYTHONPATH=str(Path(__file__).parents[1])) as (address, _):
        page = opened(browser, [])
        page.goto(f"{address}/learn?lesson=update&step=9")
        page.locator('.stApp[data-test-script-state="notRunning"] .st-key-ways').wait_for()
        page.get_by_role("radiogroup", name=QUESTION).get_by_label(SLOW).focus()
        page.keyboard.press(" ")
        page.keyboard.press("ArrowDown")  # back to the first
        expect(page.get_by_text("Not quite. A low KL says")).to_be_visible()
        page.locator('.stApp[data-test-script-state="notRunning"] .st-key-ways').wait_for()
        expect(page.get_by_text("Not quite. A low KL says")).to_be_visible()
        page.context.close()
