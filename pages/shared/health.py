"""For who looks after the server: /healthz says whether it is well, /metrics how much there is of what."""

from __future__ import annotations

import ipaddress
import os
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, get_args

import psutil
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.types import Scope

from dec_core.runs.records import State
from dec_core.work.checks import OURS
from dec_core.work.supervisor import Supervisor
from pages.shared import focus
from pages.shared.identity import n_seen, visitor_in
from pages.shared.places import runs_root
from pages.shared.rate import Buckets
from pages.shared.visitor import is_room

NOW, TODAY = 300.0, 86_400.0  # seconds
NOT_FOR_YOU = "Only the instructor's browser, and programs on the server's own machine, can see this."
FORWARDED = (b"x-forwarded-for", b"forwarded", b"x-real-ip", b"via", b"x-forwarded-host")  # by a proxy
NO_STORE = {"Cache-Control": "no-store"}


def healthz(request: Request) -> Response:
    """200, or 503 with why; for whoever asks, without anything about runs or people."""
    problems = list(_problems(focus.supervisor(), runs_root()))
    text = "; ".join(problems) or "ok"
    return PlainTextResponse(f"{text}\n", 503 if problems else 200, NO_STORE | {OURS: "1"})


def _problems(supervisor: Supervisor, root: Path) -> Iterator[str]:
    if not supervisor.standing().is_alive:
        yield "the line of runs is not looked after; start the server again"
    if not os.access(root, os.W_OK | os.X_OK):
        yield "the folder of runs cannot be written to"
    if supervisor.housekeeping.disk.is_full:
        yield "the disk is fuller than it may be"


def metrics(buckets: Buckets) -> Callable[[Request], Response]:
    """The answer of /metrics: figures in the text format of Prometheus.

    They are for the instructor and for programs on this machine. One that asks by way of a proxy is not on this
    machine, though the proxy is.
    """

    def answer(request: Request) -> Response:
        is_instructors = is_room() and visitor_in(request.scope).is_instructor
        if not is_instructors and not is_on_this_machine(request.scope):
            return PlainTextResponse(NOT_FOR_YOU, 403, NO_STORE)
        text = "".join(_lines(focus.supervisor(), buckets.n_refused))
        return PlainTextResponse(text, headers=NO_STORE, media_type="text/plain; version=0.0.4")

    return answer


def is_on_this_machine(scope: Scope) -> bool:
    """Whether a request comes from the loopback, and no proxy has passed it on."""
    if any(name.lower() in FORWARDED for name, _ in scope["headers"]):
        return False
    try:
        return ipaddress.ip_address((scope.get("client") or ("",))[0]).is_loopback
    except ValueError:
        return False


def _lines(supervisor: Supervisor, n_refused: int) -> Iterator[str]:
    """A metric each: help, type and values."""
    standing, disk = supervisor.standing(), supervisor.housekeeping.disk
    states = Counter(entry.status.state for entry in focus.all_runs().entries(archived=True))
    yield _metric("visitors", "Visitors who have asked for something lately", {
        '{within="5m"}': n_seen(NOW), '{within="1d"}': n_seen(TODAY)})  # fmt: skip
    yield _metric("runs", "Runs on disk by state", {f'{{state="{each}"}}': states[each] for each in get_args(State)})
    yield _metric("line_length", "Runs that wait for a place", standing.n_waiting)
    yield _metric("training", "Runs that have a place", standing.n_training)
    yield _metric("workers", "Worker processes", len(standing.workers))
    yield _metric("workers_memory_bytes", "Resident memory of all workers", sum(map(_memory, standing.workers)))
    yield _metric("web_memory_bytes", "Resident memory of the web process", _memory(os.getpid()))
    yield _metric("web_open_files", "Open files of the web process", _open_files())
    yield _metric("runs_bytes", "What the folder of runs takes, where it is limited", disk.used)
    yield _metric("disk_free_bytes", "What is free on its disk", _free(runs_root()))
    yield _metric("requests_refused_total", "Requests that were too many", n_refused, "counter")


def _metric(name: str, about: str, values: Any, kind: str = "gauge") -> str:
    values = values if isinstance(values, dict) else {"": values}
    lines = [f"# HELP dec_{name} {about}.", f"# TYPE dec_{name} {kind}"]
    return "\n".join([*lines, *(f"dec_{name}{labels} {value}" for labels, value in values.items()), ""])


def _memory(pid: int) -> int:
    try:
        return psutil.Process(pid).memory_info().rss
    except psutil.Error:
        return 0


def _open_files() -> int:
    process = psutil.Process()
    return process.num_handles() if psutil.WINDOWS else process.num_fds()


def _free(root: Path) -> int:
    return psutil.disk_usage(str(root)).free
