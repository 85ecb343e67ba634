"""Who watches runs, and the one look for all who watch the same: begun with the first, ended with the last."""

from __future__ import annotations

import asyncio
import signal
import threading
from collections import Counter
from collections.abc import AsyncIterator, Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import asynccontextmanager
from types import FrameType

import streamlit as st

from dec_core.reading.live_umap import live_umap_stamp
from dec_core.runs.folder import RunFolder
from pages.train.moment import Moment, moment_of, newest_moment_of

EVERY = 0.25  # seconds between two looks at whether files of a run have changed,
REST = 0.5  # between two moments that are told: each is drawn by all who watch,
IN_ANY_CASE = 2.0  # and at the run itself: its process may have ended without a word
MOST_LOOKS = 2  # at a time, be there ever so many runs: training needs the cores
KEPT_FRAMES = 64  # of all runs together


class Watched:
    """A run that somebody watches."""

    def __init__(self, run: RunFolder, looks: ThreadPoolExecutor):
        self.run, self._looks = run, looks
        self.n_listeners = 0
        self.moment: Moment | None = None
        self.has_ended = False  # the look: nothing more will come, or the run
        self.is_gone = False
        self._changed = asyncio.Condition()
        self._task: asyncio.Task | None = None

    def begin(self) -> None:
        """Look from now on."""
        self._task = asyncio.create_task(self._look_again_and_again(), name=f"watch {self.run.id}")

    def end(self) -> None:
        """Look no more; whoever still listens is told nothing more."""
        self._task.cancel()

    async def news(self, number: int, seconds: float) -> Moment | None:
        """The newest moment as soon as it is not that of this number; None after so many seconds, and at the end."""

        def is_news() -> bool:
            return self.has_ended or (self.moment is not None and self.moment.number != number)

        async with self._changed:
            try:
                await asyncio.wait_for(self._changed.wait_for(is_news), seconds)
            except TimeoutError:
                return None
        return self.moment if self.moment is not None and self.moment.number != number else None

    async def _look_again_and_again(self) -> None:
        loop, files, looked_at = asyncio.get_running_loop(), None, 0.0
        try:
            while self.moment is None or not self.moment.over:
                now = await loop.run_in_executor(self._looks, _files, self.run)
                if now != files or loop.time() - looked_at > IN_ANY_CASE:
                    files, looked_at = now, loop.time()
                    is_news = await self._show(await loop.run_in_executor(self._looks, moment_of, self.run))
                    await asyncio.sleep(REST - EVERY if is_news else 0.0)
                await asyncio.sleep(EVERY)
        except ValueError:  # its config or its images are gone: the redraw says so
            self.is_gone = True
        finally:
            self.has_ended = True
            await self._tell()

    async def _show(self, moment: Moment) -> bool:
        is_news = self.moment is None or moment.number != self.moment.number
        self.moment = moment
        if is_news:
            await self._tell()
        return is_news

    async def _tell(self) -> None:
        async with self._changed:
            self._changed.notify_all()


def _files(run: RunFolder) -> tuple:
    """What is another one once something of the run has been written, or it has moved up in the line."""
    written = []
    for name in ("events.jsonl", "status.json"):
        try:
            stat = (run.path / name).stat()
            written.append((stat.st_mtime_ns, stat.st_size))
        except OSError:
            written.append(None)
    return *written, live_umap_stamp(run)


class Watchers:
    """All runs that are watched, and the frames that were made of them."""

    def __init__(self) -> None:
        self.watched: dict[str, Watched] = {}
        self._looks = ThreadPoolExecutor(MOST_LOOKS, "look")
        self._frames: dict[tuple[str, str, str], Future[bytes]] = {}
        self.n_streams: Counter[str] = Counter()  # by browser
        self.is_closed = False

    def close(self) -> None:
        """End all streams, as the server ends: it waits for them."""
        self.is_closed = True
        for watched in self.watched.values():
            watched.end()

    @asynccontextmanager
    async def watching(self, run: RunFolder, browser: str = "") -> AsyncIterator[Watched]:
        """Be one of those who watch a run; `browser` is whose streams it counts among."""
        watched = self.watched.get(run.id)
        if watched is None or watched.has_ended:
            watched = self.watched[run.id] = Watched(run, self._looks)
            watched.begin()
        watched.n_listeners += 1
        self.n_streams[browser] += 1
        try:
            yield watched
        finally:
            watched.n_listeners -= 1
            self.n_streams -= Counter([browser])  # which forgets those without any
            if not watched.n_listeners:
                watched.end()
                if self.watched.get(run.id) is watched:
                    del self.watched[run.id]

    async def moment(self, run: RunFolder) -> Moment:
        """The moment that was found last. Raises ConfigError or DataError."""
        return await asyncio.get_running_loop().run_in_executor(self._looks, newest_moment_of, run)

    async def frame(self, moment: Moment, part: str) -> bytes:
        """A part as browsers fetch it: made once, whoever asks meanwhile. Raises ValueError of damaged arrays."""
        key = moment.run.id, part, moment.views.versions[part]
        made = self._frames.pop(key, None)
        if made is None or (made.done() and made.exception()):
            made = self._looks.submit(moment.views.frame, part)
        self._frames[key] = made  # as the newest
        while len(self._frames) > KEPT_FRAMES:
            del self._frames[next(iter(self._frames))]
        return await asyncio.wrap_future(made)


@st.cache_resource(show_spinner=False)
def watchers() -> Watchers:
    """Those of the whole server."""
    return Watchers()


def end_with_server() -> None:
    """End the streams once the server is asked to end: it answers whatever it has begun to answer before it does."""
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        _call_first(number, lambda: loop.call_soon_threadsafe(watchers().close))


def _call_first(number: signal.Signals, act: Callable[[], object]) -> None:
    before = signal.getsignal(number)

    def act_and_go_on(received: int, frame: FrameType | None) -> None:
        act()
        if callable(before):
            before(received, frame)

    if callable(before) and threading.current_thread() is threading.main_thread():
        signal.signal(number, act_and_go_on)
