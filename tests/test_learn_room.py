"""Learn in a room: guesses of all as they come, the instructor's step that others are led to, and its link."""

import pytest
from rooms import ANNA, BEN, arrives
from screens import app_over, opened_at

from dec_core.gallery import install
from dec_core.lessons.pieces import Guess
from dec_core.runs.answers import Answer, Answers
from dec_core.runs.ownership import INSTRUCTOR
from dec_core.runs.room_state import Exhibit, room_state, set_nickname
from pages.learn.guesses import GUESSES, bars, finding, picture
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
    assert "guess<" not in picture(shown, gives_away=False) and "what came" not in picture(shown, gives_away=False)


def test_numbers_are_counted_by_tenths_with_what_came_among_them_even_if_nobody_guessed_it():
    shown = bars(NUMBERS, given("80", "100", "nothing", "NaN"), "80")
    assert [(bar.label, bar.n) for bar in shown] == [
        ("50 to 60 %", 0), ("60 to 70 %", 0), ("70 to 80 %", 0), ("80 to 90 %", 1), ("90 to 100 %", 1),
    ]  # fmt: skip
    assert [bar.is_right for bar in shown] == [True, False, False, False, False] and shown[3].is_mine


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
