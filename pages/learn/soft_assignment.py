"""One point among some centers, to be moved: its distances, and its q with these very numbers."""

from __future__ import annotations

from typing import Any

from dec_core.lessons.pieces import SoftAssignment
from pages.learn.component import COLOURS, component

HTML = (
    '<div class="piece soft-assignment"><div class="plane"><canvas role="img"></canvas>'
    '<div class="handles"></div></div>'
    '<label class="alpha">alpha <input type="range" min="-1" max="1" step="any"><output></output></label>'
    "<table><thead><tr><th></th><th>distance</th><th>weight</th><th>q</th><th></th></tr></thead><tbody></tbody>"
    '<tfoot><tr><th scope="row">sum</th><td></td><td class="sum"></td><td>1</td><td></td></tr></tfoot></table>'
    '<div class="formula"></div><div class="said" role="status"></div></div>'
)
_piece = component("soft_assignment", HTML, "dec.js", "words.js", "plane.js", "soft_assignment.js")


def show(options: SoftAssignment, place: Any) -> None:
    """Draw the plane, and below it the numbers."""
    data = {**options.model_dump(), "colours": COLOURS[: len(options.centers)]}
    _piece(data, f"soft-assignment-{place.key}")
