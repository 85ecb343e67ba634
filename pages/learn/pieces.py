"""How each piece of a lesson is drawn: its name, and the function that is given its options and its place."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from pages.learn import (
    code,
    confusion,
    decode_plane,
    decoded,
    digits,
    draw,
    links,
    numbers,
    pins,
    questions,
    replayed,
    sentence,
    soft_assignment,
    stepper,
    target,
)


@dataclass(frozen=True)
class Place:
    """Where a piece stands: what its widgets' keys are made of, and under which its answers are kept."""

    lesson: str
    step: int
    part: int

    @property
    def key(self) -> str:
        """A key for a widget of this piece."""
        return f"{self.lesson}-{self.step}-{self.part}"


DRAW: dict[str, Callable[[Any, Place], None]] = {
    "guess": questions.guess,
    "check": questions.check,
    "code": code.show,
    "link": links.show,
    "digits": digits.show,
    "confusion": confusion.show,
    "decoded": decoded.show,
    "draw": draw.show,
    "replay": replayed.show,
    "pins": pins.show,
    "decode-plane": decode_plane.show,
    "numbers": numbers.show,
    "soft-assignment": soft_assignment.show,
    "target": target.show,
    "stepper": stepper.show,
    "sentence": sentence.show,
}
# which stand beside the text, where there is room
WIDE = frozenset({"digits", "confusion", "decoded", "decode-plane", "numbers", "soft-assignment", "stepper", "target"})
