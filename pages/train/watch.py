"""The look at a run for all who watch it, and the frames that are made of it: once, whoever asks."""

from __future__ import annotations

import asyncio
from concurrent.futures import Executor, Future

import streamlit as st

from dec_core.reading.live_umap import live_umap_stamp
from dec_core.runs.folder import RunFolder
from pages.shared.looks import Look, looks
from pages.train.moment import Moment, moment_of, newest_moment_of

EVERY = 0.25  # seconds between two looks at whether files of a run have changed,
REST = 0.5  # between two moments that are told: each is drawn by all who watch,
IN_ANY_CASE = 2.0  # and at the run itself: its process may have ended without a word
KEPT_FRAMES = 64  # of all runs together


class LookAtRun(Look):
    """Looks at a run that somebody watches: finds its moments."""

    def __init__(self, run: RunFolder):
        super().__init__(f"live:{run.id}")
        self.run = run

    async def again_and_again(self, executor: Executor) -> None:
        """Look until the run is over. Raises ValueError where its config or its images are gone: the redraw says so."""
        loop, files, looked_at = asyncio.get_running_loop(), None, 0.0
        while self.found is None or not self.found.over:
            now = await loop.run_in_executor(executor, _files, self.run)
            if now != files or loop.time() - looked_at > IN_ANY_CASE:
                files, looked_at = now, loop.time()
                moment = await loop.run_in_executor(executor, moment_of, self.run)
                await asyncio.sleep(REST - EVERY if self.show(moment, moment.number) else 0.0)
            await asyncio.sleep(EVERY)


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


async def moment_shown(run: RunFolder) -> Moment:
    """The moment that was found last. Raises ConfigError or DataError."""
    return await asyncio.get_running_loop().run_in_executor(looks().executor, newest_moment_of, run)


class Frames:
    """Parts of runs as browsers fetch them."""

    def __init__(self) -> None:
        self._frames: dict[tuple[str, str, str], Future[bytes]] = {}

    async def frame(self, moment: Moment, part: str) -> bytes:
        """A part: made once, whoever asks meanwhile. Raises ValueError of damaged arrays."""
        key = moment.run.id, part, moment.views.versions[part]
        made = self._frames.pop(key, None)
        if made is None or (made.done() and made.exception()):
            made = looks().executor.submit(moment.views.frame, part)
        self._frames[key] = made  # as the newest
        while len(self._frames) > KEPT_FRAMES:
            del self._frames[next(iter(self._frames))]
        return await asyncio.wrap_future(made)


@st.cache_resource(show_spinner=False)
def frames() -> Frames:
    """Those of the whole server."""
    return Frames()
