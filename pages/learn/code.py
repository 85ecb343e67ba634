"""The lines of our own code that compute what a lesson speaks of, with the one that is meant marked."""

from __future__ import annotations

from html import escape
from textwrap import dedent
from typing import Any

import streamlit as st

from dec_core.lessons.pieces import Code

# a line that is too long goes on further in than it began, below its own text
LINE = (
    "display: block; white-space: pre-wrap; overflow-wrap: anywhere; padding: 0 0.6rem 0 {indent}ch; text-indent: -4ch"
)
MEANT = "color: inherit; background: color-mix(in srgb, light-dark(#3f90da, #2f7ac6) 25%, transparent)"
BOX = (
    "margin: 0; padding: 0.7rem 0; border-radius: 8px; font-size: 0.85rem; line-height: 1.6; "
    "font-family: var(--st-code-font, monospace); background: color-mix(in srgb, currentcolor 5%, transparent)"
)


def show(options: Code, _: Any) -> None:
    """Draw the lines, below where they stand."""
    st.html(f'<figure class="lesson-code" style="margin: 0">{_caption(options)}{_lines(options)}</figure>')


def _caption(options: Code) -> str:
    where = f"{escape(options.file)}, line {options.meant}" if options.meant else escape(options.function)
    return f'<figcaption style="font-size: 0.875rem; padding-bottom: 0.3rem">{where}</figcaption>'


def _lines(options: Code) -> str:
    """The lines as HTML, below the first of their function; moved to the left as far as they go, for narrow screens."""
    numbers, texts = zip(*options.excerpt(), strict=True)
    head = [_line(options.head), _line("    …")] if options.head else []
    indent = "    " if options.head else ""
    body = [
        _line(indent + text, "mark" if number == options.meant else "span")
        for number, text in zip(numbers, dedent("\n".join(texts)).split("\n"), strict=True)
    ]
    code = "".join(head + body)
    return f'<pre style="{BOX}"><code style="padding: 0; background: none; color: inherit">{code}</code></pre>'


def _line(text: str, tag: str = "span") -> str:
    code = text.lstrip()
    look = LINE.format(indent=len(text) - len(code) + 5) + (f"; {MEANT}" if tag == "mark" else "")
    return f'<{tag} style="{look}">{escape(code) or " "}</{tag}>'
