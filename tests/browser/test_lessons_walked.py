"""Every lesson from its first step to its last by the keyboard alone: what it asks is answered, and then comes Next."""

import pytest
from driving import button
from playwright.sync_api import Locator, Page, expect

from dec_core.lessons import lessons
from dec_core.lessons.pieces import Check, Guess

LESSONS = {lesson.name: lesson for lesson in lessons()[0]}
MOST_KEYS = 120  # from one end of a step to the other


def drawn(page: Page) -> None:
    """Wait until nothing is drawn any more: what is pressed before may be a button that is replaced."""
    page.locator('.stApp[data-test-script-state="notRunning"] .st-key-ways').wait_for()


def go_to(page: Page, wanted: Locator, key: str = "Shift+Tab") -> None:
    """Press a key until what is wanted has the focus."""
    expect(wanted).to_be_enabled()
    node = wanted.element_handle()
    for _ in range(MOST_KEYS):
        if node.evaluate("node => node === document.activeElement"):
            return
        page.keyboard.press(key)
    raise AssertionError(f"{wanted} is not reached by {key}")


def choose(page: Page, question: str, place: int) -> None:
    """Choose an option, counted from 0, of a question of which nothing is chosen yet."""
    drawn(page)
    options = page.get_by_role("radiogroup", name=question).get_by_role("radio")
    for key in ("Shift+Tab", "Tab"):  # into the group, whichever option takes the focus
        for _ in range(MOST_KEYS):
            if page.evaluate("document.activeElement.type === 'radio'") and _has_focus(options):
                break
            page.keyboard.press(key)
    assert _has_focus(options), question
    page.keyboard.press(" ")
    for _ in range(options.count()):
        if options.nth(place).is_checked():
            return
        page.keyboard.press("ArrowDown")
    raise AssertionError(f"option {place} of {question!r} is not reached")


def _has_focus(options: Locator) -> bool:
    return any(option.evaluate("node => node === document.activeElement") for option in options.all())


def guess(page: Page, options: Guess) -> None:
    """Give a guess that is none of the best."""
    given = page.get_by_text("You guessed").count()
    if options.options:
        choose(page, options.question, 0)
    else:
        go_to(page, page.get_by_role("slider").first)
        page.keyboard.press("ArrowRight")
    go_to(page, button(page, "That is my guess").first, "Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_text("You guessed")).to_have_count(given + 1)


def check(page: Page, options: Check) -> None:
    """Give a wrong answer, read why, and give the right one."""
    right = options.right - 1
    choose(page, options.question, 1 if right == 0 else 0)
    expect(page.get_by_text("Not quite.").last).to_be_visible()
    choose(page, options.question, right)
    expect(page.locator('[data-testid="stAlertContentSuccess"]').last).to_be_visible()


DAILY = ("tour", "soft-assignment", "update", "digits")  # between them every kind of piece that takes the keyboard


@pytest.mark.parametrize(
    "name", [name if name in DAILY else pytest.param(name, marks=pytest.mark.night) for name in LESSONS]
)
def test_a_lesson_by_the_keyboard_alone(page, server, name):
    lesson = LESSONS[name]
    page.goto(f"{server.address}/learn?lesson={name}&step=1")
    for number, step in enumerate(lesson.steps, 1):
        page.get_by_text(f"step {number} of {len(lesson.steps)}").wait_for()
        page.get_by_role("heading", name=step.title).wait_for()
        drawn(page)
        for piece in step.pieces:
            if isinstance(piece.options, Guess):
                guess(page, piece.options)
            elif isinstance(piece.options, Check):
                check(page, piece.options)
        assert page.get_by_text("Something went wrong").count() == 0
        if number < len(lesson.steps):
            go_to(page, button(page, "Next"), "Tab")
            page.keyboard.press("Enter")
