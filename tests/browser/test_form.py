"""The form in a real browser: every slider by mouse and by keyboard, beside what is typed and what the link says."""

from urllib.parse import parse_qs, urlsplit

import pytest
from driving import wait_until
from playwright.sync_api import expect

from pages.train.spans import STOPS, UNITS
from pages.train.state import from_query

EVERYTHING = "preset=best&method=joint&pretrain_optimizer=sgd&cluster_optimizer=sgd"  # so that all fields act


def unfold(page) -> None:
    """Open every group of the form, and what is advanced in it: the server draws what is opened.

    By keyboard: while the contents of one arrive the next may move away between a button's press and its release.
    """
    for name in ("architecture", "pretraining", "clustering"):
        page.locator(f".st-key-group_{name} summary").first.press("Enter")
        page.locator(f".st-key-advanced_{name} summary").press("Enter")


def slider(page, key):
    return page.locator(f".st-key-slide_{key}").get_by_role("slider")


def number(page, name) -> float:
    """What the field's own input shows; one that was filled from elsewhere has a number in its key."""
    field = page.locator(f".st-key-{name}, [class*='st-key-{name}_']").locator("input:not([type=range])")
    return float(field.first.input_value() or "nan")


def effect(page, key):
    return page.locator(f".st-key-slide_{key} .effect")


def chosen(page):
    """The config that the link describes."""
    query = {name: values[0] for name, values in parse_qs(urlsplit(page.url).query, keep_blank_values=True).items()}
    choices, wrong = from_query(query)
    assert not wrong
    return choices.values


def take_to(page, handle, share: float) -> None:
    """Take the handle to a share of the slider's width, and hold it there."""
    box = handle.bounding_box()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.mouse.down()
    page.mouse.move(box["x"] + 8 + share * (box["width"] - 16), box["y"] + box["height"] / 2, steps=2)


@pytest.mark.night  # all of them; three of them every day: below
def test_every_slider_by_mouse_and_by_keyboard(server, page):
    page.goto(f"{server.address}/?run=new&{EVERYTHING}")
    expect(page.get_by_role("button", name="Start", exact=True)).to_be_enabled()
    unfold(page)
    expect(slider(page, "alpha")).to_be_visible()
    for name, stops in STOPS.items():
        handle = slider(page, name)
        handle.scroll_into_view_if_needed()
        take_to(page, handle, 0.5)
        page.mouse.up()
        dragged = int(handle.input_value())
        wait_until(page, lambda: chosen(page)[name] == stops[dragged])  # noqa: B023
        assert abs(dragged - (len(stops) - 1) / 2) <= 1, name
        handle.press("ArrowRight")
        wait_until(page, lambda: chosen(page)[name] == stops[dragged + 1])  # noqa: B023
        wait_until(page, lambda: number(page, name) == stops[dragged + 1])  # noqa: B023


def test_typed_dragged_and_linked_agree(server, page):
    page.goto(f"{server.address}/?run=new&latent_dim=100&pretrain_epochs=300")
    unfold(page)
    width = page.get_by_role("spinbutton", name="Latent dimension")
    expect(width).to_have_value("100")  # beyond the slider, which stands at its end and leaves it alone
    assert slider(page, "latent_dim").input_value() == str(len(STOPS["latent_dim"]) - 1)
    width.fill("12")
    width.press("Enter")
    wait_until(page, lambda: slider(page, "latent_dim").input_value() == "11")

    # 10 000 images in batches of 128: 79 an epoch; said before it is let go, and of the value that is then taken
    expect(effect(page, "pretrain_epochs")).to_contain_text("23\u202f700 steps")
    take_to(page, slider(page, "pretrain_epochs"), 0)
    expect(effect(page, "pretrain_epochs")).to_contain_text("1: 79 steps")
    assert chosen(page)["pretrain_epochs"] == 300
    page.mouse.up()
    wait_until(page, lambda: chosen(page)["pretrain_epochs"] == 1)

    # layers: one less, and another width of the first
    slider(page, "hidden_units_layers").press("ArrowLeft")
    wait_until(page, lambda: chosen(page)["hidden_units"] == "500, 500")
    slider(page, "hidden_units_0").press("Home")
    wait_until(page, lambda: chosen(page)["hidden_units"] == f"{UNITS[0]}, 500")
    page.reload()
    unfold(page)
    expect(page.get_by_role("textbox", name="Hidden units")).to_have_value(f"{UNITS[0]}, 500")


def test_what_is_opened_just_as_something_asks_for_a_redraw_is_drawn(server, page):
    page.goto(f"{server.address}/?run=new")
    expect(page.get_by_role("button", name="Start", exact=True)).to_be_enabled()
    fields = page.locator(".st-key-group_pretraining").get_by_text("Epochs")
    expect(fields).to_have_count(0)
    page.wait_for_function("() => window.decStream && [...decStream.listeners].some((who) => who.emit)")
    page.evaluate("""() => {  // the browser makes one request of both, which names the fragment alone
        decStream.ask([...decStream.listeners].find((who) => who.emit).emit, "what is new");
        document.querySelector(".st-key-group_pretraining summary").click();
    }""")
    expect(fields.first).to_be_visible()
