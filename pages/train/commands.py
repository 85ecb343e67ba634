"""Commands of ours whose answer a visitor waits for: each in a process of its own, one at a time."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from dec_core.data import DataError
from dec_core.data.isolated import run_limited

PATIENCE = 180  # seconds for TensorFlow to start and do the work


def answered(arguments: Sequence[str], errors: Path, while_waiting: Callable[[], None]) -> None:
    """Run `python -m dec_core` with these arguments; what it writes on standard error goes into the file `errors`.

    Raises
    ------
    DataError
        With what the command said, if it could not, or that it took too long.
    """
    command = [sys.executable, "-m", "dec_core", *arguments]
    try:
        code = run_limited(command, PATIENCE, errors, while_waiting, _one_at_a_time())
    except TimeoutError:
        raise DataError(f"there was no answer within {PATIENCE} s; try fewer images") from None
    if code:
        lines = errors.read_text(encoding="utf-8", errors="replace").splitlines()
        messages = [line.removeprefix("error: ") for line in lines if line.startswith("error: ")]
        raise DataError(messages[-1] if messages else "the command ended without an answer; try again")


def clock(place: DeltaGenerator, doing: str) -> Callable[[], None]:
    """A function that says how long it takes; through it Streamlit ends the work when the visitor leaves."""
    begun = time.monotonic()
    return lambda: place.caption(f":material/hourglass_top: {doing} … {time.monotonic() - begun:.0f} s")


@st.cache_resource
def _one_at_a_time() -> threading.Semaphore:
    """Each starts TensorFlow or UMAP: never two at once on a small server."""
    return threading.BoundedSemaphore(1)
