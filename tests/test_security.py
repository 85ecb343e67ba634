"""What the app's answers tell browsers, and what a visitor reads instead of a traceback."""

from __future__ import annotations

import asyncio
import errno
import runpy
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import streamlit as st
from screens import PATIENCE
from streamlit.testing.v1 import AppTest

from pages.shared.security import SecurityHeaders, policy
from pages.shared.trouble import tell_script_error, write_failed

FULL = OSError(errno.ENOSPC, "No space left on device", "/srv/secret/runs")


def answered(host: str) -> dict[str, str]:
    """The headers of an answer to a browser that calls the app by `host`."""
    sent = []

    async def app(scope, receive, send):
        await send({"type": "http.response.start", "status": 200, "headers": [(b"referrer-policy", b"unsafe-url")]})

    async def send(message):
        sent.append(message)

    scope = {"type": "http", "headers": [(b"host", host.encode())]}
    with ThreadPoolExecutor(1) as elsewhere:  # this thread's loop may be that of a browser
        elsewhere.submit(asyncio.run, SecurityHeaders(app)(scope, None, send)).result()
    return {name.decode(): value.decode() for name, value in sent[0]["headers"]}


def test_every_answer_forbids_to_fetch_from_elsewhere():
    headers = answered("localhost:8501")
    said = dict(part.split(" ", 1) for part in headers["content-security-policy"].split("; "))
    assert said["default-src"] == "'self'" and said["object-src"] == "'none'"
    assert said["connect-src"] == "'self' ws://localhost:8501 wss://localhost:8501"
    assert "unsafe" not in said["script-src"] and "'sha256-" in said["script-src"]
    assert not any("http" in sources or "*" in sources for sources in said.values())
    assert headers["x-content-type-options"] == "nosniff" and headers["referrer-policy"] == "same-origin"


@pytest.mark.parametrize("host", ["", "a b", "a; img-src *", "a,b", "*", "http://a"])
def test_a_host_cannot_write_the_policy(host):
    assert policy(host).endswith("connect-src 'self'")


def test_the_app_has_both(monkeypatch, tmp_path):
    given = {}
    monkeypatch.setenv("DEC_STATIC", str(tmp_path / "static"))
    monkeypatch.setattr(st, "App", lambda script, **arguments: given.update(arguments))
    runpy.run_path(str(Path(__file__).parents[1] / "app.py"))
    assert [each.cls for each in given["middleware"]] == [SecurityHeaders]
    assert given["on_script_error"] is tell_script_error


def fails(number: int) -> None:
    from pages.shared.trouble import tell_script_error

    assert tell_script_error(OSError(number, "secret") if number else KeyError("secret"))


@pytest.mark.parametrize(("number", "words"), [(0, "Reload the page"), (errno.ENOSPC, "disk is full. Delete runs")])
def test_an_error_that_nobody_caught_is_said_in_words(number, words):
    at = AppTest.from_function(fails, args=(number,), default_timeout=PATIENCE).run()
    assert not at.exception
    assert words in at.error[0].value and "secret" not in at.error[0].value


def test_what_could_not_be_written_is_said_without_the_servers_folders():
    assert write_failed(FULL, "The run") == (
        "The run could not be written: the server's disk is full. Delete runs you no longer need, or ask the "
        "administrator to free space; then try again"
    )
    assert "cannot write" in write_failed(PermissionError(errno.EACCES, "no", "/srv/secret"), "The run")
