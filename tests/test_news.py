"""Who looks at a screen is told that what it shows has changed: by one look for all, while they may hear of it."""

import asyncio
import os
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlencode

import pytest
from listening import PATIENCE, listening_to, run_apart
from requests_of_room import asked
from rooms import ANNA, BEN
from starlette.applications import Starlette
from starlette.routing import Route

from dec_core.runs.folder import RunFolder
from dec_core.runs.sharing import follow, share, stop_sharing
from dec_core.runs.snapshots import LIVE_UMAP_FILE
from pages.shared import focus, news, stream
from pages.shared.looks import looks
from pages.shared.news import MOMENTS, RUN, Kind
from pages.shared.visitor import cookie_name, signed
from pages.train import live_route

LOSS = {"event": "PretrainProgress", "epoch": 1, "loss": 0.1, "batch": 1, "n_batches": 1}
SNAPSHOT = {"event": "SnapshotTaken", "file": "snapshots/000000.npz", "epoch": 1, "iteration": 0, "clustered": False}
APP = Starlette(
    routes=[Route("/news", news.stream(RUN, MOMENTS)), Route("/live/{run}", live_route.stream(RUN, MOMENTS))]
)


class NoQueue:
    ahead = 2
    completes = False

    def ahead_of(self, run):
        return self.ahead

    def is_completing(self, run):
        return self.completes


@pytest.fixture
def run(tmp_path, small, monkeypatch):
    """A run of this process, of which nobody else knows."""
    import streamlit as st

    st.cache_resource.clear()
    monkeypatch.setenv("DEC_RUNS", str(tmp_path))
    monkeypatch.setattr(focus, "supervisor", NoQueue)
    monkeypatch.setattr(news, "EVERY", 0.01)
    yield RunFolder.create(tmp_path, small, "running")
    st.cache_resource.clear()


def of(kind, *names):
    return "/news?" + urlencode([("of", f"{kind.name}:{name}") for name in names])


def status_of(*names, kind=RUN):
    return asked(APP, of(kind, *names), method="HEAD").status


@pytest.mark.parametrize("what", ["record", "state", "process", "queue", "worker", "map"])
def test_a_run_is_another_one_after_whatever_a_page_shows_otherwise(run, what, monkeypatch):
    if what == "queue":
        run.set_status(replace(run.status, state="queued"))
    before = RUN.stamp(run.id)
    assert before == RUN.stamp(run.id)
    if what == "record":
        run.append(LOSS)
    elif what == "state":
        run.set_status(replace(run.status, state="paused"))
    elif what == "process":
        status = (run.path / "status.json").read_text()
        (run.path / "status.json").write_text(status.replace(f'"pid": {os.getpid()}', '"pid": 0'))
    elif what == "map":
        (run.path / LIVE_UMAP_FILE).write_bytes(b"")
    elif what == "worker":
        monkeypatch.setattr(NoQueue, "completes", True)
    else:
        monkeypatch.setattr(NoQueue, "ahead", 1)
    assert RUN.stamp(run.id) != before


def test_its_moments_are_others_after_a_snapshot_and_at_the_end_and_not_with_every_record(run):
    stamps = [MOMENTS.stamp(run.id)]
    run.append(LOSS)
    assert MOMENTS.stamp(run.id) == stamps[0]
    for record in (SNAPSHOT, {"event": "ProjectionReady", "file": "umap.npz"}, {**SNAPSHOT, "epoch": 2}):
        run.append(record)
        stamps.append(MOMENTS.stamp(run.id))
    run.set_status(replace(run.status, state="stopped"))
    assert len({*stamps, MOMENTS.stamp(run.id)}) == 5


@pytest.mark.parametrize("name", ["nothing", "..", "../etc", "", ".", "x/../{run}", "a\0b", "x" * 5000, "ä" * 100])
def test_there_is_none_of_a_run_that_is_not_there(run, name):
    (run.path.parents[1] / "config.json").write_text("{}")  # which is of no run
    assert status_of(name.replace("{run}", run.id)) == 404
    assert status_of(name.replace("{run}", run.id), run.id) == 200


def test_there_is_none_of_nothing_and_of_what_is_of_no_kind(run):
    assert {asked(APP, path).status for path in ("/news", "/news?of=", f"/news?of={run.id}", "/news?of=a:b")} == {404}


def test_who_listens_is_told_what_there_is_and_what_changes_and_nothing_else(run, small, monkeypatch):
    other = RunFolder(run.path.rename(run.path.with_name("50 % of a&b=c:d, or #1?")))
    run = RunFolder.create(other.path.parent, small, "running")
    monkeypatch.setattr(stream, "HEARTBEAT", 0.1)

    async def listen():
        async with listening_to(APP, of(RUN, run.id, other.id)) as listener:
            told = [await listener.next("stamp") for _ in range(2)]
            at_first = {each["topic"]: each["stamp"] for each in told}
            lines = [await asyncio.wait_for(listener.lines.get(), PATIENCE) for _ in range(2)]
            other.append(LOSS)
            return at_first, lines, await listener.next("stamp"), max(each["at"] for each in told)

    at_first, lines, changed, at = run_apart(listen())
    seen = news.seen(RUN, run.id, other.id)
    assert lines == ["event: alive\ndata: \n\n"] * 2  # while nothing is new
    assert changed["topic"] == f"run:{other.id}" and changed["stamp"] == seen.stamps[changed["topic"]]
    assert at_first | {changed["topic"]: changed["stamp"]} == seen.stamps and changed["stamp"] not in at_first.values()
    assert at < changed["at"] <= seen.at


def test_one_look_is_for_all_who_listen_and_ends_with_the_last(run):
    looked = []
    counted = Kind("run", lambda name: (looked.append(name), RUN.stamp(name))[1], RUN.may_hear, lambda _: 3600.0)
    app = Starlette(routes=[Route("/news", news.stream(counted))])

    async def listen():
        async with listening_to(app, of(RUN, run.id)) as one:
            await one.next("stamp")
            async with listening_to(app, of(RUN, run.id)) as other, listening_to(app, of(RUN, run.id)) as third:
                told = [await other.next("stamp"), await third.next("stamp")]
                assert len(looks().begun) == 1
            assert len(looks().begun) == 1
        assert not looks().begun and not looks().n_streams
        await asyncio.sleep(0)
        return told, [task for task in asyncio.all_tasks() if task.get_name().startswith("watch")]

    told, tasks = run_apart(listen())
    assert looked == [run.id] and told[0]["stamp"] == told[1]["stamp"] and tasks == []


@pytest.mark.parametrize("address", ["/news?of=moments:{run}", "/live/{run}?of=moments:{run}"])
def test_a_stream_ends_when_sharing_ends(run, address, monkeypatch):
    monkeypatch.setenv("DEC_ROOM", "1")
    monkeypatch.setattr(stream, "HEARTBEAT", 0.05)  # at which it is asked, too
    (run.path / "owner").write_text(ANNA)
    address = address.format(run=run.id)
    bens, annas = (f"{cookie_name()}={signed(who)}" for who in (BEN, ANNA))

    async def listen():
        async with listening_to(APP, address, cookie=bens) as refused:
            await asyncio.wait_for(refused.served, PATIENCE)
        follow(run, share(run), BEN)
        async with listening_to(APP, address, cookie=bens) as listener, listening_to(APP, address, cookie=annas) as own:
            told = [await listener.next("stamp"), await own.next("stamp")]
            stop_sharing(run)
            await asyncio.wait_for(listener.served, PATIENCE)
            run.append(SNAPSHOT)
            later = await own.next("stamp")
        return refused.status, told, [listener.lines.get_nowait() for _ in range(listener.lines.qsize())], later

    status, told, lines, later = run_apart(listen())
    assert status == 404 and told[0]["stamp"] == told[1]["stamp"] not in ("", later["stamp"])
    assert any('"stamp": ""' in line for line in lines) and later["stamp"] == MOMENTS.stamp(run.id)
    assert not any(later["stamp"] in line for line in lines)
    assert ("event: gone\ndata: \n\n" in lines) == address.startswith("/live")


def test_what_is_deleted_and_comes_back_is_told_of(run):
    elsewhere = Path(f"{run.path}-elsewhere")
    gone_and_back = Kind("run", lambda name: "there" if run.path.exists() else _missing(), lambda *_: True)
    app = Starlette(routes=[Route("/news", news.stream(gone_and_back))])

    async def listen():
        async with listening_to(app, of(RUN, run.id)) as listener:
            told = [await listener.next("stamp")]
            run.path.rename(elsewhere)
            told.append(await listener.next("stamp"))
            elsewhere.rename(run.path)
            return [each["stamp"] for each in (*told, await listener.next("stamp"))]

    assert run_apart(listen()) == ["there", "", "there"]


def _missing():
    raise ValueError("it is not there")
