"""The interactive pieces that run in the browser: their scripts are files beside this one, served once."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import streamlit as st

from dec_core.figures.palette import colours
from pages.shared.components import BY_SCRIPT, script_url

HERE = Path(__file__).parent
COLOURS = colours((0, 6, 3, 4, 9))  # of clusters A to E: those that differ most when they are mixed


@cache
def script(*names: str) -> str:
    """The text of some of these files, one behind the other: a module that needs no other."""
    return "\n".join((HERE / name).read_text(encoding="utf-8") for name in names)


def component(name: str, html: str, *scripts: str, css: str = "") -> Callable[[dict[str, Any], str], None]:
    """A function (data, key) that shows a piece. The last of `scripts` exports `draw`, which is given `data`.

    `css` stands behind that of all pieces.
    """
    mounted = st.components.v2.component(
        f"learn_{name}", html=html, css=(HERE / "pieces.css").read_text(encoding="utf-8") + css, js=BY_SCRIPT
    )

    def show(data: dict[str, Any], key: str) -> None:
        mounted(data={**data, "script": script_url(f"learn-{name}", script(*scripts))}, key=key)

    return show
