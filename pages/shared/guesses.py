"""Everybody's guesses as bars: the share of each answer, one's own and what came marked; nobody's name."""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from math import isfinite

import streamlit as st

from dec_core.lessons.pieces import Guess
from dec_core.runs.answers import Answer, Answers
from dec_core.runs.ownership import INSTRUCTOR
from pages.shared.components import source
from pages.shared.news import Kind
from pages.shared.places import runs_root
from pages.shared.visitor import NOBODY, Visitor, is_room

BINS = 10  # of guessed numbers


@dataclass(frozen=True)
class Bar:
    """One answer, or a range of numbers: how many guessed it, and whether it is one's own, and what came."""

    label: str
    n: int
    is_mine: bool
    is_right: bool


def _stamp(asked: str) -> str:
    """Another one once somebody has answered the question."""
    return Answers(runs_root()).stamp(asked)


def _may_hear(_: str, who: Visitor) -> bool:
    return is_room() and who != NOBODY


GUESSES = Kind("guesses", _stamp, _may_hear)


def question_id(lesson: str, step: int, part: int) -> str:
    """The name of a question among all answers."""
    return f"{lesson}/{step}/{part}"


def of_room(asked: str) -> list[Answer]:
    """The first guess of everybody but the instructor, who tries a question before the room does."""
    return [each for each in Answers(runs_root()).first(asked) if each.visitor != INSTRUCTOR]


def bars(options: Guess, given: Sequence[Answer], mine: str, *, gives_away: bool = True) -> list[Bar]:
    """A bar for each answer there is, or for each tenth of the range between the outermost guesses.

    `gives_away`: and what came; otherwise, where the bars end would say something of it.
    """
    if options.options is not None:
        counts = Counter(each.answer for each in given)
        return [Bar(each, counts[each], each == mine, each == str(options.answer)) for each in options.options]
    width = (options.high - options.low) / BINS

    def bin_of(number: float) -> int:
        return min(max(int((number - options.low) / width), 0), BINS - 1)

    counts = Counter(bin_of(number) for each in given if (number := as_number(each.answer)) is not None)
    own, right = as_number(mine), bin_of(float(options.answer))
    ends = [*counts, *([right] if gives_away else [])]
    shown = range(min(ends), max(ends) + 1) if ends else ()
    unit = f" {options.unit}" if options.unit else ""
    return [
        Bar(
            f"{options.low + i * width:g} to {options.low + (i + 1) * width:g}{unit}",
            counts[i],
            own is not None and i == bin_of(own),
            i == right,
        )
        for i in shown
    ]


def as_number(text: str) -> float | None:
    """A guessed number; None of what is none."""
    try:
        number = json.loads(text)
    except ValueError:
        return None
    return float(number) if isinstance(number, int | float) and isfinite(number) else None


def picture(shown: Sequence[Bar], *, gives_away: bool) -> str:
    """The bars as HTML that can be read aloud, one's own guess marked. `gives_away`: what came is marked, too."""
    total = max(sum(bar.n for bar in shown), 1)
    rows = "".join(_row(bar, bar.n / total, gives_away=gives_away) for bar in shown)
    return f'<ul class="guesses" aria-label="Guesses of the room">{rows}</ul>'


def show_bars(shown: Sequence[Bar], *, gives_away: bool) -> None:
    """Draw them, and what they say."""
    st.html(source("guesses.css") + picture(shown, gives_away=gives_away))
    st.caption(finding(shown, gives_away=gives_away))


def _row(bar: Bar, share: float, *, gives_away: bool) -> str:
    is_told = gives_away and bar.is_right
    marks = [("mine", "your guess")] * bar.is_mine + [("came", "✓ what came")] * is_told
    said = "".join(f"<em class={kind!r}>{text}</em>" for kind, text in marks)
    look = " class='right'" if is_told else ""
    return (
        f"<li{look}><span>{escape(bar.label)}{said}</span>"
        f'<i style="--share: {share:.3f}" aria-hidden="true"></i><b>{bar.n} <small>({share:.0%})</small></b></li>'
    )


def finding(shown: Sequence[Bar], *, gives_away: bool) -> str:
    """What the bars say: how many have guessed, and how many of them what came."""
    total, right = sum(bar.n for bar in shown), sum(bar.n for bar in shown if bar.is_right)
    said = f"{total:d} {'guess' if total == 1 else 'guesses'} in the room"
    return f"{said}; {right} of them {'is' if right == 1 else 'are'} right" if gives_away and total else said


def over_time(mine: Sequence[Answer], unit: str) -> str:
    """One's own guesses, the first one first, as in "A (1 Nov 10:00) → B (2 Nov 11:00)"."""
    return " → ".join(f"{each.answer}{unit} ({time.strftime('%d %b %H:%M', time.localtime(each.at))})" for each in mine)
