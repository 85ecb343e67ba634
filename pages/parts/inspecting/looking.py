"""What is looked at: filters, moment, projection, order, page and sample; in the session and in the link.

The link is the state: what one sees, another sees by it.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import streamlit as st

from dec_core.analysis.inspection import ORDERS
from dec_core.runs.selection import Selection, SelectionError

SHARES = ("count", "row", "column")
LATE = 5.0  # seconds by which a link may come late
JUST_NOW = 1.0  # seconds by which a request may
COLOURS = ("digit", "cluster", "wrong", "sure", "changed")


@dataclass(frozen=True)
class Looking:
    """One look at one run.

    Attributes
    ----------
    selection : Selection
    moment : int or None
        Number of the moment, None for the newest.
    space : str
        The projection: "umap", "pca" or two dimensions of z as in "z0,z1"; "" for the best there is.
    colour : str
    order : str
        Of the gallery; "" for the most telling.
    group : str
        What the gallery is grouped by: "digit", "cluster" or nothing.
    page : int
        Of the gallery.
    sample : int or None
        The sample whose card is open.
    since : int or None
        The moment to which this one is compared; None for the first that has clusters.
    pin : str
        A second run, by its id, or a moment of it as "id@number"; "" for none.
    share : str
        What the matrix shows: "count", per cent of the "row", or of the "column".
    """

    selection: Selection = field(default_factory=Selection)
    moment: int | None = None
    space: str = ""
    colour: str = ""
    order: str = ""
    group: str = ""
    page: int = 0
    sample: int | None = None
    since: int | None = None
    pin: str = ""
    share: str = "count"

    def to_query(self) -> dict[str, str]:
        """Only what differs from the default."""
        query = self.selection.to_query()
        for name in ("space", "colour", "order", "group", "pin"):
            if getattr(self, name):
                query[name] = getattr(self, name)
        for name in ("moment", "sample"):
            if getattr(self, name) is not None:
                query[name] = str(getattr(self, name))
        if self.since is not None:
            query["from"] = str(self.since)
        if self.page:
            query["page"] = str(self.page + 1)
        if self.share != "count":
            query["share"] = self.share
        return query

    @classmethod
    def from_query(cls, query: dict[str, str]) -> tuple[Looking, list[str]]:
        """The look that a link describes as far as it can be understood, and what cannot."""
        problems = []
        try:
            selection = Selection.from_query(query)
        except SelectionError as error:
            selection, problems = Selection(), [str(error)]
        numbers: dict[str, Any] = {}
        for name in ("moment", "sample", "page", "from"):
            text = query.get(name)
            if text is not None and text.isascii() and text.isdigit() and len(text) < 12:
                numbers[name] = int(text)
            elif text is not None:
                problems.append(f"{name}: received {text[:20]!r}, expected a whole number from 0 on")
        known = {"colour": COLOURS, "order": ORDERS, "group": ("digit", "cluster"), "share": SHARES}
        words = {}
        for name, options in known.items():
            if query.get(name) in options:
                words[name] = query[name]
            elif query.get(name):
                problems.append(f"{name}: received {query[name][:20]!r}, expected one of {', '.join(options)}")
        page = max(numbers.pop("page", 1) - 1, 0)
        told = {
            "space": query.get("space", "")[:20],
            "pin": query.get("pin", "")[:100],
            "since": numbers.pop("from", None),
        }
        return cls(selection, page=page, **told, **numbers, **words), problems


def looking(run_id: str) -> list[str]:
    """Take up what this visitor looks at in a run, as `st.session_state.look`; what the link got wrong.

    As with the run in focus, a link counts only when it is another one than the browser may still be sending: every
    request brings the browser's link along, and that may be late.
    """
    state = st.session_state
    linked = _linked()
    problems: list[str] = []
    if state.get("looking_at") != run_id:
        of_another = state.get("looking_at") is not None and linked in _expected()
        state.look, problems = (Looking(), []) if of_another else Looking.from_query(linked)
        state.look_wrote, state.look_past = [(time.monotonic(), linked)], []
    elif linked not in (*_expected(), state.look.to_query()):
        state.look, problems = Looking.from_query(linked)
        state.look_wrote = [(time.monotonic(), linked)]
    state.looking_at = run_id
    return problems


def _linked() -> dict[str, str]:
    return {name: value for name, value in st.query_params.to_dict().items() if name != "run"}


def _expected() -> list[dict[str, str]]:
    """Links that need no attention: the newest that is known, and those that were the browser's a moment ago."""
    wrote = st.session_state.get("look_wrote", [])
    recent = [query for when, query in wrote if time.monotonic() - when < LATE]
    return [*(query for _, query in wrote[-1:]), *recent]


def write_link(run_id: str) -> None:
    """Let the link say what is looked at."""
    wanted, linked = st.session_state.look.to_query(), _linked()
    if linked != wanted:
        now = time.monotonic()
        st.query_params.from_dict({"run": run_id, **wanted})
        st.session_state.look_wrote = [*st.session_state.look_wrote[-8:], (now, linked), (now, wanted)]


def look(**values: Any) -> None:
    """Change what is looked at. Where other samples are shown, the gallery goes back to its first page."""
    if values.keys() & {"selection", "order", "moment", "group"}:
        values.setdefault("page", 0)
    state = st.session_state
    state.look_past = [*state.get("look_past", [])[-8:], (time.monotonic(), state.look)]
    state.look = replace(state.look, **values)


def choose(**filters: Any) -> None:
    """Change filters of the selection; a card that is open closes."""
    look(selection=st.session_state.look.selection.but(**filters), sample=None)


def is_late(value: Any, shown: Callable[[Looking], Any]) -> bool:
    """Whether a widget's value is what it showed a moment ago, and not a choice.

    A request that was under way while something else was clicked brings along what widgets showed before that click.
    `shown` tells what the widget shows of a look.
    """
    state, now = st.session_state, time.monotonic()
    past = [shown(old) for when, old in state.get("look_past", []) if now - when < JUST_NOW]
    return value != shown(state.look) and value in past
