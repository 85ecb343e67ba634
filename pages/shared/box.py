"""The box that every view stands in: headed by its question, of its final height from the first paint."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

HEADING = 34  # height of the line with the question, in pixels


def choice(label: str, options: dict[str, str], default: str, key: str) -> str:
    """A row of buttons of which one is pressed; the key of the option."""
    return st.segmented_control(
        label,
        list(options),
        default=default,
        format_func=options.get,
        key=key,
        label_visibility="collapsed",
        required=True,
    )


@contextmanager
def box(key: str, question: str, explained: str) -> Iterator[DeltaGenerator]:
    """A box headed by its question; yields the place beside the question, for controls."""
    with st.container(border=True, key=f"box-{key}"):
        heading = st.container(
            horizontal=True,
            vertical_alignment="center",
            gap="small",
            wrap=False,
            height=HEADING,
            border=False,
            key=f"head-{key}",
        )
        with heading:
            st.markdown(f"**{question}**", help=explained, width="stretch")
            controls = st.container(horizontal=True, width="content", gap="small")
        yield controls


def to_come(message: str, height: int) -> None:
    """What will appear in a box, in words, at the height it will have."""
    with st.container(height=height, border=False, horizontal_alignment="center", vertical_alignment="center"):
        st.markdown(f":gray[{message}]", text_alignment="center")
