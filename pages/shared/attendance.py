"""Who is in the room now, and who of them is led along by the instructor: counted, by nobody's name."""

from __future__ import annotations

from dec_core.runs.ownership import INSTRUCTOR
from pages.shared.identity import seen_within
from pages.shared.visitor import id_in, own_cookie

NOW = 120.0  # seconds within which a browser that is there says so; one that listens does so every 15
_followers: set[str] = set()
_projectors: set[str] = set()


def note_following(follows: bool) -> None:
    """Whether the browser for which a screen is drawn is led along."""
    _note(_followers, follows)


def note_projector(is_one: bool) -> None:
    """Whether it shows what nobody sits at."""
    _note(_projectors, is_one)


def present() -> tuple[int, int]:
    """How many people are there, the instructor and the projector aside, and how many of them follow."""
    people = seen_within(NOW) - _projectors - {INSTRUCTOR}
    return len(people), len(people & _followers)


def _note(noted: set[str], is_so: bool) -> None:
    browser_id = id_in(own_cookie())
    if browser_id and is_so:
        noted.add(browser_id)
    else:
        noted.discard(browser_id)
