"""What browsers listen to: one look for all who listen to the same, begun with the first and ended with the last."""

from __future__ import annotations

import asyncio
import signal
import threading
from collections import Counter
from collections.abc import AsyncIterator, Callable, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import asynccontextmanager
from types import FrameType
from typing import Any

import streamlit as st

MOST_LOOKS = 2  # at a time, whatever is listened to: training needs the cores


class Look:
    """Something that is looked at again and again.

    Attributes
    ----------
    key : str
        Looks of one key are one look.
    found : object
        What was found last; None before.
    mark : str or int or None
        Another one for something else that was found.
    has_ended : bool
        Nothing more will be found.
    is_gone : bool
        What is looked at is not there any more.
    """

    def __init__(self, key: str):
        self.key = key
        self.found: Any = None
        self.mark: str | int | None = None
        self.has_ended = self.is_gone = False
        self.listeners: set[asyncio.Event] = set()
        self._task: asyncio.Task | None = None

    async def again_and_again(self, executor: Executor) -> None:
        """Look, and `show` what is found, until nothing more can come. Raises ValueError where it is gone."""
        raise NotImplementedError

    def begin(self, executor: Executor) -> None:
        """Look from now on."""
        self._task = asyncio.create_task(self._look(executor), name=f"watch {self.key}")

    def end(self) -> None:
        """Look no more; whoever still listens is told nothing more."""
        self._task.cancel()

    def show(self, found: Any, mark: str | int) -> bool:
        """Keep what was found, and tell of it if it is news; whether it is."""
        is_news = mark != self.mark
        self.found, self.mark = found, mark
        if is_news:
            self._tell()
        return is_news

    async def _look(self, executor: Executor) -> None:
        try:
            await self.again_and_again(executor)
        except ValueError:
            self.is_gone = True
        finally:
            self.has_ended = True
            self._tell()

    def _tell(self) -> None:
        for news in self.listeners:
            news.set()


class Looks:
    """All looks that somebody listens to, by key."""

    def __init__(self) -> None:
        self.begun: dict[str, Look] = {}
        self.executor = ThreadPoolExecutor(MOST_LOOKS, "look")
        self.n_streams: Counter[str] = Counter()  # by browser
        self.is_closed = False

    def close(self) -> None:
        """End all streams, as the server ends: it waits for them."""
        self.is_closed = True
        for look in self.begun.values():
            look.end()

    @asynccontextmanager
    async def listening(
        self, looks: Sequence[Look], browser: str = ""
    ) -> AsyncIterator[tuple[list[Look], asyncio.Event]]:
        """Listen to looks of these keys: those that are under way, or else these; and what is set when there is news.

        `browser` is whose streams it counts among.
        """
        news = asyncio.Event()
        shared = [self._under_way(look) for look in looks]
        for look in shared:
            look.listeners.add(news)
        self.n_streams[browser] += 1
        news.set()  # of what was found before
        try:
            yield shared, news
        finally:
            self.n_streams -= Counter([browser])  # which forgets those without any
            for look in shared:
                look.listeners.discard(news)
                if not look.listeners:
                    look.end()
                    if self.begun.get(look.key) is look:
                        del self.begun[look.key]

    def _under_way(self, look: Look) -> Look:
        begun = self.begun.get(look.key)
        if begun is None or begun.has_ended:
            begun = self.begun[look.key] = look
            look.begin(self.executor)
        return begun


@st.cache_resource(show_spinner=False)
def looks() -> Looks:
    """Those of the whole server."""
    return Looks()


def end_with_server() -> None:
    """End the streams once the server is asked to end: it answers whatever it has begun to answer before it does."""
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        _call_first(number, lambda: loop.call_soon_threadsafe(looks().close))


def _call_first(number: signal.Signals, act: Callable[[], object]) -> None:
    before = signal.getsignal(number)

    def act_and_go_on(received: int, frame: FrameType | None) -> None:
        act()
        if callable(before):
            before(received, frame)

    if callable(before) and threading.current_thread() is threading.main_thread():
        signal.signal(number, act_and_go_on)
