"""The screen Learn: its list, a step with its pieces, guesses and what came, progress, links that lead nowhere."""

import json
import re

import pytest
from screens import opened_at, send_event, widget_states

from dec_core.lessons import lessons
from dec_core.runs.answers import Answers
from pages.shared.text import escape


def texts(at):
    return " ".join(each.value for each in [*at.markdown, *at.caption, *at.subheader, *at.title])


def code_of(at):
    return next(each.proto.body for each in at.get("html") if "lesson-code" in each.proto.body)


def pressed(at, label):
    return next(button for button in at.button if button.label == label).click().run()


def test_the_list_leads_into_a_lesson_and_remembers_how_far_one_is(learn_root):
    at = opened_at("learn")
    assert not at.exception and "Why pixels fail" in texts(at)
    at = next(button for button in at.button if button.key == "open-pixels").click().run()
    assert "step 1 of 4" in texts(at) and dict(at.query_params) == {"lesson": "pixels", "step": "1"}
    at = pressed(pressed(at, "Next"), "Next")
    assert "step 3 of 4" in texts(at) and "kmeans_on_pixels" in code_of(at)
    at = pressed(pressed(at, "Back"), "All lessons")
    assert "step 3 of 4" in texts(at) and "Go on" in [button.label for button in at.button]
    at = opened_at("learn")  # another visit
    assert "step 3 of 4" in texts(at)


def test_a_replay_says_that_it_shows_a_part_of_what_was_trained_on(learn_root):
    assert "A recording of 10\u2009000 digits, of which 5\u2009000 are shown." in texts(
        opened_at("learn", lesson="digits", step="2")
    )
    assert "A recording of" not in texts(opened_at("learn", lesson="digits", step="3"))  # all of them


def test_a_count_is_guessed_in_whole_numbers(learn_root):
    slider = opened_at("learn", lesson="riddles", step="1").slider[0]
    assert (slider.step, slider.proto.format) == (1.0, "%d")


def test_a_way_from_a_lesson_leads_to_another_screen(learn_root):
    at = opened_at("learn", lesson="digits", step="4")
    at = pressed(at, "Look for a mistake in Inspect")
    assert not at.exception and dict(at.query_params) == {"run": "gallery-first-look", "true": "1", "side": "wrong"}
    at = opened_at("learn", lesson="riddles", step="2")
    at = at.radio[0].set_value(0).run()  # a wrong answer
    assert not any("Mend it" in button.label for button in at.button)  # which would be the right one
    at = pressed(at.radio[0].set_value(1).run(), "Mend it: learning rate 0.001")
    assert not at.exception and at.query_params["preset"] == "first-look"
    assert "Start" in [button.label for button in at.button]


def test_a_cell_of_a_matrix_leads_to_its_images(learn_root):
    at = opened_at("learn", lesson="tour", step="3")
    (matrix,) = [item.proto for item in at.get("bidi_component") if item.proto.component_name == "matrix"]
    assert json.loads(matrix.json)["rows"][4] == "4"
    at = send_event(at, widget_states(at), matrix.id, [{"event": "cell", "value": {"row": 4, "column": 9}}])
    assert not at.exception
    assert dict(at.query_params) == {"run": "gallery-first-look", "true": "4", "cluster": "J"}


def test_a_guess_is_asked_before_and_shown_against_what_came_after(learn_root):
    at = opened_at("learn", lesson="pixels", step="1")
    assert "it is" not in texts(at)  # nothing is given away
    at = at.radio[0].set_value("A and B").run()
    at = pressed(at, "That is my guess")
    assert "You guessed **A and B**; it is **A and C**" in texts(at)
    assert at.radio[0].disabled and at.radio[0].value == "A and B"  # nothing can be chosen that is not asked
    at = pressed(at, "Guess again")
    assert not at.radio[0].disabled and at.radio[0].value is None and "guess again" not in texts(at).lower()
    assert len(Answers(learn_root).of("pixels/1/2", "")) == 1  # nothing is given yet
    at = pressed(at.radio[0].set_value("A and C").run(), "That is my guess")
    assert "You guessed **A and C**" in texts(at) and "2 guesses of yours over time: A and B (" in texts(at)
    assert [each.answer for each in Answers(learn_root).of("pixels/1/2", "")] == ["A and B", "A and C"]


def test_a_guess_is_said_with_its_unit(learn_root):
    at = opened_at("learn", lesson="digits", step="1")
    at = pressed(at.slider[0].set_value(50.0).run(), "That is my guess")
    assert "You guessed **50 of 100**; it is **66 of 100**" in texts(at)


def test_the_line_that_is_meant_is_marked_and_what_is_not_code_is_escaped(learn_root):
    code = code_of(opened_at("learn", lesson="update", step="8"))
    assert re.search(r"<mark [^>]*>kl = kl_divergence\(p, state\.clustering_layer\(z\)\)", code)
    assert code.count("<mark") == 1 and "-&gt; tuple" in code and "toward_target.py, line" in code


def test_a_word_of_a_lesson_leads_to_its_place_in_the_glossary(learn_root):
    at = opened_at("glossary", word="gradient")
    assert not at.exception and at.markdown[0].value.startswith("**Gradient**")
    assert at.text_input(key="sought").value == "gradient"
    at = at.text_input(key="sought").set_value("hungarian").run()  # and is not brought back
    assert at.markdown[0].value.startswith("**Matching")


def test_the_tour_stands_first_and_is_not_counted(learn_root):
    shown = [each.value for each in opened_at("learn").markdown if each.value.startswith("**")]
    assert shown[:2] == ["**A tour of two minutes**", f"**{escape('1. Why pixels fail')}**"]


def test_a_check_says_of_each_answer_why(learn_root):
    check = next(lesson for lesson in lessons()[0] if lesson.name == "pixels").steps[-1].pieces[0].options
    at = opened_at("learn", lesson="pixels", step="4")
    wrong = at.radio[0].set_value(0).run()
    assert wrong.info[0].value == f"Not quite. {check.because[0]}"
    right = at.radio[0].set_value(check.right - 1).run()
    assert right.success[0].value == check.because[check.right - 1]


@pytest.mark.parametrize("lesson", lessons()[0], ids=lambda lesson: lesson.name)
def test_every_step_of_every_lesson_is_drawn(learn_root, lesson):
    at = opened_at("learn", lesson=lesson.name, step="1")
    for number, step in enumerate(lesson.steps, 1):
        assert not at.exception and not at.warning, (lesson.name, number)
        assert f"step {number} of {len(lesson.steps)}" in texts(at) and escape(step.title) in texts(at)
        if number < len(lesson.steps):
            at = pressed(at, "Next")


@pytest.mark.parametrize("step", ["0", "-1", "99", "two", "²", ""])
def test_a_step_that_there_is_not_is_the_nearest(learn_root, step):
    at = opened_at("learn", lesson="pixels", step=step)
    assert not at.exception and at.subheader


def test_a_lesson_that_there_is_not_is_said_and_the_list_shown(learn_root):
    at = opened_at("learn", lesson="<b>no</b>")
    assert "There is no lesson" in at.warning[0].value and "Why pixels fail" in texts(at)


def test_a_formula_with_a_line_to_itself_has_its_full_size(learn_root):
    at = opened_at("learn", lesson="soft-assignment", step="6")
    (text,) = [each.value for each in at.markdown if "q_{ij}=" in each.value]
    assert "\n$$\nq_{ij}=" in text


def test_own_lessons_appear_and_what_is_wrong_with_one_is_said(learn_root, tmp_path, monkeypatch):
    own = tmp_path / "lessons"
    own.mkdir()
    (own / "mine.md").write_text(
        "---\ntitle: Of *mine*\nminutes: 3\nobjectives: [see]\n---\n"
        "## See: It\n```{link}\nlabel: Go\npage: inspect\n```\n"
    )
    (own / "bad.md").write_text("nothing")
    monkeypatch.setenv("DEC_LESSONS", str(own))
    at = opened_at("learn")
    assert "Of \\*mine\\*" in texts(at) and "bad.md, line 1" in at.warning[0].value
    at = opened_at("learn", lesson="mine")
    assert not at.exception and "Go" in [button.label for button in at.button]


def test_a_full_disk_takes_nothing_from_a_lesson(learn_root, monkeypatch):
    def refuse(*_):
        raise OSError("answers: not kept, since the disk is full")

    monkeypatch.setattr(Answers, "give", refuse)
    monkeypatch.setattr(Answers, "reach", refuse)
    at = opened_at("learn", lesson="pixels", step="1")
    at = pressed(at.radio[0].set_value("A and B").run(), "That is my guess")
    assert not at.exception and "step 1 of 4" in texts(at)
