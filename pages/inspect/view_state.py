"""What is looked at: filters, moment, projection, order, page and sample; in the session and in the link.

The link is the state: what one sees, another sees by it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import streamlit as st

from dec_core.analysis.inspection import ORDERS
from dec_core.reading.selection import Selection
from pages.shared import link

OPTIONS = {
    "colour": ("digit", "cluster", "wrong", "sure", "changed"),
    "order": ORDERS,
    "group": ("digit", "cluster"),
    "share": ("count", "row", "column"),
}
NUMBERS = {"moment": "moment", "sample": "sample", "page": "page", "from": "since"}  # in the link, and here
MAX_LETTERS = {"space": 20, "pin": 100}


@dataclass(frozen=True)
class ViewState:
    """One view of one run.

    Attributes
    ----------
    selection : Selection
    moment : int or None
        Number of the snapshot, None for the newest.
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
        texts = {name: getattr(self, name) for name in ("space", "colour", "order", "group", "pin")}
        query |= {name: text for name, text in texts.items() if text}
        numbers = {"moment": self.moment, "sample": self.sample, "from": self.since}
        query |= {name: str(number) for name, number in numbers.items() if number is not None}
        query |= {"page": str(self.page + 1)} if self.page else {}
        return query | ({"share": self.share} if self.share != "count" else {})

    @classmethod
    def from_query(cls, query: Mapping[str, str]) -> tuple[ViewState, list[str]]:
        """The view that a link describes as far as it can be understood, and what cannot."""
        selection, problems = Selection.read(query)
        numbers = _understood(query, NUMBERS, _number, problems)
        options = _understood(query, {name: name for name in OPTIONS}, _option, problems)
        texts = {name: query.get(name, "")[:most] for name, most in MAX_LETTERS.items()}
        page = max(numbers.pop("page", 1) - 1, 0)
        return cls(selection, page=page, **texts, **numbers, **options), problems


def _understood(query: Mapping[str, str], names: Mapping[str, str], read: Any, problems: list[str]) -> dict[str, Any]:
    """Values of those names of a link that can be read, by the names of fields; of the others what is wrong."""
    values = {}
    for name, of_field in names.items():
        try:
            if query.get(name):
                values[of_field] = read(name, query[name])
        except ValueError as error:
            problems.append(str(error))
    return values


def _number(name: str, text: str) -> int:
    if text.isascii() and text.isdigit() and len(text) < 12:
        return int(text)
    raise ValueError(f"{name}: received {text[:20]!r}, expected a whole number from 0 on")


def _option(name: str, text: str) -> str:
    if text in OPTIONS[name]:
        return text
    raise ValueError(f"{name}: received {text[:20]!r}, expected one of {', '.join(OPTIONS[name])}")


def take_view(run_id: str) -> tuple[list[str], bool]:
    """Take up what this visitor looks at in a run, as `st.session_state.view`.

    Returned are what the link got wrong, and whether the view was taken from a link just now.
    """
    state, (asked, followed) = st.session_state, link.followed()
    problems: list[str] = []
    if followed:
        state.view, problems = ViewState.from_query(asked)
    elif state.get("view_of") != run_id:
        state.view = ViewState()
    state.view_of = run_id
    return problems, followed


def write_link() -> None:
    """Let the link say what is looked at."""
    link.write(st.session_state.view.to_query())


def change_view(**values: Any) -> None:
    """Change what is looked at. Where other samples are shown, the gallery goes back to its first page."""
    if values.keys() & {"selection", "order", "moment", "group"}:
        values.setdefault("page", 0)
    st.session_state.view = replace(st.session_state.view, **values)


def change_filters(**filters: Any) -> None:
    """Change filters of the selection; a card that is open closes."""
    change_view(selection=st.session_state.view.selection.replace(**filters), sample=None)
