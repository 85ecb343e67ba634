"""What is compared, to take away as one HTML file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import streamlit as st

from dec_core.figures.report import compared, report
from dec_core.reading.comparison import Setup, differing
from dec_core.reading.summary import summary
from pages.compare.scores import contestants, lines_of


def report_button(chosen: Sequence[Setup], reference: Setup) -> None:
    """A button that gives what is compared as one report."""
    name = "comparison.html" if len(chosen) > 1 else f"{chosen[0].first.id}.html"
    st.download_button(
        "Report", lambda: comparison(chosen, reference, name), name, "text/html", on_click="ignore", key="report",
        icon=":material/article:", help="This comparison as one self-contained HTML file.",
    )  # fmt: skip


def comparison(chosen: Sequence[Setup], reference: Setup, name: str) -> str:
    """Of set-ups whose config and data are there; a chapter for the chosen run of each."""
    summaries = [summary(setup.first.folder) for setup in chosen]
    if len(chosen) == len(chosen[0].entries) == 1:
        return report(summaries, None, name)
    linked = [replace(one, link=f"#run-{number}") for number, one in enumerate(contestants(chosen), 1)]
    varying = differing([run.config for run in summaries])
    return report(summaries, compared(linked, lines_of(chosen), varying, chosen.index(reference)), name)
