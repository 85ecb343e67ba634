"""A matrix of counts whose cells, rows and columns can be clicked."""

from __future__ import annotations

from base64 import b64encode
from pathlib import Path

import numpy as np
import streamlit as st

HERE = Path(__file__).parent
BASE_CSS = (HERE / "figures.css").read_text(encoding="utf-8")

matrix = st.components.v2.component(
    "matrix",
    html='<div class="matrix"></div>',
    css=BASE_CSS + (HERE / "matrix.css").read_text(encoding="utf-8"),
    js=(HERE / "matrix.js").read_text(encoding="utf-8"),
)


def base64_of(array: np.ndarray) -> str:
    """Bytes of an array as a component takes them."""
    return b64encode(np.ascontiguousarray(array).tobytes()).decode()
