"""What the wall of a room shows, and its small pictures."""

import io
from base64 import b64decode
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from dec_core.figures.thumbnail import HEIGHT, MOST_CORNERS, WIDTH, line_thumbnail, map_thumbnail
from dec_core.reading.wall import ORDERS, curve_of, in_order, tiles
from dec_core.runs.folder import RunFolder
from dec_core.runs.history import History
from dec_core.runs.index import Entry
from dec_core.runs.marks import Marks
from dec_core.runs.status import RunStatus
from dec_core.work.sweeping import Sweeping

ANNA, BEN, NOON = "a" * 16, "b" * 16, 1000.0


def entry(name, owner=ANNA, state="finished", created=NOON, *, sweep="", archived=False, updated=NOON, **outcome):
    status = RunStatus(state, created, updated=updated, outcome=outcome)
    return Entry(RunFolder(Path(name)), None, "custom", status, Marks(archived=archived), sweep=sweep, owner=owner)


def shown(*entries):
    return {tile.entry.owner: (tile.entry.id, tile.n_others) for tile in tiles(entries, since=NOON)}


def test_of_everybody_one_run_is_shown():
    assert shown(entry("1"), entry("2", BEN)) == {ANNA: ("1", 0), BEN: ("2", 0)}


@pytest.mark.parametrize(
    ("states", "expected"),
    [
        (["finished", "finished"], "1"),  # the newer one
        (["finished", "queued"], "0"),
        (["queued", "paused"], "0"),
        (["paused", "running"], "0"),
        (["failed", "stopped"], "1"),
    ],
)
def test_it_is_the_one_to_look_at(states, expected):
    newer, older = states
    assert shown(entry("1", state=newer, created=NOON + 9), entry("0", state=older)) == {ANNA: (expected, 1)}


def test_what_is_of_yesterday_archived_or_a_trial_is_not_shown():
    yesterday = {"updated": NOON - 1}
    assert shown(entry("1", **yesterday), entry("2", archived=True), entry("3", sweep="mine")) == {}
    assert shown(entry("1", state="paused", **yesterday)) == {ANNA: ("1", 0)}  # and goes on


def test_orders():
    runs = [entry("1", ANNA, acc=0.5), entry("2", BEN, "running", acc=0.9), entry("3", "c", "queued"), entry("4", "d")]
    names = {ANNA: "zoe", BEN: "Yan", "d": "Adam"}
    order = {by: [tile.entry.id for tile in in_order(tiles(runs, NOON), by, names)] for by in ORDERS}
    assert order == {"state": ["2", "3", "4", "1"], "score": ["2", "1", "4", "3"], "name": ["4", "2", "1", "3"]}
    with pytest.raises(ValueError, match="expected state, score, name"):
        in_order([], "size", {})


def test_the_curve_is_a_score_once_there_is_one():
    pretrain = ({"loss": 0.2}, {"loss": 0.1})
    assert curve_of(History()) == ("loss", [])
    assert curve_of(History(pretrain=pretrain)) == ("loss", [0.2, 0.1])
    updates = ({"acc": 0.5, "silhouette": 0.1}, {"acc": 0.6})
    assert curve_of(History(pretrain=pretrain, updates=updates)) == ("acc", [0.5, 0.6])
    assert curve_of(History(updates=({"silhouette": 0.1}, {}))) == ("silhouette", [0.1])


def corners(values, low=0.0, high=1.0):
    return [tuple(map(float, each.split(","))) for each in line_thumbnail(values, low, high).split()]


def test_a_line_goes_from_left_to_right_and_up_is_more():
    assert corners([0.0, 0.5, 1.0]) == [(0, 100), (50, 50), (100, 0)]
    assert corners([-1.0, 2.0]) == [(0, 100), (100, 0)] and corners([]) == corners([0.5]) == []


@given(st.lists(st.floats(), max_size=300), st.floats(-5, 5), st.floats(0, 5))
def test_a_line_stays_in_its_square(values, low, span):
    points = corners(values, low, low + span)
    assert len(points) <= MOST_CORNERS and all(0 <= number <= 100 for point in points for number in point)
    assert not points or (points[0][0], points[-1][0]) == (0, 100)


def pixels(address):
    """RGBA of a picture that its address holds, (height, width, 4)."""
    return np.asarray(Image.open(io.BytesIO(b64decode(address.partition(",")[2]))).convert("RGBA"))


def test_a_map_has_its_points_where_they_lie_in_the_colors_of_their_clusters():
    plane = np.array([[-1, -1], [1, 1], [np.nan, np.nan]] * 5, dtype=float)
    groups = np.array([0, 1, 1] * 5)
    picture = pixels(map_thumbnail(plane, groups, ["#ff0000", "#00ff00"]))
    assert picture.shape == (HEIGHT, WIDTH, 4)
    rows, columns = np.nonzero(picture[..., 3])
    left = columns < WIDTH / 2
    assert set(map(tuple, picture[rows[left], columns[left], :3])) == {(255, 0, 0)} and (rows[left] > HEIGHT / 2).all()
    assert (
        set(map(tuple, picture[rows[~left], columns[~left], :3])) == {(0, 255, 0)} and (rows[~left] < HEIGHT / 2).all()
    )


@given(st.integers(1, 200), st.integers(0, 30))
def test_a_map_of_any_points_can_be_drawn(n, seed):
    random = np.random.default_rng(seed)
    plane = random.normal(size=(n, 2)) * 10.0 ** random.integers(-3, 6)
    for groups in (None, random.integers(0, 70, n)):
        assert pixels(map_thumbnail(plane, groups))[..., 3].any()


def test_the_sweeps_of_a_server_are_those_at_work_and_those_that_wait(tmp_path):
    class Worker:
        alive = True

        def send(self, command):
            pass

    sweeps = Sweeping(tmp_path)
    sweeps.add("db", "one"), sweeps.add("db", "two")
    sweeps.advance(True, Worker)
    assert sweeps.all == [("db", "one"), ("db", "two")]
    sweeps.leave("one")
    assert sweeps.all == [("db", "two")]
