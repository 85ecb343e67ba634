"""A sentence with numbers in it that can be dragged."""

from __future__ import annotations

from typing import Any

from dec_core.lessons.pieces import Sentence
from pages.learn.component import component

HTML = '<div class="piece numbered"><div class="line"></div><div class="said" role="status"></div></div>'
_piece = component("sentence", HTML, "dec.js", "words.js", "sentence.js")


def show(options: Sentence, place: Any) -> None:
    """Draw the sentence."""
    _piece(options.model_dump(), f"sentence-{place.key}")
