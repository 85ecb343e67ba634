"""Images pinned to the wall: of recordings alone, so many per visitor, seen by all without names, live in a room."""

import shutil

import pytest
from rooms import ANNA, BEN, arrives
from screens import opened_at

from dec_core.runs import pins as module
from dec_core.runs.ownership import INSTRUCTOR
from dec_core.runs.pins import Pin, Pins
from dec_core.runs.room_state import set_nickname
from pages.shared.pinned import PINS
from pages.shared.visitor import NOBODY, Visitor

RUN = "gallery-first-look"


def test_the_wall_is_everybodys_and_begins_with_what_most_have_pinned(tmp_path):
    pins = Pins(tmp_path)
    for sample, visitor in [(7, "ann"), (7, "bob"), (7, "bob"), (9, "ann"), (8, "bob")]:
        pins.pin(RUN, sample, visitor)
    assert pins.all("ann") == [Pin(RUN, 7, 2, True), Pin(RUN, 8, 1, False), Pin(RUN, 9, 1, True)]
    pins.take_down(RUN, 7, "ann")
    pins.take_down(RUN, 8, "ann")  # which is not hers
    assert {pin.sample: pin.n_people for pin in pins.all("ann", RUN)} == {7: 1, 8: 1, 9: 1}
    assert pins.all("ann", "gallery-other") == []


def test_only_images_of_recordings_can_be_pinned_and_not_without_an_end(tmp_path, monkeypatch):
    pins = Pins(tmp_path)
    assert pins.all("ann") == []
    with pytest.raises(ValueError, match="Only images of recordings can be pinned"):
        pins.pin("20260101-000001-aaaa", 1, "ann")
    with pytest.raises(ValueError, match="received 10000, expected a number below 10000"):
        pins.pin(RUN, 10_000, "ann")
    monkeypatch.setattr(module, "MOST_PER_VISITOR", 2)
    for sample in (1, 2, 2):
        pins.pin(RUN, sample, "ann")
    with pytest.raises(ValueError, match="you have pinned 2 images, expected at most 2; take one down"):
        pins.pin(RUN, 3, "ann")
    pins.pin(RUN, 3, "bob")


def html_of(at):
    assert not at.exception
    return " ".join(item.proto.body for item in at.get("html"))


def test_on_a_desk_a_mistake_is_pinned_on_its_card_and_stands_in_the_lesson(learn_root):
    at = opened_at("inspect", run=RUN, sample="7")
    at = at.button(key="pin_to_wall").click().run()
    assert not at.exception and at.button(key="pin_to_wall").label == "Take my pin off"
    lesson = html_of(opened_at("learn", lesson="digits", step="4"))
    assert f"./inspect?run={RUN}&amp;sample=7" in lesson and "yours" not in lesson
    at = at.button(key="pin_to_wall").click().run()
    assert at.button(key="pin_to_wall").label == "Pin to the wall" and Pins(learn_root).all("") == []


def test_of_another_run_it_says_why_it_cannot_be_pinned(learn_root, finished_run):
    shutil.copytree(finished_run.path, learn_root / "mine")
    button = opened_at("inspect", run="mine", sample="7").button(key="pin_to_wall")
    assert button.disabled and "Only images of recordings" in button.help


def test_a_room_sees_all_pins_and_nobodys_name(learn_root, monkeypatch):
    monkeypatch.setenv("DEC_ROOM", "1")
    arrives(monkeypatch, BEN)
    set_nickname(learn_root, ANNA, "Annabel")
    before = PINS.stamp_now("")
    Pins(learn_root).pin(RUN, 7, ANNA)
    assert PINS.stamp_now("") != before
    drawn = html_of(opened_at("learn", lesson="digits", step="4"))
    assert "1×" in drawn and "Annabel" not in drawn and ANNA not in drawn
    Pins(learn_root).pin(RUN, 7, BEN)
    assert "yours, and 1 more" in html_of(opened_at("learn", lesson="digits", step="4"))
    arrives(monkeypatch, INSTRUCTOR)
    at = opened_at("room")
    assert "Pinned: 1" in [each.label for each in at.expander]
    at.session_state["pinned"] = True
    assert "2×" in html_of(at.run())
    assert PINS.may_hear("", Visitor(BEN, "", False)) and not PINS.may_hear("", NOBODY)
