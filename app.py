"""The app as a server runs it: Streamlit's pages, the files that browsers fetch, the workers behind them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import streamlit as st
from starlette.middleware import Middleware
from starlette.routing import Mount, Route

from dec_core.gallery import install
from dec_core.work.room import RoomSettings
from pages.room import news as news_of_wall
from pages.shared import following, pulse
from pages.shared.files_route import CheckedFiles
from pages.shared.focus import supervisor
from pages.shared.health import healthz, metrics
from pages.shared.identity import Identify, enter_as_instructor
from pages.shared.places import runs_root, static_root
from pages.shared.rate import Buckets, LimitRequests
from pages.shared.security import SecurityHeaders
from pages.shared.trouble import tell_script_error
from pages.shared.visitor import is_room
from pages.sweep import news
from pages.train import live_route
from pages.train.watch import end_with_server


@asynccontextmanager
async def lifespan(_: st.App) -> AsyncIterator[None]:
    """A worker begins to warm up before anybody has come; with the server, all of them end."""
    install(runs_root())
    workers = supervisor()
    end_with_server()
    yield
    workers.close()


ROUTES_OF_ROOM = [
    Route("/instructor", enter_as_instructor),
    Route("/pulse/room", following.answer),
    Route("/pulse/room/wall", news_of_wall.answer),
]
room = RoomSettings.from_environment()
buckets = Buckets(room.max_requests)
static_root().mkdir(parents=True, exist_ok=True)
app = st.App(
    "pages/main.py",
    routes=[
        Mount("/files", CheckedFiles(directory=static_root())),
        Route("/healthz", healthz),
        Route("/metrics", metrics(buckets)),
        Route("/live/{run}", live_route.stream),
        Route("/live/{run}/{part}/{version}", live_route.frame),
        Route("/pulse", pulse.answer),
        Route("/pulse/sweep", news.answer),
        *(ROUTES_OF_ROOM if is_room() else []),
    ],
    middleware=[
        Middleware(SecurityHeaders),
        *([Middleware(LimitRequests, buckets=buckets)] if room.max_requests else []),
        *([Middleware(Identify)] if is_room() else []),
    ],
    lifespan=lifespan,
    on_script_error=tell_script_error,
)
