"""Who follows a run is told of its moments, and fetches frames that were made once, without a redraw."""

import asyncio
import json
import shutil
from dataclasses import replace

import pytest
from listening import PATIENCE, Listener, listening_to, run_apart
from requests_of_room import asked
from starlette.applications import Starlette
from starlette.routing import Route

from dec_core.runs.folder import RunFolder
from dec_core.runs.status import this_process
from pages.shared import focus, stream
from pages.shared.looks import looks
from pages.shared.views import Views
from pages.train import live_route, watch
from pages.train.moment import moment_of

APP = Starlette(
    routes=[
        Route("/live/{run}", live_route.stream()),
        Route("/live/{run}/{part}/{version}", live_route.frame),
    ]
)


class NoQueue:
    def ahead_of(self, run):
        return 0


@pytest.fixture
def run(tmp_path, finished_run, monkeypatch):
    """A run of this process with the records up to its first clusters; `more` are those that follow."""
    import streamlit as st

    st.cache_resource.clear()
    monkeypatch.setenv("DEC_RUNS", str(tmp_path / "runs"))
    monkeypatch.setenv("DEC_STATIC", str(tmp_path / "static"))
    monkeypatch.setattr(focus, "supervisor", NoQueue)
    monkeypatch.setattr(watch, "EVERY", 0.01)
    monkeypatch.setattr(watch, "REST", 0.01)
    shutil.copytree(finished_run.path, tmp_path / "runs" / finished_run.id)
    run = RunFolder(tmp_path / "runs" / finished_run.id)
    records, _ = run.records()
    first = next(i for i, record in enumerate(records) if record.get("clustered")) + 1
    (run.path / "events.jsonl").unlink()
    run.append(*records[:first])
    run.more = [record for record in records[first:] if record["event"] != "Finished"]
    run.set_status(replace(run.status, state="running", phase="clustering", outcome={}, **this_process()))
    yield run
    st.cache_resource.clear()


def listening(run, **headers):
    return listening_to(APP, f"/live/{run.id}", **headers)


def test_who_listens_is_told_of_the_newest_moment_and_of_those_that_follow(run):
    async def listen():
        async with listening(run) as listener:
            first = await listener.next()
            run.append(*run.more)
            second = await listener.next()
            while second["records"] < first["records"] + len(run.more):  # what is being written may be half there
                second = await listener.next()
            return listener.head, first, second

    head, first, second = run_apart(listen())
    assert head["content-type"].startswith("text/event-stream")
    assert (head["cache-control"], head["x-accel-buffering"]) == ("no-store", "no")
    assert first["url"] == f"live/{run.id}" and first["number"] < second["number"]
    assert first["parts"].keys() == second["parts"].keys() > {"curves", "matrix", "digits", "points.umap.digit"}
    assert all(first["parts"][part] != second["parts"][part] for part in first["parts"])
    assert first["words"]["numbers"] != second["words"]["numbers"]
    assert second["words"]["said"] == "Clustering" and second["words"]["line"].startswith("Clustering: update")


def test_a_redraw_is_for_what_streamlit_draws_and_not_for_what_moves(run):
    before = moment_of(run)
    run.append(*run.more)
    moved = moment_of(run)
    assert moved.number > before.number and moved.layout == before.layout and moved.told != before.told
    assert moment_of(run).number == moved.number  # nothing is new
    run.set_status(replace(run.status, state="paused"))
    assert moment_of(run).layout != moved.layout
    (run.path / "events.jsonl").write_text("")  # as before the first snapshot
    assert moment_of(run).layout != moved.layout


def test_who_comes_back_is_told_only_what_is_new(run):
    async def listen():
        async with listening(run) as listener:
            last = await listener.next()
        async with listening(run, last_event_id=str(last["number"])) as again, listening(run) as new:
            assert (await new.next())["number"] == last["number"]
            run.append(*run.more)
            return last, await again.next()

    last, told = run_apart(listen())
    assert told["number"] > last["number"] and told["parts"] != last["parts"]


def test_one_look_is_for_all_who_listen_and_ends_with_the_last(run):
    async def listen():
        begun, key = looks().begun, f"live:{run.id}"
        async with listening(run) as one:
            await one.next()
            look = begun[key]
            async with listening(run) as other:
                await other.next()
                assert begun == {key: look} and len(look.listeners) == 2
            assert begun == {key: look}
            run.append(*run.more)
            await one.next()
        assert begun == {}
        await asyncio.sleep(0)
        return [task for task in asyncio.all_tasks() if task.get_name().startswith("watch")]

    assert run_apart(listen()) == []


def test_who_is_slow_passes_over_moments(run):
    async def listen():
        async with listening(run) as slow, listening(run) as fast:
            first = await slow.next()
            slow.reads.clear()
            numbers = [(await fast.next())["number"]]
            for record in run.more[:3]:
                run.append(record)
                numbers.append((await fast.next())["number"])
            slow.reads.set()
            told = [await slow.next()]
            while told[-1]["number"] != numbers[-1]:
                told.append(await slow.next())
            return first["number"], numbers, [moment["number"] for moment in told]

    first, numbers, told = run_apart(listen())
    assert first == numbers[0] and len(numbers) == 4 and told[-1] == numbers[-1]
    assert len(told) < 3  # the one that was under way, perhaps, and the newest


def test_a_connection_on_which_nothing_comes_is_written_to(run, monkeypatch):
    monkeypatch.setattr(stream, "HEARTBEAT", 0.01)

    async def listen():
        async with listening(run) as listener:
            await listener.next()
            return await asyncio.wait_for(listener.lines.get(), PATIENCE)

    assert run_apart(listen()).startswith("event: alive\ndata:")


def test_one_browser_follows_so_many_runs_at_once_and_others_all_the_same(run, monkeypatch):
    monkeypatch.setattr(stream, "MOST_STREAMS", 1)

    async def listen():
        async with listening(run) as listener:
            await listener.next()
            async with listening(run) as refused:
                await asyncio.wait_for(refused.served, PATIENCE)
            return refused.status, dict(looks().n_streams)

    status, streams = run_apart(listen())
    assert status == 503 and streams == {"": 1} and not looks().n_streams


@pytest.mark.parametrize("how", ["ended", "gone", "server"])
def test_a_stream_ends_with_what_it_tells_of(run, how):
    async def listen():
        listener = Listener(APP, f"/live/{run.id}")
        serving = asyncio.create_task(listener.serve())
        await listener.next()
        if how == "ended":
            run.append(
                *run.more, {"event": "Diverged", "phase": "clustering", "epoch": 1, "iteration": 1, "message": ""}
            )
            run.append({"event": "ProjectionReady", "file": "umap.npz"})
            run.set_status(replace(run.status, state="stopped"))
        elif how == "gone":
            (run.path / "config.json").unlink()
        else:
            looks().close()
            async with listening(run) as late:
                await asyncio.wait_for(late.served, PATIENCE)
            assert late.status == 503
        await asyncio.wait_for(serving, PATIENCE)
        return [listener.lines.get_nowait() for _ in range(listener.lines.qsize())]

    lines = run_apart(listen())
    if how == "ended":
        assert json.loads(lines[-1].partition("data: ")[2])["over"]
    else:
        assert [line.split("\n")[0] for line in lines] == (["event: gone"] if how == "gone" else [])


def test_a_frame_is_made_once_for_all_and_kept_by_browsers(run, monkeypatch):
    made, make = [], Views.frame
    monkeypatch.setattr(Views, "frame", lambda views, part: (made.append(part), make(views, part))[1])
    moment = moment_of(run)

    async def fetch():
        return await asyncio.gather(*(watch.frames().frame(moment_of(run), part) for part in 3 * ["curves", "digits"]))

    frames = run_apart(fetch())
    assert sorted(made) == ["curves", "digits"] and len(set(frames)) == 2
    for part, version in moment.views.versions.items():
        answer = asked(APP, f"/live/{run.id}/{part}/{version}")
        assert answer.status == 200 and answer.headers["cache-control"] == "private, max-age=86400, immutable"
    assert len(made) == len(moment.views.versions)
    data = json.loads(asked(APP, f"/live/{run.id}/matrix/{moment.views.versions['matrix']}").body)
    assert data["name"] == "Confusion matrix" and json.loads(data["figure"])["data"][0]["type"] == "heatmap"


def test_of_a_version_that_is_gone_the_way_leads_to_the_newest(run):
    gone = moment_of(run).views.versions["curves"]
    run.append(*run.more)
    newest = moment_of(run).views.versions["curves"]
    answer = asked(APP, f"/live/{run.id}/curves/{gone}")
    assert answer.status == 307 and answer.headers["location"] == newest
    assert answer.headers["cache-control"] == "no-store"
    assert asked(APP, f"/live/{run.id}/curves/{newest}").status == 200


@pytest.mark.parametrize("part", ["", "nothing", "points", "points.umap.nothing", "points.umap", "versions", "frame"])
def test_there_is_no_frame_of_a_part_that_is_not_there(run, part):
    assert asked(APP, f"/live/{run.id}/{part}/0").status == 404


@pytest.mark.parametrize("name", ["nothing", "..", ".", "a\0b", "x" * 5000, "ä" * 100])
def test_there_is_nothing_of_a_run_that_is_not_there(run, name):
    (run.path.parents[1] / "config.json").write_text("{}")  # which is of no run
    assert asked(APP, f"/live/{name}").status == 404
    assert asked(APP, f"/live/{name}/curves/0").status == 404
