"""The component by which a browser follows a run: the bar, the words that move, and whether the server is there."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import quote

import streamlit as st

from pages.shared.components import source
from pages.train.moment import Moment

HERE = Path(__file__).parent
BAR = (
    '<div class="live"><div class="bar" role="progressbar" aria-label="Training" aria-valuemin="0" aria-valuemax="100">'
    '<div></div></div><span class="lost" role="status"></span><span class="said" role="status"></span></div>'
)
HEIGHT = 14  # pixels

_live = st.components.v2.component(
    "live", html=BAR, css=(HERE / "live.css").read_text("utf-8"),
    js=source("stream.js") + (HERE / "live.js").read_text("utf-8"),
)  # fmt: skip


def follow(moment: Moment | None, *, awaits: bool = False) -> None:
    """Draw the bar, and have the browser follow the run as long as there is something to come.

    `awaits` says that a command is under way, so that whatever comes next is drawn by Streamlit.
    """
    data = {"url": "", "number": 0, "layout": "", "words": NOTHING, "awaits": False}
    if moment is not None:
        url = "" if moment.over else f"live/{quote(moment.run.id)}"
        data = {"url": url, "number": moment.number, "layout": moment.layout, "words": moment.words, "awaits": awaits}
    _live(data=data, key="live", height=HEIGHT, on_news_change=_draw)


NOTHING = {"line": "", "fraction": 0.0, "numbers": [], "said": ""}


def _draw() -> None:
    """The callback that makes the component's news start a redraw."""
