"""Text on the screen: whatever comes from outside is escaped where Streamlit reads Markdown.

Streamlit takes nearly every text for Markdown: labels of buttons and inputs, tooltips, messages. So whatever people or
links have chosen (names of classes, runs, presets and sweeps, parts of an address, errors that quote them) goes
through `escape` or `sentence`, there where it is shown; what is passed on before is plain.
"""

from __future__ import annotations

from dec_core.analysis.verdict import thousands
from dec_core.figures.markdown import escape

MOST = 600  # letters of a sentence

__all__ = ["as_written", "count_of", "escape", "sentence"]


def count_of(n: int, noun: str) -> str:
    """A number with its noun, of which the plural has an s: 1 image, 12 images."""
    return f"{thousands(n)} {noun}{'' if n == 1 else 's'}"


def as_written(text: str) -> str:
    """Markdown that is meant as such: that of lessons, which whoever runs the server has written."""
    return text


def sentence(text: object) -> str:
    """What an error says, or any text, as an escaped sentence: with a capital and a full stop."""
    stripped = str(text).strip()
    end = "" if stripped.endswith((".", "!", "?", "…")) else "."
    return f"{escape(stripped[:1].upper() + stripped[1:], MOST)}{end}" if stripped else ""
