"""Learn in a room: guesses of all as they come, the instructor's step that others are led to, and its link."""

from dataclasses import replace

import pytest
from rooms import ANNA, BEN, arrives
from screens import app_over, opened_at

from dec_core.gallery import install
from dec_core.lessons.pieces import Guess
from dec_core.runs.answers import Answer, Answers
from dec_core.runs.ownership import INSTRUCTOR
from dec_core.runs.room_state import Exhibit, change_room, room_state, set_nickname
from pages.shared.guesses import GUESSES, bars, finding, of_room, picture
from pages.shared.visitor import NOBODY, Visitor

ASKED = "pixels/1/2"
WORDS = Guess(question="Which?", options=["A and B", "A and C"], answer="A and C")
NUMBERS = Guess(question="How many?", low=0, high=100, unit="%", answer=53)


@pytest.fixture
def root(tmp_path, monkeypatch):
    root = tmp_path / "runs"
    root.mkdir()
    monkeypatch.setenv("DEC_ROOM", "1")
    install(root)
    with app_over(root):
        arrives(monkeypatch, BEN)
        yield root


def given(*texts):
    return [Answer(str(i), text, 0.0) for i, text in enumerate(texts)]


def html_of(at):
    return " ".join(item.proto.body for item in at.get("html"))


def words(at):
    assert not at.exception
    return " ".join(item.value for item in [*at.markdown, *at.caption, *at.subheader])


def labels(at):
    return [item.label for item in at.button]


def pressed(at, label):
    return next(item for item in at.button if item.label == label).click().run()


def test_bars_count_and_mark_ones_own_guess_and_what_came():
    shown = bars(WORDS, given("A and B", "A and B", "A and C"), "A and B")
    assert [(bar.label, bar.n, bar.is_mine, bar.is_right) for bar in shown] == [
        ("A and B", 2, True, False), ("A and C", 1, False, True),
    ]  # fmt: skip
    assert finding(shown, gives_away=True) == "3 guesses in the room; 1 of them is right"
    drawn = picture(shown, gives_away=True)
    assert "67%" in drawn and drawn.count("your guess") == 1 and drawn.count("what came") == 1
    drawn = picture(shown, gives_away=False)
    assert drawn.count("your guess") == 1 and "what came" not in drawn and "right" not in drawn


def test_numbers_are_counted_by_tenths_with_what_came_among_them_even_if_nobody_guessed_it():
    shown = bars(NUMBERS, given("80", "100", "nothing", "NaN"), "80")
    assert [(bar.label, bar.n) for bar in shown] == [
        ("50 to 60 %", 0), ("60 to 70 %", 0), ("70 to 80 %", 0), ("80 to 90 %", 1), ("90 to 100 %", 1),
    ]  # fmt: skip
    assert [bar.is_right for bar in shown] == [True, False, False, False, False] and shown[3].is_mine


def test_where_the_bars_of_numbers_end_does_not_give_away_what_came():
    assert [bar.label for bar in bars(NUMBERS, given("80", "100"), "", gives_away=False)] == [
        "80 to 90 %", "90 to 100 %",
    ]  # fmt: skip
    assert bars(NUMBERS, [], "", gives_away=False) == []


def test_who_has_not_guessed_sees_no_guess_and_who_has_sees_all_without_names(root, monkeypatch):
    answers = Answers(root)
    answers.give(ASKED, ANNA, "A and B")
    set_nickname(root, ANNA, "Annabel")
    at = opened_at("learn", lesson="pixels", step="1")
    assert 'class="guesses"' not in html_of(at)
    at = pressed(at.radio[0].set_value("A and C").run(), "That is my guess")
    assert "2 guesses in the room; 1 of them is right" in words(at)
    assert "your guess" in html_of(at) and "Annabel" not in html_of(at) + words(at) and ANNA not in html_of(at)


def test_the_instructor_watches_guesses_come_without_what_came(root, monkeypatch):
    arrives(monkeypatch, INSTRUCTOR)
    at = opened_at("learn", lesson="pixels", step="1")
    assert 'class="guesses"' not in html_of(at)
    before = GUESSES.stamp_now(ASKED)
    Answers(root).give(ASKED, ANNA, "A and B")
    assert GUESSES.stamp_now(ASKED) != before
    at = at.toggle[0].set_value(True).run()
    assert "1 guess in the room" in words(at) and "what came" not in html_of(at)


def instructors(root, monkeypatch):
    """The question as the instructor sees it, the menu beside it open."""
    arrives(monkeypatch, INSTRUCTOR)
    at = opened_at("learn", lesson="pixels", step="1")
    at.session_state["clear-pixels-1-2"] = True
    return at.run()


def test_the_instructors_own_guess_is_not_the_rooms_and_can_be_cleared(root, monkeypatch):
    Answers(root).give(ASKED, ANNA, "A and B")
    at = instructors(root, monkeypatch)
    at = pressed(at.radio[0].set_value(at.radio[0].options[0]).run(), "That is my guess")
    assert "1 guess in the room" in words(at) and "You guessed" in words(at)
    at.session_state["clear-pixels-1-2"] = True
    at = pressed(at.run(), "Clear my guess")
    assert "You guessed" not in words(at.run()) and "That is my guess" in labels(at)
    assert [each.visitor for each in Answers(root).first(ASKED)] == [ANNA]


def test_a_question_is_cleared_for_the_room_which_may_guess_again_and_comes_back(root, monkeypatch):
    bens = opened_at("learn", lesson="pixels", step="1")
    bens = pressed(bens.radio[0].set_value(bens.radio[0].options[0]).run(), "That is my guess")
    assert "Clear" not in " ".join(labels(bens)) and "You guessed" in words(bens)
    theirs = pressed(instructors(root, monkeypatch), "Clear the room's guesses of this question")
    arrives(monkeypatch, BEN)
    assert "You guessed" not in words(bens.run()) and "That is my guess" in labels(bens)
    pressed(theirs, "Undo: bring 1 back")  # of a screen that is the instructor's no more
    assert Answers(root).first(ASKED) == []
    pressed(instructors(root, monkeypatch), "Undo: bring 1 back")
    arrives(monkeypatch, BEN)
    assert "You guessed" in words(bens.run())


def test_the_first_guess_counts_whatever_one_guesses_then(root):
    at = opened_at("learn", lesson="pixels", step="1")
    wrong, right = "3 and 8", "4 and 9"
    answers = Answers(root)
    answers.give(ASKED, BEN, wrong), answers.give(ASKED, BEN, right)
    assert [each.answer for each in of_room(ASKED)] == [wrong]
    assert "your first one counts" in words(at.run())


def test_what_came_of_a_step_that_all_are_shown_is_kept_back_until_it_is_revealed(root, monkeypatch):
    shown = Exhibit("learn", {"lesson": "pixels", "step": "1"})
    change_room(root, lambda state: replace(state, exhibit=shown))
    bens = opened_at("learn", lesson="pixels", step="1")
    bens = pressed(bens.radio[0].set_value(bens.radio[0].options[0]).run(), "That is my guess")
    assert "once the instructor reveals it" in words(bens) and "your guess" in html_of(bens)
    assert "it is **" not in words(bens) and "what came" not in html_of(bens) and "right" not in words(bens)
    bens.session_state["led_to"] = shown
    theirs = instructors(root, monkeypatch)
    assert "what came" not in html_of(theirs)
    theirs = pressed(theirs, "Reveal")
    assert "It is **" in words(theirs.run()) and "what came" in html_of(theirs)
    arrives(monkeypatch, BEN)
    bens = bens.run()
    assert "it is **" in words(bens) and "what came" in html_of(bens) and "Reveal" not in labels(bens)
    assert "go_next" not in bens.session_state and bens.session_state["led_to"] == shown  # nobody is led there again
    change_room(root, lambda state: replace(state, exhibit=Exhibit("learn", {"lesson": "pixels", "step": "2"})))
    assert "it is **" in words(opened_at("learn", lesson="pixels", step="1"))  # another step is


def test_guesses_are_news_for_visitors_of_a_room_alone(root):
    assert GUESSES.may_hear(ASKED, Visitor(BEN, "", False)) and not GUESSES.may_hear(ASKED, NOBODY)


def test_visitors_are_led_to_the_step_the_instructor_is_at_and_along(root, monkeypatch):
    arrives(monkeypatch, INSTRUCTOR)
    theirs = opened_at("learn", lesson="pixels", step="2", run="gallery-first-look")
    theirs = pressed(theirs, "Show to all")
    assert room_state(root).exhibit == Exhibit("learn", {"lesson": "pixels", "step": "2"}, ())
    arrives(monkeypatch, BEN)
    bens = opened_at("train")
    assert "The instructor shows **Why pixels fail, step 2**" in words(bens)
    bens = pressed(bens, "Go there")
    assert "step 2 of 4" in words(bens)
    arrives(monkeypatch, INSTRUCTOR)
    pressed(theirs, "Next")
    assert room_state(root).exhibit.query == {"lesson": "pixels", "step": "3"}
    arrives(monkeypatch, BEN)
    assert "step 3 of 4" in words(bens.run())


def test_the_instructor_has_the_link_of_a_step(root, monkeypatch):
    arrives(monkeypatch, INSTRUCTOR)
    at = opened_at("learn", lesson="pixels", step="2")
    at.session_state["step_link"] = True
    assert "/learn?lesson=pixels&step=2" in " ".join(each.value for each in at.run().code)
    arrives(monkeypatch, BEN)
    assert "/learn?lesson" not in " ".join(each.value for each in opened_at("learn", lesson="pixels", step="2").code)
