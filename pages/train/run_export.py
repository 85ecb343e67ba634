"""Runs to take away: as one HTML file, as a notebook that makes the run again, as the config alone."""

from __future__ import annotations

from typing import Any

import streamlit as st

from dec_core.figures.notebook import notebook
from dec_core.figures.report import report
from dec_core.reading.summary import summary
from dec_core.runs.folder import RunFolder

ELSEWHERE = "To write event files for TensorBoard, run this command on the server:"


@st.dialog("Export this run", width="medium")
def export_run(run: RunFolder, *_: Any) -> None:
    """A run as a report, a notebook, its config."""
    name = f"{run.id}.html"
    _download("Report", "article", "One self-contained HTML file with figures, scores, config and versions.",
              lambda: report([summary(run)], None, name), name, "text/html")  # fmt: skip
    _download("Notebook", "code_blocks", "Reproduces the run with the library, cell by cell.",
              lambda: notebook(summary(run)), f"{run.id}.ipynb", "application/x-ipynb+json")  # fmt: skip
    _download("Config", "data_object", "Fills the form again: Load from a file, on Train.",
              run.config.to_json, f"{run.id}.json", "application/json")  # fmt: skip
    st.caption(ELSEWHERE)
    run_path = f"{run.path.parent.name}/{run.id}"  # no visitor needs to know the server's folders
    st.code(f"python -m dec_core export {run_path} --to tensorboard", language=None, wrap_lines=True)


def _download(label: str, icon: str, about: str, make: Any, name: str, kind: str) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        st.download_button(label, make, name, kind, icon=f":material/{icon}:", on_click="ignore", width=140,
                           key=f"export_{label.lower()}")  # fmt: skip
        st.caption(about, width="stretch")
