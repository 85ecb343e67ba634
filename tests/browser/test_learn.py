"""Lessons 3 to 5 from end to end: what is moved by mouse, by finger and by the keyboard alone, wide and narrow."""

import re

import numpy as np
import pytest
from driving import button, opened, wait_until
from playwright.sync_api import expect

from dec_core.analysis.assignment import soft_assignment
from dec_core.lessons import lessons

STEPS = {lesson.name: lesson.steps for lesson in lessons()[0]}


def at_step(page, address, lesson, step):
    page.goto(f"{address}/learn?lesson={lesson}&step={step}")
    shown(page, lesson, step)


def shown(page, lesson, step):
    """Wait until a step is drawn; nothing of it may be broken or wider than the page."""
    page.get_by_text(f"step {step} of {len(STEPS[lesson])}").wait_for()
    page.get_by_role("heading", name=STEPS[lesson][step - 1].title).wait_for()
    assert page.locator(".katex-error").count() == 0
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def handle(page, name):
    return page.get_by_role("button", name=re.compile(f"^{name}, at"))


def middle(locator):
    box = locator.bounding_box()
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def dragged(page, locator, dx, dy):
    x, y = middle(locator)
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + dx, y + dy, steps=4)
    page.mouse.up()


def table(page):
    """Distances and q of the piece soft-assignment, as they stand on screen."""
    rows = page.locator(".piece tbody tr")
    rows.first.wait_for()
    cells = [row.locator("td").all_inner_texts() for row in rows.all()]
    return np.array([float(row[0]) for row in cells]), np.array([float(row[2]) for row in cells])


def moves(page):
    return int(re.search(r"Move (\d+)", page.locator(".numbers").inner_text())[1])


def points_of(page, name):
    return int(re.search(rf"\b{name} (\d+)", page.locator(".numbers").inner_text().split("·")[-1])[1])


def test_three_lessons_by_mouse_and_keyboard(page, server):
    at_step(page, server.address, "soft-assignment", 2)
    point = handle(page, "The point")
    before = table(page)[0]
    dragged(page, point, -60, 20)
    distances, q = table(page)
    assert not np.allclose(distances, before, atol=0.2)
    expected = soft_assignment(np.zeros((1, 1)), distances[:, None])[0]
    np.testing.assert_allclose(q, expected, atol=0.01)  # of distances that were rounded
    point.focus()
    page.keyboard.press("Shift+ArrowRight")
    assert not np.allclose(table(page)[0], distances, atol=0.2)

    button(page, "Next").click()
    shown(page, "soft-assignment", 3)
    sure = table(page)[1].max()
    page.get_by_role("slider", name="alpha").press("End")
    page.locator(".alpha output", has_text="10").wait_for()
    assert table(page)[1].max() > sure

    button(page, "Next").click()
    shown(page, "soft-assignment", 4)
    results = page.locator(".line b")
    expect(results.nth(2)).to_have_text("0.714")
    far = page.get_by_role("slider", name="far")
    far.press("Home")
    assert (far.inner_text(), results.nth(2).inner_text()) == ("0.0", "0.333")
    dragged(page, far, 60, 0)
    assert (far.inner_text(), results.nth(2).inner_text()) == ("1.0", "0.500")

    at_step(page, server.address, "target", 2)
    forward = page.locator(".forward")
    page.locator(".points table").first.wait_for()
    for half_step in ("Squared", "Divided", "Normalized"):
        forward.click()
        assert page.locator(".sentence").inner_text().startswith(half_step)
    assert page.locator(".points tr.now td").first.inner_text() == "0.994" and forward.is_disabled()

    at_step(page, server.address, "update", 2)
    plane = page.get_by_role("img", name=re.compile("^A plane with 200 points and 4 centers"))
    page.locator(".phases [aria-current]").wait_for()
    plane.focus()
    for phase in ("p", "arrows", "move", "q"):
        page.keyboard.press("ArrowRight")
        expect(page.locator(".phases [aria-current]")).to_have_attribute("data-phase", phase)
    assert moves(page) == 1
    page.keyboard.press(" ")
    wait_until(page, lambda: moves(page) > 4)
    page.keyboard.press(" ")
    expect(page.locator(".play")).to_have_text("Play")
    for move in range(moves(page) - 1, 0, -1):
        page.keyboard.press("ArrowLeft")
        assert moves(page) == move  # and nothing plays on
    for _ in range(4):  # the half-steps of the first
        page.keyboard.press("ArrowLeft")
    assert moves(page) == 0
    expect(page.locator(".stepper .back")).to_be_disabled()
    assert points_of(page, "A") == 50

    center = handle(page, "Center A")
    center.focus()
    place = center.bounding_box()
    page.keyboard.press("Shift+ArrowUp")
    wait_until(page, lambda: center.bounding_box()["y"] < place["y"] - 10)
    page.locator(".stepper .back").click()
    wait_until(page, lambda: center.bounding_box() == place)

    at_step(page, server.address, "update", 4)
    page.get_by_label("start").select_option("far")
    lost = handle(page, "Center D")
    lost.wait_for()
    assert points_of(page, "D") == 0
    left = plane.bounding_box()["x"] + 40
    dragged(page, lost, left - middle(lost)[0], 60)
    page.locator(".play").click()
    wait_until(page, lambda: points_of(page, "D") > 40)
    page.locator(".play").click()
    expect(page.locator(".play")).to_have_text("Play")
    expect(page.locator(".stepper figcaption")).to_contain_text("at the lowest")
    played = moves(page)
    assert page.locator(".chosen").inner_text().startswith("Ringed, point 1:")
    page.mouse.click(*middle(handle(page, "Center C")))  # points lie within its ring
    wait_until(page, lambda: not page.locator(".chosen").inner_text().startswith("Ringed, point 1:"))
    page.locator(".stepper .back").click()  # and nothing was moved that could be taken back
    wait_until(page, lambda: moves(page) == played - 1)


@pytest.fixture
def phone(server, browser):
    """A page of 390 px that is touched."""
    complaints = []
    page = opened(browser, complaints, 390, 844, has_touch=True)
    yield page
    page.context.close()
    assert complaints == []


def touched(page, locator, dx, dy):
    """Drag by a finger."""
    locator.scroll_into_view_if_needed()
    x, y = middle(locator)
    browser = page.context.new_cdp_session(page)
    for kind, share in (("touchStart", 0), *(("touchMove", i / 4) for i in range(1, 5)), ("touchEnd", None)):
        points = [] if share is None else [{"x": x + share * dx, "y": y + share * dy}]
        browser.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})


def test_a_phone_shows_every_step_and_a_finger_moves_what_a_mouse_does(phone, server):
    phone.goto(f"{server.address}/learn")
    card = phone.locator(".st-key-lesson-soft-assignment")
    expect(card.get_by_role("button")).to_be_visible()
    phone.locator('.stApp[data-test-script-state="notRunning"]').wait_for()  # or it moves as those above it are drawn
    card.click(position={"x": 30, "y": 20})  # anywhere on the card
    wait_until(phone, lambda: "lesson=soft-assignment" in phone.url)  # at the step at which one was last
    at_step(phone, server.address, "soft-assignment", 1)
    for step in range(2, len(STEPS["soft-assignment"]) + 1):
        button(phone, "Next").click()  # at the lower end of the step before
        shown(phone, "soft-assignment", step)
        wait_until(phone, lambda: 0 < phone.get_by_role("heading", level=3).bounding_box()["y"] < 300)
        if step == 2:
            before = table(phone)[0]
            touched(phone, handle(phone, "The point"), -20, 30)
            wait_until(phone, lambda: not np.allclose(table(phone)[0], before, atol=0.1))  # noqa: B023
        if step == 4:
            touched(phone, phone.get_by_role("slider", name="near"), 60, 0)
            expect(phone.get_by_role("slider", name="near")).to_have_text("2.0")
        if step == 5:
            phone.get_by_role("combobox", name="In the formulas").select_option("E of the 4s")
            expect(phone.locator(".worked")).to_contain_text("0.284")
    at_step(phone, server.address, "update", 5)
    center = handle(phone, "Center B")
    place = center.bounding_box()
    touched(phone, center, -40, -10)
    wait_until(phone, lambda: center.bounding_box()["x"] < place["x"] - 25)
    phone.locator(".forward").click()  # a tap so soon after a touch would be half of a double one
    expect(phone.locator(".phases [aria-current]")).to_have_text("p")
    for lesson, step in (("update", 6), ("target", 3), ("target", 5), ("target", 6)):
        at_step(phone, server.address, lesson, step)


def caption_of_z(page):
    return page.locator(".decode figcaption").inner_text()


def drawn(page, *points):
    """Draw a stroke on the pad; what the network makes of it stands beside it then."""
    box = page.locator(".draw .pad canvas").bounding_box()
    places = [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in points]
    page.mouse.move(*places[0])
    page.mouse.down()
    for place in places[1:]:
        page.mouse.move(*place, steps=5)
    page.mouse.up()
    page.locator(".draw:not([aria-busy]) .result:not([hidden])").wait_for()


def told_of(page):
    return page.locator(".draw .said").inner_text()


def test_a_plane_of_digits_a_drawn_one_and_a_run_that_is_replayed(page, server):
    at_step(page, server.address, "autoencoder", 2)
    point = handle(page, "The point")
    page.get_by_text(re.compile(r"^z = \(")).wait_for()
    before = caption_of_z(page)
    point.press("Shift+ArrowRight")
    assert caption_of_z(page) != before
    before = caption_of_z(page)
    dragged(page, point, 30, -60)
    assert caption_of_z(page) != before

    at_step(page, server.address, "autoencoder", 4)
    page.locator(".draw .take button").first.wait_for()
    drawn(page, (0.3, 0.25), (0.7, 0.25), (0.45, 0.8))
    assert "of the 7s" in told_of(page)
    page.locator(".draw .take").get_by_role("button", name="0", exact=True).press("Enter")
    page.locator(".draw .said", has_text="of the 0s").wait_for()
    page.get_by_role("button", name="Clear").click()
    page.locator(".draw .said", has_text="Draw a digit").wait_for()

    at_step(page, server.address, "digits", 3)
    where, matrix = page.locator(".replay .where"), page.get_by_role("img", name="Confusion matrix")
    expect(where).to_contain_text("pretraining, epoch 1 of 8")
    slider = page.get_by_role("slider", name="Step of the training")
    slider.press("End")
    expect(where).to_contain_text("the end, after")
    expect(
        matrix.locator(".main-svg text", has_text="1100").or_(matrix.locator(".heatmaplayer image")).first
    ).to_be_visible()
    slider.press("Home")
    expect(where).to_contain_text("pretraining, epoch 1 of 8")
    page.locator(".replay select").select_option("10")
    page.locator(".replay .play").click()
    expect(where).to_contain_text("clustering")
    page.locator(".replay .play").click()
    expect(page.locator(".replay .play")).to_have_text("Play")
    slider.press("End")
    page.get_by_role("link", name=re.compile("24 of the 1s are among the 2s")).click()
    page.wait_for_url(re.compile(r"/inspect\?run=gallery-first-look&true=1&cluster=C"))
