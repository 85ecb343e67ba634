"""What is compared: which runs, against which, along what; in the session and in the link."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import streamlit as st

from dec_core.figures.overlay import AXES, SCORES
from dec_core.reading.comparison import MOST_COMPARED
from pages.shared import link

NAMES = ("runs", "reference", "score", "by", "smooth", "seeds", "true", "cluster", "space", "lasso")
WORDS = {"score": ("", *SCORES), "by": tuple(AXES), "seeds": ("", "together", "apart"), "space": ("", "umap", "pca")}
MAX_LETTERS = 100


@dataclass(frozen=True)
class Comparison:
    """One look at several runs.

    Attributes
    ----------
    runs : tuple of str
        Ids, in the order of their colours.
    reference : str
        The run against which the others are held; "" for the first.
    score : str
        Of the curves; "" for the first that there is.
    by : str
        What the curves run along.
    smooth : int
        Per cent of the past in the moving average.
    seeds : str
        Whether runs that differ in their seed alone are one: "together", "apart", or "" for what suits the choice.
    true, cluster : str
        The chosen cell of the matrices: names of a class and of a cluster, "" for any.
    space : str
        The projection; "" for the best that all have.
    lasso : str
        Enclosed points, as "run:x,y,x,y,...".
    """

    runs: tuple[str, ...] = ()
    reference: str = ""
    score: str = ""
    by: str = "iteration"
    smooth: int = 0
    seeds: str = ""
    true: str = ""
    cluster: str = ""
    space: str = ""
    lasso: str = ""

    def to_query(self) -> dict[str, str]:
        """Only what differs from the default."""
        changed = {name: getattr(self, name) for name in NAMES if getattr(self, name) != getattr(Comparison(), name)}
        return {name: ",".join(value) if name == "runs" else str(value) for name, value in changed.items()}

    @classmethod
    def from_query(cls, query: Mapping[str, str]) -> tuple[Comparison, list[str]]:
        """What a link describes as far as it can be understood, and what cannot."""
        values: dict[str, Any] = {}
        problems: list[str] = []
        for name in NAMES:
            try:
                if name in query:
                    values[name] = READERS.get(name, _text)(name, query[name])
            except ValueError as error:
                problems.append(str(error))
        n = len(_ids(query.get("runs", "")))
        if n > MOST_COMPARED:
            problems.append(f"runs: received {n}, expected up to {MOST_COMPARED}; the first are shown")
        return cls(**values), problems


def _ids(text: str) -> list[str]:
    return [run_id[:MAX_LETTERS] for run_id in text.split(",") if run_id]


def _runs(name: str, text: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(_ids(text)))[:MOST_COMPARED]


def _smooth(name: str, text: str) -> int:
    if text.isascii() and text.isdigit() and len(text) <= 2:
        return int(text)
    raise ValueError(f"smooth: received {text[:20]!r}, expected 0 to 99")


def _text(name: str, text: str) -> str:
    if name in WORDS and text not in WORDS[name]:
        raise ValueError(f"{name}: received {text[:20]!r}, expected one of {', '.join(filter(None, WORDS[name]))}")
    return text[:2000]


READERS = {"runs": _runs, "smooth": _smooth}


def take_comparison() -> tuple[list[str], bool]:
    """Take up what this visitor compares, as `st.session_state.compared`.

    Returned are what the link got wrong, and whether it was taken from a link, or the lack of one, just now.
    """
    state, (asked, followed) = st.session_state, link.followed()
    problems: list[str] = []
    followed = followed or "compared" not in state
    if followed:
        state.compared, problems = Comparison.from_query(asked)
    return problems, followed


def write_link() -> None:
    """Let the link say what is compared; the run in focus stays in it."""
    link.write(st.session_state.compared.to_query())


def compare(**changes: Any) -> None:
    """Change what is compared, for use in callbacks."""
    st.session_state.compared = replace(st.session_state.compared, **changes)
