"""Answers in lessons: kept by visitor, counted for the room, never in the way of a lesson."""

import pytest

from dec_core.runs import answers as module
from dec_core.runs.answers import Answers, bring_all_back, clear_all, n_kept
from dec_core.runs.pins import Pins


def test_the_room_sees_the_first_answer_of_each_and_a_visitor_all_of_theirs(tmp_path):
    answers = Answers(tmp_path)
    for visitor, answer in [("ann", "4 and 9"), ("bob", "3 and 8"), ("ann", "3 and 5")]:
        answers.give("digits/1/2", visitor, answer)
    answers.give("digits/1/3", "ann", "1")
    assert {each.visitor: each.answer for each in answers.first("digits/1/2")} == {"ann": "4 and 9", "bob": "3 and 8"}
    assert [each.answer for each in Answers(tmp_path).of("digits/1/2", "ann")] == ["4 and 9", "3 and 5"]


def given(answers, asked="q"):
    return [(each.visitor, each.answer) for each in answers._all(asked)]


def test_one_question_is_cleared_and_comes_back_before_what_was_answered_since(tmp_path):
    answers = Answers(tmp_path)
    for visitor, answer in [("ann", "1"), ("bob", "2"), ("ann", "3")]:
        answers.give("q", visitor, answer)
    answers.give("other", "ann", "9")
    stamps = [answers.stamp("q")]
    answers.clear("q")
    stamps.append(answers.stamp("q"))
    assert given(answers) == [] and given(answers, "other") == [("ann", "9")] and answers.n_cleared("q") == 3
    answers.give("q", "ann", "4")
    answers.bring_back("q")
    stamps.append(answers.stamp("q"))
    assert given(answers) == [("ann", "1"), ("bob", "2"), ("ann", "3"), ("ann", "4")] and answers.n_cleared("q") == 0
    assert {each.answer for each in answers.first("q")} == {"1", "2"} and len(set(stamps)) == 3
    answers.forget("q", "ann")
    assert given(answers) == [("bob", "2")]


def test_all_answers_and_pins_are_cleared_for_the_next_group_and_come_back(tmp_path):
    answers, pins = Answers(tmp_path), Pins(tmp_path)
    assert n_kept(tmp_path) == (0, 0)
    answers.give("q", "ann", "1"), answers.give("other", "bob", "2")
    pins.pin("gallery-first-look", 3, "ann")
    clear_all(tmp_path)
    assert n_kept(tmp_path) == (0, 0) and n_kept(tmp_path, cleared=True) == (2, 1) and pins.all("ann") == []
    pins.pin("gallery-first-look", 3, "ann")
    bring_all_back(tmp_path)
    assert n_kept(tmp_path) == (2, 1) and given(answers) == [("ann", "1")] and n_kept(tmp_path, cleared=True) == (0, 0)


def test_progress_is_the_furthest_step(tmp_path):
    answers = Answers(tmp_path)
    for step in (1, 3, 2):
        answers.reach("pixels", "ann", step)
    assert answers.progress("ann") == {"pixels": 3} and answers.progress("bob") == {}


def test_where_nothing_was_ever_kept_nothing_is_made(tmp_path):
    assert Answers(tmp_path).first("a") == [] and not (tmp_path / ".room").exists()


def test_a_damaged_file_says_nothing_and_keeps_nothing_in_words(tmp_path):
    answers = Answers(tmp_path)
    answers.give("a", "ann", "1")
    (tmp_path / ".room" / module.FILE).write_bytes(b"no database" * 100)
    assert answers.first("a") == []
    with pytest.raises(OSError, match="answers: not kept"):
        answers.give("a", "ann", "2")


def test_nobody_fills_the_disk(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "MOST_PER_VISITOR", 3)
    answers = Answers(tmp_path)
    for i in range(6):
        answers.give("a", "ann", str(i))
        answers.give("a", "bob", str(i))
    assert [each.answer for each in answers.of("a", "ann")] == ["3", "4", "5"] and len(answers.of("a", "bob")) == 3
    with pytest.raises(ValueError, match="received 201 letters, expected at most 200"):
        answers.give("a", "ann", "x" * 201)
