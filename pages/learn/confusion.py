"""The confusion matrix of a recorded run; a cell leads to its images in Inspect."""

from __future__ import annotations

from typing import Any

import streamlit as st

from dec_core.analysis.in_words import matrix_in_words
from dec_core.lessons.pieces import ConfusionMatrix
from pages.learn.recordings import last_of
from pages.shared.focus import inspect_next
from pages.shared.matrix import matrix, matrix_data

LINE = 30  # pixels, of a row
HINT = (
    "Rows: what an image is. Columns: its cluster, with the class it is matched to as a small number. Click a cell to "
    "see its images in Inspect."
)


def show(options: ConfusionMatrix, place: Any) -> None:
    """Draw the matrix, and below it what it says."""
    now, key = last_of(options.run), f"confusion-{place.key}"
    data = matrix_data(now, {"row": -1, "column": -1}, "count") | {"follows": False}

    def clicked() -> None:
        cell = st.session_state[key].cell
        names = {
            "true": data["rows"][cell["row"]] if cell["row"] >= 0 else "",
            "cluster": data["columns"][cell["column"]]["name"] if cell["column"] >= 0 else "",
        }
        inspect_next(options.run, **{name: value for name, value in names.items() if value})

    matrix(data=data, key=key, height=LINE * (len(data["rows"]) + 2), on_cell_change=clicked)
    st.caption(HINT)
    st.caption(matrix_in_words(now.confusion, now.run.classes, now.run.noun))
