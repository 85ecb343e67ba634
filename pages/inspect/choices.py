"""How the views show what is chosen: colours, projection, order, grouping. Each choice stands in the link."""

from __future__ import annotations

import streamlit as st

from dec_core.reading.run import Run
from dec_core.reading.snapshot import Snapshot
from pages.inspect import views
from pages.inspect.view_state import ViewState, change_view
from pages.shared.widget_key import key_showing, value_chosen

SHARES = {"count": "count", "row": "% of row", "column": "% of column"}
COLOURS = {
    "digit": "true digit",
    "cluster": "cluster",
    "wrong": "wrong",
    "sure": "confidence",
    "changed": "last change",
}
ORDERS = {
    "wrong": "most confident errors first",
    "uncertain": "least confident first",
    "typical": "most typical first",
    "outliers": "outliers first",
    "index": "by index",
}
GROUPS = {"": "not grouped", "digit": "by digit", "cluster": "by cluster"}
SPACES = {"umap": "UMAP", "pca": "PCA"}
MOST_DIMENSIONS = 12  # of z, of which all pairs are offered; a link may name any


def share(view: ViewState) -> None:
    """Counts, or per cent."""
    _select("Numbers", "share", SHARES, view.share, 118)


def colour_and_space(run: Run, now: Snapshot, view: ViewState) -> None:
    """What colours say, and which projection is shown."""
    known = {name: label for name, label in COLOURS.items() if run.y is not None or name not in ("digit", "wrong")}
    if run.noun != "digit" and "digit" in known:
        known["digit"] = "true class"
    _select("Color", "colour", known, views.colour_of(run, now, view), 104)
    space = views.space_of(now, view)
    n = min(now.arrays["z"].shape[1], MOST_DIMENSIONS)
    names = [*run.at(-1).spaces(), *(f"z{i},z{j}" for i in range(n) for j in range(i + 1, n))]
    names += [] if space in names else [space]
    spaces = {name: SPACES.get(name, name.replace(",", " × ")) for name in names}
    _select("Projection", "space", spaces, views.space_of(now, view), 104)


def order_and_group(run: Run, view: ViewState) -> None:
    """Which samples come first, and whether they are grouped."""
    orders = {name: label for name, label in ORDERS.items() if run.y is not None or name != "wrong"}
    _select("Order", "order", orders, views.order_of(run, view), 224)
    groups = {name: label for name, label in GROUPS.items() if run.y is not None or name != "digit"}
    if run.noun != "digit" and "digit" in groups:
        groups["digit"] = "by class"
    _select("Grouping", "group", groups, view.group, 118)


def _select(label: str, name: str, options: dict[str, str], value: str, width: int) -> None:
    """A list that shows what is looked at, whoever chose it.

    A list that comes back after a card was open may tell what it shows as if that had just been chosen.
    """

    def take() -> None:
        picked = value_chosen(f"show_{name}")
        if picked != (getattr(st.session_state.view, name) or value):
            change_view(**{name: picked})

    st.selectbox(
        label,
        list(options),
        list(options).index(value),
        key=key_showing(f"show_{name}", value),
        format_func=options.get,
        on_change=take,
        label_visibility="collapsed",
        width=width,
    )
