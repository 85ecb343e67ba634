"""What is looked at: filters, moment, projection, order, page and sample; in the session and in the link.

The link is the state: what one sees, another sees by it.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any, NoReturn

import streamlit as st

from dec_core.analysis.inspection import ORDERS
from dec_core.reading.selection import Selection

SHARES = ("count", "row", "column")
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
        selection, problems = Selection.read(query)
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


def looking(run_id: str) -> tuple[list[str], bool]:
    """Take up what this visitor looks at in a run, as `st.session_state.look`.

    Returned are what the link got wrong, and whether the look was taken from the link just now.

    Every request brings the browser's link along, and that may be late. So a link counts only where the whole page is
    asked for and nothing on it was clicked: then somebody has followed a link or gone back.
    """
    state, linked = st.session_state, _linked()
    whole, by_click = state.pop("look_whole", False), state.pop("look_changed", False)
    problems: list[str] = []
    followed = whole and not by_click and linked != state.get("look", Looking()).to_query()
    if state.get("looking_at") != run_id or followed:
        followed = not state.picked  # in the list of runs: then the link speaks of the one before
        state.look, problems = Looking.from_query(linked) if followed else (Looking(), [])
    state.looking_at = run_id
    return problems, followed


def whole_page() -> None:
    """The whole page is being drawn, and not only what a click in it changes."""
    st.session_state.look_whole = True


def draw_again() -> NoReturn:
    """Draw the whole page, whatever its link says."""
    st.session_state.look_changed = True
    st.rerun()


def _linked() -> dict[str, str]:
    return {name: value for name, value in st.query_params.to_dict().items() if name != "run"}


def write_link(run_id: str) -> None:
    """Let the link say what is looked at."""
    st.session_state.look_changed = False
    wanted = st.session_state.look.to_query()
    if _linked() != wanted:
        st.query_params.from_dict({"run": run_id, **wanted})


def look(**values: Any) -> None:
    """Change what is looked at. Where other samples are shown, the gallery goes back to its first page."""
    if values.keys() & {"selection", "order", "moment", "group"}:
        values.setdefault("page", 0)
    st.session_state.look = replace(st.session_state.look, **values)
    st.session_state.look_changed = True


def choose(**filters: Any) -> None:
    """Change filters of the selection; a card that is open closes."""
    look(selection=st.session_state.look.selection.replace(**filters), sample=None)


def shows(name: str, value: Any) -> str:
    """The key of a widget that shows `value`, a part of the look.

    It is another widget whenever something else has changed that part. So a request that was under way while it did,
    and brings along what the widget showed before, speaks of a widget that is no more.
    """
    state = st.session_state
    number, shown = state.get(f"showing_{name}", (0, value))
    if shown != value:
        number += 1
    state[f"showing_{name}"] = number, value
    state[f"{name}_{number}"] = value
    return f"{name}_{number}"


def chosen(name: str) -> Any:
    """What has just been chosen with the widget that `shows` gave a key; it stays the same widget."""
    number, _ = st.session_state[f"showing_{name}"]
    value = st.session_state[f"{name}_{number}"]
    st.session_state[f"showing_{name}"] = number, value
    return value
