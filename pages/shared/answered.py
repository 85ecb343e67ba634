"""What people have answered in lessons, pinned, and how far they are: for every screen that asks."""

from __future__ import annotations

from dec_core.runs.answers import Answers
from pages.shared.places import runs_root
from pages.shared.visitor import visitor


def answers() -> Answers:
    """The answers of everybody on this server."""
    return Answers(runs_root())


def who() -> str:
    """Under which id the visitor's answers are kept; "" on a desk, where all are one person's."""
    return visitor().id


def reached() -> dict[str, int]:
    """The furthest step of each lesson that the visitor has begun."""
    return answers().progress(who())
