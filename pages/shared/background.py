"""Work that one visitor waits for while the screen goes on: begun once, given up when nobody asks about it any more."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Hashable
from concurrent.futures import Future
from typing import Any

import streamlit as st

from pages.shared.text import escape

EVERY = 0.5  # seconds after which the screen asks again
PATIENCE = 20.0  # seconds after which a visitor who does not ask has left; a tab in the background asks each second


class Abandoned(Exception):
    """The visitor has left, or wants something else by now."""


class Task:
    """A function at work in a thread of its own.

    Parameters
    ----------
    of : hashable
        What it works on; a task of something else takes its place.
    work : function
        Called with a function that raises `Abandoned` when the result is no longer wanted; to be called while it waits.
    """

    def __init__(self, of: Hashable, work: Callable[[Callable[[], None]], Any]):
        self.of = of
        self.begun = self._asked = time.monotonic()
        self._is_given_up = False
        self._future: Future = Future()
        threading.Thread(target=self._run, args=(work,), name="task", daemon=True).start()

    @property
    def done(self) -> bool:
        """Whether there is a result. To ask keeps it at work."""
        self._asked = time.monotonic()
        return self._future.done()

    @property
    def was_abandoned(self) -> bool:
        """Whether it ended without a result, since nobody asked."""
        return self._future.done() and isinstance(self._future.exception(), Abandoned)

    def result(self, timeout: float | None = None) -> Any:
        """What `work` returned. Raises what it raised."""
        return self._future.result(timeout)

    def give_up(self) -> None:
        """Let it end as soon as it can."""
        self._is_given_up = True

    def _still_wanted(self) -> None:
        if self._is_given_up or time.monotonic() - self._asked > PATIENCE:
            raise Abandoned

    def _run(self, work: Callable[[Callable[[], None]], Any]) -> None:
        try:
            self._future.set_result(work(self._still_wanted))
        except BaseException as error:
            self._future.set_exception(error)


def task(key: str, of: Hashable, work: Callable[[Callable[[], None]], Any]) -> Task:
    """The visitor's task of that key, begun if it is not at work on `of`."""
    kept = st.session_state.get(key)
    if kept is None or kept.of != of or kept.was_abandoned:
        forget(key)
        st.session_state[key] = Task(of, work)
    return st.session_state[key]


def forget(key: str) -> None:
    """Give up the visitor's task of that key, if there is one, and its result."""
    if key in st.session_state:
        st.session_state.pop(key).give_up()


@st.fragment(run_every=EVERY)
def show_progress(waiting: Task, text: str) -> None:
    """Say what is being done and for how long; draw the screen again when it is done."""
    if waiting.done:
        st.rerun()
    st.caption(f":material/hourglass_top: {escape(text)} … {time.monotonic() - waiting.begun:.0f} s")
