"""How many groups there are, asked from the form."""

import json
from base64 import b64decode

import numpy as np
import pytest

from dec_core.analysis.how_many import Candidate, HowMany
from dec_core.analysis.strange_groups import StrangeGroup
from dec_core.figures.how_many import how_many_figure
from pages.train import commands

pytestmark = pytest.mark.slow


def asked(app, **query):
    """Train, with this in its link, after a click on the question."""
    for name, value in query.items():
        app.query_params[name] = value
    app.run()
    app.button(key="how_many").click().run()
    assert not app.exception
    return app


def words(at) -> str:
    return " ".join(item.value for item in at.markdown)


def test_groups_are_counted_and_their_number_can_be_taken(app, monkeypatch):
    at = asked(app, dataset="digits", n_clusters="7", preset="first-look")
    (label,) = (button.label for button in at.button if button.key == "take_count")
    number = label.removeprefix("Look for ").removesuffix(" clusters")
    assert f"**{number} groups are the best answer, among 1\u2009797 images (score" in words(at)
    assert 9 <= int(number) <= 11
    at.button(key="take_count").click().run()
    assert not at.exception and str(at.session_state.choices.values["n_clusters"]) == number
    monkeypatch.setattr(commands, "run_limited", None)  # it is known by now
    at.button(key="how_many").click().run()
    assert not at.exception and f"The form looks for {number} clusters already." in [item.value for item in at.caption]


def test_a_group_that_is_unlike_the_others_is_shown_in_images(app, monkeypatch, digits):
    labels = np.repeat(np.arange(3), 599)
    candidate = Candidate(3, 1.0, 1.0, 0.9, (20, 180), labels)
    found = HowMany((candidate,), len(labels), (StrangeGroup(True, 1.6, np.arange(40, 0, -1)),))

    def count(arguments, seconds, errors, while_waiting, slots):
        images = digits.x.reshape(-1, 8, 8)
        how_many_figure(found, images).write_json(arguments[arguments.index("--figure") + 1])
        return 0

    monkeypatch.setattr(commands, "run_limited", count)
    at = asked(app, dataset="digits", preset="first-look", random_state="77")
    assert "A group of 40 images is unlike all the others" in words(at)
    [shown] = [item.proto for item in at.get("bidi_component") if "strange_0" in item.proto.id]
    [row] = json.loads(shown.json)["rows"]
    assert [b64decode(image) for image in row["images"]] == [digits.x[i].tobytes() for i in range(40, 30, -1)]


def test_what_cannot_be_counted_is_said(app, monkeypatch):
    def refuse(arguments, seconds, errors, while_waiting, slots):
        while_waiting()
        errors.write_text("error: n_clusters: received auto and 20 images, expected 50 or more\n")
        return 2

    monkeypatch.setattr(commands, "run_limited", refuse)
    at = asked(app, dataset="digits", preset="first-look")
    (error,) = at.error
    assert "received auto and 20 images" in error.value
    assert not any(button.key == "take_count" for button in at.button)
