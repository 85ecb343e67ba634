"""The numbers of one digit of a recorded run, as Inspect's card shows them."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from dec_core.lessons.pieces import Numbers
from pages.learn.component import component
from pages.learn.recordings import last_of
from pages.shared.matrix import base64_of
from pages.shared.numbers import CSS, numbers_data

HTML = (
    '<div class="piece one-digit"><header><canvas role="img"></canvas><p></p></header>'
    '<div class="of-numbers"></div></div>'
)
_piece = component("numbers", HTML, "../shared/numbers.js", "numbers.js", css=CSS)


def show(options: Numbers, place: Any) -> None:
    """Draw the digit, what became of it in a sentence, and the parts that are asked for."""
    _piece(_data(options.run, options.sample, tuple(options.parts)), f"numbers-{place.key}")


@lru_cache(maxsize=16)
def _data(run_id: str, sample: int, parts: tuple[str, ...]) -> dict[str, Any]:
    now = last_of(run_id)
    height, width = now.run.image_shape[:2]
    return {
        "image": base64_of(now.run.images[sample]),
        "width": width,
        "height": height,
        "alt": f"digit {sample} of the run",
        "sentence": now.story(sample),
        "numbers": numbers_data(now, sample, parts),
    }
