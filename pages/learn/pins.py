"""The wall of what people have pinned of a recording."""

from __future__ import annotations

from typing import Any

from dec_core.lessons.pieces import PinnedImages
from pages.shared.pinned import wall_of_pins


def show(options: PinnedImages, place: Any) -> None:
    """Draw the wall."""
    wall_of_pins(options.run, place.key)
