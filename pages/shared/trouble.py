"""What a visitor reads where something has failed: words and a way out, never a traceback."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import streamlit as st

from dec_core.whole_files import FULL
from pages.shared.text import sentence

DISK_FULL = (
    "the server's disk is full. Delete runs you no longer need, or ask the administrator to free space; then try again"
)
NOT_WRITABLE = "the server cannot write to its runs folder. Ask the administrator to check the server's log"
UNEXPECTED = (
    "Something went wrong on this screen; no run is affected. Reload the page; if that does not help, ask the "
    "administrator to check the server's log."
)


def write_failed(error: OSError, what: str) -> str:
    """Why `what` could not be written, and what to do, in words."""
    return f"{what} could not be written: {DISK_FULL if error.errno in FULL else NOT_WRITABLE}"


@contextmanager
def writing(what: str) -> Iterator[None]:
    """Make a ValueError in words of a disk that takes no more; a file that is not there stays what it is."""
    try:
        yield
    except FileNotFoundError:
        raise
    except OSError as error:
        raise ValueError(write_failed(error, what)) from None


def tell_problem(error: ValueError) -> None:
    """Say in a corner of the screen what went wrong, for use in callbacks; it stays until it is closed."""
    st.toast(sentence(error), icon=":material/error:", duration="infinite")


def tell_script_error(error: Exception) -> bool:
    """What is shown in place of a traceback, which the server's log holds; True, since it has been said."""
    if isinstance(error, OSError) and error.errno in FULL:
        st.error(sentence(f"This screen could not be drawn: {DISK_FULL}"), icon=":material/error:")
    else:
        st.error(UNEXPECTED, icon=":material/error:")
    return True
