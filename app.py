"""The app as a server runs it: Streamlit's pages, the files that browsers fetch, the workers behind them."""

from __future__ import annotations

import gc
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import streamlit as st
from starlette.middleware import Middleware
from starlette.routing import Mount, Route

from dec_core.gallery import install
from dec_core.work.room import RoomSettings
from pages.room.news import WALL
from pages.shared import news, replay_route
from pages.shared.files_route import CheckedFiles
from pages.shared.focus import supervisor
from pages.shared.following import ROOM
from pages.shared.guesses import GUESSES
from pages.shared.health import healthz, metrics
from pages.shared.identity import Identify, enter_as_instructor
from pages.shared.looks import end_with_server
from pages.shared.pinned import PINS
from pages.shared.places import runs_root, static_root
from pages.shared.rate import Buckets, LimitRequests
from pages.shared.redraw_requests import mend_redraw_requests
from pages.shared.security import SecurityHeaders
from pages.shared.sign_in import StayBelowPath
from pages.shared.trouble import tell_script_error
from pages.shared.visitor import is_room
from pages.sweep.news import SWEEP
from pages.train import live_route


@asynccontextmanager
async def lifespan(_: st.App) -> AsyncIterator[None]:
    """A worker begins to warm up before anybody has come; with the server, all of them end."""
    install(runs_root())
    workers = supervisor()
    end_with_server()
    gc.collect()
    gc.freeze()  # what was imported stays: to look through it for garbage holds everybody up for a tenth of a second
    yield
    workers.close()


KINDS = (news.RUN, news.MOMENTS, SWEEP, ROOM, WALL, GUESSES, PINS)
room = RoomSettings.from_environment()
buckets = Buckets(room.max_requests)
static_root().mkdir(parents=True, exist_ok=True)
mend_redraw_requests()
app = st.App(
    "pages/main.py",
    routes=[
        Mount("/files", CheckedFiles(directory=static_root())),
        Route("/healthz", healthz),
        Route("/metrics", metrics(buckets)),
        Route("/news", news.stream(*KINDS)),
        Route("/live/{run}", live_route.stream(*KINDS)),
        Route("/live/{run}/{part}/{version}", live_route.frame),
        Route("/replay/{run}/{part}/{step}", replay_route.frame),
        *([Route("/instructor", enter_as_instructor)] if is_room() else []),
    ],
    middleware=[
        Middleware(SecurityHeaders),
        *([Middleware(LimitRequests, buckets=buckets)] if room.max_requests else []),
        *([Middleware(Identify), Middleware(StayBelowPath)] if is_room() else []),
    ],
    lifespan=lifespan,
    on_script_error=tell_script_error,
)
