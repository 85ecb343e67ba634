"""The wall of pinned images: the button that pins one, and the wall itself, which fills up as people pin."""

from __future__ import annotations

import io
from base64 import b64encode
from collections.abc import Sequence
from html import escape
from urllib.parse import urlencode

import streamlit as st
from PIL import Image

from dec_core.config import ConfigError
from dec_core.data import DataError
from dec_core.gallery import is_recording
from dec_core.runs.pins import ONLY_RECORDINGS, Pin, Pins
from pages.shared.answered import who
from pages.shared.news import Kind, redraw_on_news, seen
from pages.shared.opened import opened, snapshot
from pages.shared.places import runs_root
from pages.shared.text import count_of
from pages.shared.trouble import tell_problem, writing
from pages.shared.visitor import NOBODY, Visitor, is_room

MOST_SHOWN = 40
ABOUT = "Everybody in the room sees it on the wall, in the lesson on the whole thing; nobody sees whose pin it is."
ON_DESK = "It is kept on the wall, in the lesson on the whole thing."
CSS = """<style>
.pins { display: flex; flex-wrap: wrap; gap: 0.8rem; }
.pins a { display: block; width: 6.2rem; color: inherit; font-size: 0.85rem; line-height: 1.25; text-decoration: none; }
.pins a:hover { text-decoration: underline; }
.pins img { width: 6.2rem; image-rendering: pixelated; border-radius: 4px; display: block; margin-bottom: 0.2rem; }
</style>"""


def _stamp(_: str) -> str:
    return repr([(pin.run, pin.sample, pin.n_people) for pin in Pins(runs_root()).all("")][:MOST_SHOWN])


def _may_hear(_: str, visitor: Visitor) -> bool:
    return is_room() and visitor != NOBODY


PINS = Kind("pins", _stamp, _may_hear)


def pin_button(run: str, sample: int) -> None:
    """Pin the image of a recording, or take one's own pin down; of other runs a word why not."""
    is_mine = any(pin.is_mine and pin.sample == sample for pin in Pins(runs_root()).all(who(), run))
    if is_mine:
        st.button(
            "Take my pin off", key="pin_to_wall", icon=":material/keep_off:", on_click=_take_down, args=(run, sample)
        )
    else:
        can = is_recording(run)
        st.button("Pin to the wall", key="pin_to_wall", icon=":material/keep:", on_click=_pin, args=(run, sample),
                  disabled=not can, help=(ABOUT if is_room() else ON_DESK) if can else ONLY_RECORDINGS)  # fmt: skip


def _pin(run: str, sample: int) -> None:
    try:
        with writing("What is pinned"):
            Pins(runs_root()).pin(run, sample, who())
    except ValueError as error:
        tell_problem(error)


def _take_down(run: str, sample: int) -> None:
    try:
        with writing("What is pinned"):
            Pins(runs_root()).take_down(run, sample, who())
    except ValueError as error:
        tell_problem(error)


def pins_of(run: str = "") -> list[Pin]:
    """What is pinned, of all recordings or of one."""
    return Pins(runs_root()).all(who(), run)


def wall_of_pins(run: str, key: str) -> None:
    """What is pinned of one recording, or of all; drawn anew in a room as people pin."""
    st.fragment(_wall)(run, key)


def _wall(run: str, key: str) -> None:
    before = seen(PINS, "")  # first: what comes while this is drawn is news
    pins = pins_of(run)
    if pins:
        st.html(wall(pins[:MOST_SHOWN]))
        st.caption(_said(pins))
    else:
        st.caption("Nothing is pinned yet. Open an image in Inspect, and press *Pin to the wall*.")
    if is_room():
        with st.container(key=f"unseen-pins-{key}"):
            redraw_on_news(before, key=f"news-pins-{key}")


def _said(pins: Sequence[Pin]) -> str:
    left = f"; the first {MOST_SHOWN:d} are shown" if len(pins) > MOST_SHOWN else ""
    return f"{count_of(len(pins), 'image')} pinned{left}."


def wall(pins: Sequence[Pin]) -> str:
    """The images with what each is, and by how many people it was pinned, as HTML; each leads to it in Inspect."""
    return f'{CSS}<div class="pins">{"".join(map(_figure, pins))}</div>'


def _figure(pin: Pin) -> str:
    try:
        run = opened(pin.run)
        now = snapshot(run, len(run.snapshots) - 1)
    except (ConfigError, DataError, OSError):
        return ""  # a recording that could not be put into this folder
    file = io.BytesIO()
    Image.fromarray(run.images[pin.sample]).save(file, format="PNG")
    what = f"a {run.classes[run.y[pin.sample]]}, in {now.name_of(int(now.labels[pin.sample]))}"
    by = (
        ("yours" if pin.n_people == 1 else f"yours, and {pin.n_people - 1} more") if pin.is_mine else f"{pin.n_people}×"
    )
    number = f" · {by}" if is_room() else ""
    return (
        f'<a href="./inspect?{escape(urlencode({"run": pin.run, "sample": pin.sample}))}" target="_self">'
        f'<img src="data:image/png;base64,{b64encode(file.getvalue()).decode()}" alt="">'
        f"<span>{escape(what)}{number}</span></a>"
    )
