"""All runs as a table: found by any field or score, sorted by any column, chosen by a click."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd
import streamlit as st

from dec_core.analysis.verdict import thousands
from dec_core.fields import field_title
from dec_core.figures.shown import value_text
from dec_core.reading.comparison import MOST_COMPARED, differing
from dec_core.runs.index import Entry, find, misunderstood
from pages.compare.archive import deleted_runs, found_menu
from pages.compare.state import compare
from pages.shared import focus
from pages.shared.keeping import goes_first
from pages.shared.picker import name
from pages.shared.recorded import as_trained
from pages.shared.text import escape, sentence

HELP = (
    "Words in a name, note, preset or field, or conditions such as acc>=0.97, latent_dim=5, "
    "random_state=3, state!=finished, star=true."
)
COLUMNS = {
    "★": st.column_config.TextColumn(width=30),
    "Run": st.column_config.TextColumn(width=230),
    "ACC": st.column_config.NumberColumn(format="%.1f %%", width=80),
    "NMI": st.column_config.NumberColumn(format="%.3f", width=70),
    "ARI": st.column_config.NumberColumn(format="%.3f", width=70),
    "Silhouette": st.column_config.NumberColumn(format="%.3f", width=90),
    "Seconds": st.column_config.NumberColumn(format="%.0f", width=80),
    "Seed": st.column_config.NumberColumn(width=60),
    "Created": st.column_config.DatetimeColumn(format="DD MMM HH:mm", width=110),
    "Note": st.column_config.TextColumn(width=200),
}


def choose_runs(chosen: Sequence[str]) -> None:
    """The table; a click on a row takes a run in or out of what is compared."""
    query, matches = _search()
    problem = misunderstood(query)
    if problem:
        st.caption(f":red[:material/error: {sentence(problem)}]")
    if not matches:
        nothing = "No run matches. Try fewer words, or include archived runs."
        st.caption(nothing if query else "There are no runs yet. Start one on Train.")
        return
    with st.container(key="about_runs"):  # and room for the table's own buttons, which lie above its right end
        n = f"{thousands(len(matches))} run{'s' if len(matches) != 1 else ''}"
        st.caption(f"{n}. Check up to {MOST_COMPARED} runs to compare them; click a column's name to sort.")
        if soon := goes_first():
            st.caption(f":material/auto_delete: {escape(soon)}")
    _table_of(matches, list(chosen))
    if st.session_state.pop("too_many", False):
        st.caption(f":red[:material/error: Up to {MOST_COMPARED} runs can be compared; remove one first.]")


def _search() -> tuple[str, list[Entry]]:
    """What is looked for, and the runs that fit."""
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        query = st.text_input(
            "Find", key="find_runs", placeholder="fast acc>=0.97", help=HELP, icon=":material/search:"
        )
        archived = st.toggle("Include archived", key="archived_too")
        matches = find(focus.index().entries(archived=archived, recorded=True), query, name)
        if query and matches:
            found_menu(matches)
        deleted_runs()
    return query, matches


def _table_of(matches: list[Entry], chosen: list[str]) -> None:
    """The rows with their ticks. It is another table whenever rows have moved or something else has chosen: Streamlit
    keeps ticks by the place of a row, and a table that stays keeps its sorting and its scroll."""
    ids = [entry.id for entry in matches]
    number, known = st.session_state.get("table_of_runs", (0, None))
    if known != (ids, chosen):
        number += 1
        st.session_state.table_of_runs = number, (ids, chosen)
    key = f"runs_{number}"

    def pick() -> None:
        picked = [ids[row] for row in st.session_state[key].selection.rows if row < len(ids)]
        _take(picked, chosen, ids, number)

    st.dataframe(
        _table(matches), key=key, on_select=pick, selection_mode="multi-row", hide_index=True, height=320,
        selection_default={"selection": {"rows": [ids.index(run_id) for run_id in chosen if run_id in ids]}},
        column_config=COLUMNS, placeholder="–",
    )  # fmt: skip


def _take(picked: list[str], chosen: list[str], ids: list[str], number: int) -> None:
    """Compare what is ticked, and what was chosen and is not in the table."""
    kept = [run_id for run_id in chosen if run_id in picked or run_id not in ids]
    runs = [*kept, *(run_id for run_id in picked if run_id not in kept)]
    too_many = len(runs) > MOST_COMPARED
    if too_many:  # another table, or the tick would stay
        st.session_state.too_many, runs = True, runs[:MOST_COMPARED]
    st.session_state.table_of_runs = number + too_many, (ids, runs)
    compare(runs=tuple(runs), true="", cluster="", lasso="")


def _table(matches: list[Entry]) -> pd.DataFrame:
    varying = differing([as_trained(entry) for entry in matches if entry.config])
    return pd.DataFrame([_row(entry, varying) for entry in matches])


def _row(entry: Entry, varying: list[str]) -> dict[str, Any]:
    scores, config, made = entry.status.outcome, as_trained(entry), entry.status.created
    accuracy = scores.get("acc")
    row = {
        "★": "★" if entry.marks.star else "",
        "ACC": None if accuracy is None else 100 * accuracy,  # where a phone shows it, too
        "Run": name(entry, seed=False),
        "Seed": config.random_state if config else None,
        "NMI": scores.get("nmi"),
        "ARI": scores.get("ari"),
        "Silhouette": scores.get("silhouette"),
        "Seconds": entry.seconds or None,
        "State": entry.status.state + (", archived" if entry.marks.archived else ""),
        "Created": pd.Timestamp.fromtimestamp(made) if made else None,
        "Sweep": entry.sweep,
        "Note": entry.marks.note,
    }
    return row | {field_title(field): _sortable(getattr(config, field)) if config else None for field in varying}


def _sortable(value: Any) -> Any:
    """A value as the table shows it: numbers stay numbers, so that they are sorted as such."""
    return value if isinstance(value, bool | int | float | None) else value_text(value)
