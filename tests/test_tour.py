"""The tour: offered once, to whoever is new; it leads through the screens."""

import pytest
from screens import opened_at

from dec_core.presets import PRESETS
from dec_core.runs.answers import Answers
from dec_core.runs.folder import RunFolder


def is_offered(at):
    assert not at.exception
    return "tour_begin" in [each.key for each in at.button]


def test_who_is_new_is_led_to_the_tour_and_never_asked_again(learn_root):
    at = opened_at("train")
    assert is_offered(at)
    at = at.button(key="tour_begin").click().run()
    assert dict(at.query_params) == {"lesson": "tour", "step": "1"} and not is_offered(at)
    assert not is_offered(opened_at("train"))


def test_the_tour_answers_a_visitor_who_comes_from_train(learn_root):
    """Streamlit forgets what the buttons of a screen that was left are called by: no step may be among it."""
    at = opened_at("train").button(key="tour_begin").click().run()
    at = at.switch_page("learn/learn.py").run()  # which AppTest forgets
    at = at.radio[0].set_value(at.radio[0].options[0]).run()
    at = next(button for button in at.button if button.label == "That is my guess").click().run()
    assert not at.exception and dict(at.query_params) == {"lesson": "tour", "step": "1"}
    assert any("You guessed" in each.value for each in at.markdown)


def test_who_says_no_is_not_asked_again_and_has_begun_nothing(learn_root):
    at = opened_at("train").button(key="tour_dismiss").click().run()
    assert not is_offered(at) and not is_offered(opened_at("train"))
    assert "Go on" not in [each.label for each in opened_at("learn").button]


def test_a_full_disk_does_not_ask_twice_in_a_visit(learn_root, monkeypatch):
    def refuse(*_):
        raise OSError("full")

    monkeypatch.setattr(Answers, "reach", refuse)
    assert not is_offered(opened_at("train").button(key="tour_dismiss").click().run())


@pytest.mark.parametrize("query", [{}, {"run": "gallery-first-look"}])
def test_who_has_a_run_a_lesson_or_something_in_focus_is_not_asked(learn_root, query):
    if not query:
        Answers(learn_root).reach("pixels", "", 2)
    assert not is_offered(opened_at("train", **query))


def test_who_has_trained_is_not_new(learn_root):
    RunFolder.create(learn_root, PRESETS["first-look"], "finished")
    assert not is_offered(opened_at("train", run="new"))
