"""The trials of a sweep as a table: chosen ones can be inspected, compared, kept as a preset."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import pandas as pd
import streamlit as st

from dec_core.runs.own_presets import keep_preset
from pages.shared import focus
from pages.shared.permission import keeps_for
from pages.shared.places import runs_root
from pages.shared.text import escape, sentence
from pages.shared.trouble import writing

COLUMNS = {
    "ACC": st.column_config.NumberColumn(format="%.1f %%"),
    "Seconds": st.column_config.NumberColumn(format="%.0f"),
    **{name: st.column_config.NumberColumn(format="%.3f") for name in ("Agreement", "Silhouette", "NMI", "ARI")},
}


def trials_table(plan: Any, rows: list[dict[str, Any]], titles: dict[str, str], head: Any) -> None:
    """The best first; chosen ones can be inspected, compared, kept."""
    order = sorted(rows, key=lambda row: (row["value"] is None, -(row["value"] or 0), row["number"]))
    before = st.session_state.get(f"chosen_{plan.name}", [])
    places = [place for place, row in enumerate(order) if row["number"] in before]
    key = f"trials_{plan.name}_{hash(tuple(row['number'] for row in order))}"  # another where rows have moved

    def pick() -> None:
        picked = st.session_state[key].selection.rows
        st.session_state[f"chosen_{plan.name}"] = [order[place]["number"] for place in picked if place < len(order)]

    table = pd.DataFrame([_row(row, titles, plan.objective) for row in order])
    st.dataframe(
        table, key=key, on_select=pick, selection_mode="multi-row", hide_index=True, height=250,
        selection_default={"selection": {"rows": places}}, column_config=COLUMNS, placeholder="–",
    )  # fmt: skip
    chosen = [order[place] for place in places] or order[:1]
    runs = [row["runs"][0] for row in chosen if row["runs"]]
    with head:
        if runs:
            st.button("Inspect", icon=":material/image_search:", key="inspect_trial", on_click=focus.inspect_next,
                      args=(runs[0],), type="tertiary")  # fmt: skip
            st.button("Compare", icon=":material/compare:", key="compare_trials", type="tertiary", on_click=focus.go_to,
                      args=("compare",), kwargs={"runs": ",".join(_to_compare(order, runs))})  # fmt: skip
            with st.popover("Save as preset", icon=":material/bookmark_add:", type="tertiary", key="make_preset"):
                _make_preset(plan, chosen[0])


def _to_compare(order: Sequence[dict[str, Any]], runs: list[str]) -> list[str]:
    """The chosen ones; of a single one the best beside it."""
    if len(runs) > 1:
        return runs[:8]
    others = [row["runs"][0] for row in order if row["runs"] and row["runs"][0] not in runs]
    return [*runs, *others[:1]]


def _row(row: dict[str, Any], titles: dict[str, str], objective: str) -> dict[str, Any]:
    scores = row["scores"]
    accuracy = scores.get("acc")
    return {
        "Trial": row["number"],
        "State": "pruned" if row["state"] == "pruned" else row["ended"] or row["state"],
        "Agreement": scores.get("agreement"),
        "Silhouette": scores.get("silhouette"),
        "ACC": None if accuracy is None else 100 * accuracy,
        **({objective.upper(): scores.get(objective)} if objective in ("nmi", "ari") else {}),
        **{title: row["params"].get(field) for field, title in titles.items()},
        "Seconds": row["seconds"],
        "Seeds": len(row["per_seed"]) or None,
    }


def _make_preset(plan: Any, row: dict[str, Any]) -> None:
    offered = f"{re.sub('[^a-z0-9-]', '-', plan.name.lower()).strip('-')[:34]}-{row['number']}"
    name = st.text_input("Name of the preset", offered, key=f"preset_{plan.name}_{row['number']}")
    st.caption(f"Saves trial {row['number']:d}; it then appears among the presets on Train.")
    st.button("Save preset", key="keep_preset", type="primary", on_click=_keep, args=(plan, row, name.strip()))


def _keep(plan: Any, row: dict[str, Any], name: str) -> None:
    try:
        with writing("The preset"):
            keep_preset(runs_root(), name, plan.config(row["params"]), keeps_for())
    except ValueError as error:
        st.toast(sentence(error), icon=":material/error:")
        return
    st.toast(f"{escape(name)} is now among the presets on Train.", icon=":material/bookmark_added:")
