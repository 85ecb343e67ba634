"""A visitor's nickname: what may be one. It says how somebody wants to be called, and never who it is."""

from __future__ import annotations

import unicodedata

MAX_LETTERS = 40
JOINERS = "\u200c\u200d"  # within words of Persian, Hindi and others, and within emoji


def nickname(text: str) -> str:
    """The nickname that somebody has typed, in one spelling (NFC) and with single spaces; "" for none.

    Raises
    ------
    ValueError
        If it is longer than `MAX_LETTERS`, or holds what cannot be seen: control characters, marks that turn the
        direction of writing, code points that are no characters. Or if it holds nothing that can be.
    """
    name = " ".join(unicodedata.normalize("NFC", text[: 10 * MAX_LETTERS]).split())
    if not name:
        return ""
    if len(name) > MAX_LETTERS:
        raise ValueError(f"name: received {len(name)} letters, expected up to {MAX_LETTERS}; shorten it")
    kinds = {unicodedata.category(letter) for letter in name if letter not in JOINERS}
    if any(kind[0] == "C" for kind in kinds):
        raise ValueError("name: received characters that cannot be seen, expected letters, digits, signs and spaces")
    if not any(kind[0] in "LNSP" for kind in kinds):
        raise ValueError("name: received marks alone, expected at least one letter, digit or sign")
    return name
