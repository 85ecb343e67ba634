"""Answers in lessons: kept by visitor, counted for the room, never in the way of a lesson."""

import pytest

from dec_core.runs import answers as module
from dec_core.runs.answers import Answers


def test_the_room_sees_the_last_answer_of_each_and_a_visitor_all_of_theirs(tmp_path):
    answers = Answers(tmp_path)
    for visitor, answer in [("ann", "4 and 9"), ("bob", "3 and 8"), ("ann", "3 and 5")]:
        answers.give("digits/1/2", visitor, answer)
    answers.give("digits/1/3", "ann", "1")
    assert {each.visitor: each.answer for each in answers.latest("digits/1/2")} == {"ann": "3 and 5", "bob": "3 and 8"}
    assert [each.answer for each in Answers(tmp_path).of("digits/1/2", "ann")] == ["4 and 9", "3 and 5"]


def test_progress_is_the_furthest_step(tmp_path):
    answers = Answers(tmp_path)
    for step in (1, 3, 2):
        answers.reach("pixels", "ann", step)
    assert answers.progress("ann") == {"pixels": 3} and answers.progress("bob") == {}


def test_where_nothing_was_ever_kept_nothing_is_made(tmp_path):
    assert Answers(tmp_path).latest("a") == [] and not (tmp_path / ".room").exists()


def test_a_damaged_file_says_nothing_and_keeps_nothing_in_words(tmp_path):
    answers = Answers(tmp_path)
    answers.give("a", "ann", "1")
    (tmp_path / ".room" / module.FILE).write_bytes(b"no database" * 100)
    assert answers.latest("a") == []
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
