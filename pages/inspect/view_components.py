"""The components of this screen, each a file of JavaScript beside this one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import streamlit as st

from pages.shared import numbers
from pages.shared.matrix import BASE_CSS

HERE = Path(__file__).parent
CSS = BASE_CSS + numbers.CSS + (HERE / "inspect.css").read_text(encoding="utf-8")
TIMELINE = (
    '<div class="timeline" role="group"><div class="above"><span><span class="told"></span><span class="legend" hidden>'
    ' · <i class="up">▼</i> largest gains, <i class="down">▼</i> losses</span></span><span class="still"></span></div>'
    '<div class="track"><span class="before" hidden>pretraining</span>'
    '<svg class="trend" viewBox="0 0 100 24" preserveAspectRatio="none" aria-hidden="true">'
    '<line y1="0" y2="24"></line><polyline points=""></polyline></svg><div class="marks"></div>'
    '<input type="range" min="0" value="0" step="1" aria-label="Snapshot"></div>'
    '<div class="row"><button type="button" class="play" aria-pressed="false">Play</button>'
    '<button type="button" class="back" aria-label="Previous snapshot">‹</button>'
    '<button type="button" class="on" aria-label="Next snapshot">›</button>'
    '<span class="words" aria-live="polite"></span>'
    '<button type="button" class="follow" hidden>Follow</button><select aria-label="Speed"></select></div></div>'
)


def _piece(name: str, html: str, before: str = "") -> Any:
    """`before` is script that the file of this name uses."""
    source = before + (HERE / f"{name}.js").read_text(encoding="utf-8")
    return st.components.v2.component(f"inspect_{name}", html=html, css=CSS, js=source)


timeline = _piece("timeline", TIMELINE)
gallery = _piece("gallery", '<div class="gallery"></div>')
card = _piece("card", '<div class="card" role="region"></div>', numbers.SCRIPT)
centers = _piece("centers", '<div class="centers" role="group"></div>')
flows = _piece("flows", '<div class="flows" role="group"></div>')
_to_images = _piece("to_images", '<button type="button" class="to-images"></button>')


def to_images(data: dict[str, Any]) -> None:
    """A button that brings the box with the images into view; `data["label"]` says what they are."""
    _to_images(data=data, key="to_images_button")


def size(image_shape: tuple[int, ...]) -> dict[str, Any]:
    """How images of that shape are to be painted."""
    return {"height": image_shape[0], "width": image_shape[1], "colour": len(image_shape) == 3}
