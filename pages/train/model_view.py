"""The model that is about to be trained: its diagram and its layers, before anything is built."""

from __future__ import annotations

import io

import pandas as pd
import streamlit as st

from dec_core.analysis.verdict import thousands
from dec_core.config import RunConfig
from pages.shared.expected import size_and_shape


@st.dialog("What will be trained?", width="large")
def model_view(config: RunConfig) -> None:
    """Diagram and layer table of `config`, side by side."""
    from dec_core.figures.model import layer_table, model_figure, n_parameters  # brings matplotlib: only when asked for

    _, shape = size_and_shape(config.dataset)
    table = layer_table(config, shape)
    picture = io.BytesIO()
    model_figure(config, shape, dark=st.context.theme.type == "dark").savefig(picture, format="svg", transparent=True)
    diagram_column, table_column = st.columns([1.1, 1])
    with diagram_column:
        st.image(picture.getvalue().decode(), width="stretch")
    with table_column:
        rows = [{**row, "parameters": thousands(row["parameters"])} for row in table]
        st.table(pd.DataFrame(rows).drop(columns="part"), border="horizontal", hide_index=True)
        st.markdown(f"**{thousands(n_parameters(table))}** parameters in total")
        st.download_button(
            "Diagram as SVG", picture.getvalue(), "model.svg", "image/svg+xml", on_click="ignore", key="model_svg"
        )
