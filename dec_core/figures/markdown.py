"""Text from outside, for where it is read as Markdown: in the app and in notebooks."""

from __future__ import annotations

import re
import unicodedata

MOST = 300  # letters by default
JOINER = "\u2060"  # has no width and parts nothing, but what stands on its two sides is no longer one token
BLANKS = re.compile(r"[ \t-\r\x1c-\x1f\x85\u2028\u2029]+")  # those that may end a line; thin ones and the like stay
MARKS = re.compile(r"[\\`*_\[\]<>$~|&]|:(?=\S)|^[-+=#]")
NUMBERED = re.compile(r"^(\d{1,9})([.)])")  # a list
# Streamlit and GitHub look for these in the text that is left once all escapes are resolved: addresses without
# brackets, :shortcodes:, arrows and dashes
LATE = re.compile(r"(?<=:)(?=\S)|(?<=@)|(?<=www)(?=\.)|(?<=[-<>=~])(?=[-<>=~])", re.IGNORECASE)
BIDI = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def escape(text: object, most: int = MOST) -> str:
    """Markdown that shows `text` as it is: no link, picture, formula, HTML, icon, emoji, colour or heading.

    White space of any kind is one blank, controls and marks of the writing's direction are shown as "�", and what
    is longer than `most` letters ends in "…".
    """
    plain = "".join("\ufffd" if _is_control(letter) else letter for letter in BLANKS.sub(" ", str(text)).strip())
    if len(plain) > most:
        plain = f"{plain[: most - 1]}…"
    return NUMBERED.sub(r"\1\\\2", MARKS.sub(_escaped, LATE.sub(JOINER, plain)))


def _is_control(letter: str) -> bool:
    return letter in BIDI or unicodedata.category(letter) in ("Cc", "Cs", "Co", "Cn")


def _escaped(mark: re.Match[str]) -> str:
    return "&#92;" if mark[0] == "\\" else f"\\{mark[0]}"  # two backslashes before a bracket: to Jupyter a formula
