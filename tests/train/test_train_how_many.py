"""How many groups there are, asked from the form."""

import pytest

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
