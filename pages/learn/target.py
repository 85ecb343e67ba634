"""From q to p: square, divide by how full a cluster is, normalise; each half-step to be seen."""

from __future__ import annotations

from typing import Any

from dec_core.lessons.pieces import Target
from pages.learn.component import COLOURS, component

HTML = (
    '<div class="piece target"><div class="buttons"><button type="button" class="back">Step back</button>'
    '<button type="button" class="forward">Forward</button></div><div class="sentence"></div>'
    '<div class="points"></div><div class="fills"></div><div class="said" role="status"></div></div>'
)
_piece = component("target", HTML, "dec.js", "words.js", "target.js")


def show(options: Target, place: Any) -> None:
    """Draw the points, each a table whose rows come one by one."""
    _piece({**options.model_dump(), "colours": COLOURS[: len(options.others)]}, f"target-{place.key}")
