"""/healthz and /metrics: what they say, and to whom."""

import re
from dataclasses import replace

import pytest
from requests_of_room import asked
from starlette.applications import Starlette
from starlette.routing import Route

from dec_core.runs.folder import RunFolder
from dec_core.runs.ownership import INSTRUCTOR
from dec_core.work import supervisor as supervising
from dec_core.work.disk import Disk
from dec_core.work.supervisor import Supervisor
from pages.shared import focus, health
from pages.shared.health import healthz, metrics
from pages.shared.rate import Buckets
from pages.shared.visitor import cookie_name, new_visitor, signed


class NoWorker:
    alive, run_id, attempt = False, "", ""

    def __init__(self, log, *, gives_way=False):
        pass

    def close(self):
        pass


@pytest.fixture
def server(tmp_path, monkeypatch):
    """(app, supervisor) of a room without workers."""
    monkeypatch.setenv("DEC_RUNS", str(tmp_path))
    monkeypatch.setenv("DEC_ROOM", "1")
    monkeypatch.setattr("dec_core.work.dispatcher.Worker", NoWorker)
    monkeypatch.setattr(Supervisor, "_advance", lambda self: None)
    supervisor = Supervisor(tmp_path)
    monkeypatch.setattr(focus, "supervisor", lambda: supervisor)
    buckets = Buckets(5)
    buckets.n_refused = 7
    yield Starlette(routes=[Route("/healthz", healthz), Route("/metrics", metrics(buckets))]), supervisor
    supervisor.close()
    focus.all_runs.clear()


def test_a_server_that_is_well_says_so_to_whoever_asks(server):
    answer = asked(server[0], "/healthz")
    assert (answer.status, answer.body, answer.headers["cache-control"]) == (200, b"ok\n", "no-store")


def test_what_is_wrong_is_said_without_the_servers_folders(server, tmp_path, monkeypatch):
    app, supervisor = server
    supervisor.housekeeping.close()
    supervisor.housekeeping._thread.join()
    supervisor.housekeeping.disk = Disk(used=5, most=4)
    monkeypatch.setattr(health.os, "access", lambda *_: False)
    monkeypatch.setattr(supervising, "SILENT", -1.0)
    answer = asked(app, "/healthz")
    text = answer.body.decode()
    assert answer.status == 503 and str(tmp_path) not in text
    for words in ("line of runs is not looked after", "cannot be written to", "disk is fuller than it may be"):
        assert words in text


def values(answer) -> dict[str, float]:
    lines = [line for line in answer.body.decode().splitlines() if not line.startswith("#")]
    assert all(re.fullmatch(r'dec_\w+(\{\w+="\w+"\})? [\d.]+', line) for line in lines)
    return {name: float(value) for name, value in (line.split(" ") for line in lines)}


def test_the_instructor_reads_the_figures(server, small, tmp_path):
    app, supervisor = server
    for i, state in enumerate(("finished", "failed", "finished")):
        run = RunFolder.create(tmp_path, small.changed(random_state=i), owner="anna")
        run.set_status(replace(run.status, state=state))
    supervisor.start(small, "anna")
    answer = asked(app, "/metrics", {cookie_name(): signed(INSTRUCTOR)})
    assert answer.status == 200 and answer.headers["content-type"].startswith("text/plain; version=0.0.4")
    found = values(answer)
    by_state = [found[f'dec_runs{{state="{state}"}}'] for state in ("finished", "failed", "queued", "running")]
    assert by_state == [2, 1, 1, 0] and found["dec_line_length"] == 1
    assert found["dec_requests_refused_total"] == 7 and found["dec_web_memory_bytes"] > 1e6
    assert found["dec_workers"] == 0 and found["dec_disk_free_bytes"] > 0 and "anna" not in answer.body.decode()


def test_nobody_else_does_but_programs_on_this_machine(server):
    app, _ = server
    for cookies in (None, {cookie_name(): new_visitor()}, {cookie_name(): "instructor.a.b"}):
        assert asked(app, "/metrics", cookies).status == 403
        assert asked(app, "/metrics", cookies, client="10.0.0.5").status == 403
    assert asked(app, "/metrics", client="127.0.0.1").status == asked(app, "/metrics", client="::1").status == 200
    for header in ("x_forwarded_for", "forwarded", "x_real_ip", "via"):
        assert asked(app, "/metrics", client="127.0.0.1", **{header: "127.0.0.1"}).status == 403


def test_on_a_desk_whoever_is_on_this_machine_does(server, monkeypatch):
    monkeypatch.delenv("DEC_ROOM")
    assert asked(server[0], "/metrics", client="127.0.0.1").status == 200
    assert asked(server[0], "/metrics", client="10.0.0.5").status == 403
