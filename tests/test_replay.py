"""Replay: the steps of a run that has ended, what was to be seen at each, and to whom the frames are given."""

import json

import numpy as np
import pytest
from starlette.applications import Starlette
from starlette.routing import Route
from starlette.testclient import TestClient

from dec_core.config import RunConfig
from dec_core.gallery import RUNS
from dec_core.reading.replay import MOST_STEPS, history_after, steps_of
from dec_core.runs.folder import RunFolder
from pages.shared import past_views, replay_route

RUN = "gallery-first-look"
RECORDS = RunFolder(RUNS / RUN).records()[0]


@pytest.fixture
def root(learn_root):
    """Nothing is drawn yet."""
    for drawn in (past_views._frame, past_views._steps, past_views._views):
        drawn.cache_clear()
    return learn_root


@pytest.fixture
def client(root):
    routes = [Route("/replay/{run}/{part}/{step}", replay_route.frame)]
    return TestClient(Starlette(routes=routes), raise_server_exceptions=True)


def test_steps_go_from_the_first_snapshot_to_the_end_and_never_back():
    steps = steps_of(RECORDS)
    seconds = [step.seconds for step in steps]
    assert len(steps) <= MOST_STEPS + 1 and seconds == sorted(seconds)
    assert steps[0].text == "pretraining, epoch 1 of 8"
    assert steps[-1].text == "the end, after 1\u2009400 gradient steps, 98.1 % right"
    n_snapshots = [len(history_after(RECORDS, step.n_records).snapshots) for step in steps]
    assert (n_snapshots[0], n_snapshots[-1]) == (1, 15) and set(n_snapshots) == set(range(1, 16))


def test_a_step_knows_nothing_of_what_came_after_it():
    steps = steps_of(RECORDS)
    early = history_after(RECORDS, steps[0].n_records)
    assert early.end is None and not early.updates and early.centers is None and early.umaps is None
    assert history_after(RECORDS, steps[-1].n_records).end["acc"] == pytest.approx(0.9811)


@pytest.mark.parametrize("records", [[], [{"event": "PretrainProgress", "epoch": 1, "seconds": 1.0}]])
def test_where_no_snapshot_was_taken_there_is_nothing_to_replay(records):
    assert steps_of(records) == []


def test_every_part_can_be_fetched_at_every_step_and_is_made_once(client, monkeypatch):
    steps, made = past_views.steps(RUN), []
    views_after = past_views.views_after
    monkeypatch.setattr(past_views, "views_after", lambda *given: made.append(given) or views_after(*given))
    for step in (steps[0], steps[len(steps) // 2], steps[-1]):
        for part in ("curves", "digits", "matrix", "mixed", "points.umap.digit", "points.pca.wrong"):
            for _ in range(2):
                answer = client.get(f"/replay/{RUN}/{part}/{step.n_records}.{steps[-1].n_records}")
                assert answer.status_code == 200 and answer.content
    assert len(made) == 18


def test_before_there_are_clusters_the_matrix_is_empty_and_says_so(client):
    first, last = past_views.steps(RUN)[0].n_records, past_views.steps(RUN)[-1].n_records
    early, late = (client.get(f"/replay/{RUN}/matrix/{n}.0").json() for n in (first, last))
    assert json.loads(early["figure"])["data"] == [] and early["alt"] == "Once the centers are initialized."
    assert json.loads(late["figure"])["data"] and "10 of 10 clusters" in late["alt"]


@pytest.mark.parametrize(
    "address",
    [f"{RUN}/matrix/0.0", f"{RUN}/matrix/nonsense", f"{RUN}/nothing/{len(RECORDS)}.1", f"{RUN}/points.x.y/99999.1",
     "gallery-nothing/matrix/1.1", "..%2F..%2Fetc/matrix/1.1", "20261127-000000-abcd/matrix/1.1"],
)  # fmt: skip
def test_what_there_is_not_is_gone(client, address):
    assert client.get(f"/replay/{address}").status_code == 404


def test_a_run_under_way_is_not_replayed(client, root):
    run = RunFolder.create(root, RunConfig.make())
    for record in RECORDS[:40]:
        run.append(record)
    assert client.get(f"/replay/{run.id}/curves/{len(RECORDS[:40])}.1").status_code == 404


def test_points_of_a_snapshot_before_the_last_are_laid_out_as_the_last(root):
    steps = [step for step in past_views.steps(RUN) if "gradient step" in step.text]
    views = past_views.views_after(RUN, steps[len(steps) // 2].n_records)
    number, run = views.newest.number, views.newest.run
    assert 0 < number < len(run.snapshots) - 1
    assert views.live.plane[0] == pytest.approx(run.umaps["planes"][number][0].astype(np.float32), nan_ok=True)
    assert (views.live.labels == views.newest.labels).all()
