"""What is compared: which runs, against which, along what; in the session and in the link."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import streamlit as st

from dec_core.figures.overlay import AXES, SCORES
from dec_core.reading.comparison import MOST_COMPARED

NAMES = ("runs", "reference", "score", "by", "smooth", "seeds", "true", "cluster", "space", "lasso")
WORDS = {"score": ("", *SCORES), "by": tuple(AXES), "seeds": ("", "together", "apart"), "space": ("", "umap", "pca")}
MAX_LETTERS = 100


@dataclass(frozen=True)
class Compared:
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
        told = {name: getattr(self, name) for name in NAMES if getattr(self, name) != getattr(Compared(), name)}
        return {name: ",".join(value) if name == "runs" else str(value) for name, value in told.items()}

    @classmethod
    def from_query(cls, query: dict[str, str]) -> tuple[Compared, list[str]]:
        """What a link describes as far as it can be understood, and what cannot."""
        told: dict[str, Any] = {}
        problems = []
        for name, text in query.items():
            if name == "runs":
                ids = [run_id[:MAX_LETTERS] for run_id in text.split(",") if run_id]
                told["runs"] = tuple(dict.fromkeys(ids))[:MOST_COMPARED]
                if len(ids) > MOST_COMPARED:
                    problems.append(f"runs: received {len(ids)}, expected up to {MOST_COMPARED}; the first are shown")
            elif name == "smooth":
                if text.isascii() and text.isdigit() and len(text) <= 2:
                    told["smooth"] = int(text)
                else:
                    problems.append(f"smooth: received {text[:20]!r}, expected 0 to 99")
            elif name in WORDS and text not in WORDS[name]:
                problems.append(
                    f"{name}: received {text[:20]!r}, expected one of {', '.join(filter(None, WORDS[name]))}"
                )
            elif name in NAMES:
                told[name] = text[:2000]
        return cls(**told), problems


def compared() -> tuple[Compared, list[str]]:
    """What this visitor compares, and what the link got wrong.

    Every request brings the browser's link along, and that may be late. So a link counts only where nothing was
    clicked, and when it is neither what is compared already nor the link that the browser had before.
    """
    state = st.session_state
    clicked = state.get("compared_changed", False)
    linked = {name: value for name, value in st.query_params.to_dict().items() if name in NAMES}
    problems: list[str] = []
    known = [] if "compared" not in state else [{}, state.compared_seen, state.compared.to_query()]
    if "compared" not in state or (not clicked and linked not in known):
        state.compared, problems = Compared.from_query(linked)
    state.compared_seen = linked
    return state.compared, problems


def write_link() -> None:
    """Let the link say what is compared; the run in focus stays in it."""
    st.session_state.compared_changed = False
    wanted = st.session_state.compared.to_query()
    focused = {name: value for name, value in st.query_params.to_dict().items() if name == "run"}
    if st.query_params.to_dict() != focused | wanted:
        st.query_params.from_dict(focused | wanted)


def compare(**changes: Any) -> None:
    """Change what is compared, for use in callbacks."""
    st.session_state.compared = replace(st.session_state.compared, **changes)
    st.session_state.compared_changed = True
