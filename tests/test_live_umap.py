"""UMAP while the clusters form: what a frame holds, how it goes on, and that training is left alone."""

import shutil
import threading

import numba
import numpy as np
import pytest

from dec_core.analysis.inspection import steadiness
from dec_core.analysis.projection import pca_plane, umap_plane
from dec_core.analysis.umap_internals import in_turn
from dec_core.analysis.warm_umap import extended_layout, first_layout, next_layout
from dec_core.runs.folder import RunFolder
from dec_core.runs.history import last_snapshot
from dec_core.runs.snapshots import LIVE_UMAP_FILE as LIVE
from dec_core.runs.subset import LIVE_SIZE, live_index
from dec_core.work import live_umap
from dec_core.work.live_umap import LiveUmap
from dec_core.work.postprocess import add_umap
from dec_core.work.recorder import record

pytestmark = pytest.mark.slow

N = 150


def blobs(offset=0.0, n=N):
    """Three groups in five dimensions; the third is moved by `offset`."""
    rng = np.random.default_rng(0)
    z = np.repeat(4 * np.eye(5)[:3], n // 3, axis=0) + 0.3 * rng.normal(size=(n, 5))
    z[-(n // 3) :, 3] += offset
    return z.astype(np.float32)


# -- layouts


@pytest.mark.parametrize("layout", [first_layout, umap_plane])
@pytest.mark.parametrize(("threads", "waits"), [("workqueue", True), ("omp", False)])
def test_layouts_take_turns_where_numbas_threads_serve_one_at_a_time(monkeypatch, layout, threads, waits):
    """As where OpenMP's library is missing: there, two at once end the process."""
    z = blobs()
    layout(z, pca_plane(z))  # compiled, and numba has chosen its threads
    monkeypatch.setattr(numba, "threading_layer", lambda: threads)
    other = threading.Thread(target=layout, args=[z, pca_plane(z)])
    with in_turn():
        other.start()
        other.join(0.5 if waits else 60)
        assert other.is_alive() == waits
    other.join(60)
    assert not other.is_alive()


def test_a_layout_that_goes_on_holds_stiller_than_another_one():
    """Of the two groups that do not move in z, while the third goes away."""
    steps = [blobs(offset) for offset in (0.0, 1.0, 2.0, 3.0)]
    warm = [first_layout(steps[0], pca_plane(steps[0]))]
    for number, z in enumerate(steps[1:]):
        warm.append(next_layout(z, warm[-1], number))
    apart = [umap_plane(z, pca_plane(z), random_state=number) for number, z in enumerate(steps)]
    assert steadiness(warm, steps) < 0.5 * steadiness(apart, steps)


def test_groups_stay_apart_in_a_layout():
    z, before = blobs(), first_layout(blobs(), pca_plane(blobs()))
    middles = next_layout(z, before).reshape(3, -1, 2)
    spread = middles.std(axis=1).max()
    distances = np.linalg.norm(np.diff(middles.mean(axis=1)[[0, 1, 2, 0]], axis=0), axis=1)
    assert distances.min() > 2 * spread


def test_the_same_layout_comes_of_the_same():
    z, before = blobs(), pca_plane(blobs())
    kept = before.copy()
    assert (next_layout(z, before, 1) == next_layout(z, before, 1)).all()
    assert (before == kept).all()


def test_samples_that_a_layout_lacks_come_to_lie_in_their_groups():
    z, part = blobs(), np.arange(0, N, 2)
    before = first_layout(z[part], pca_plane(z[part]))
    groups = extended_layout(z, before, part).reshape(3, -1, 2)
    middles = before.reshape(3, -1, 2).mean(axis=1)
    nearest = np.linalg.norm(groups[:, :, None] - middles, axis=3).argmin(axis=2)
    assert (nearest == np.arange(3)[:, None]).all()
    assert len(np.unique(groups.reshape(-1, 2), axis=0)) == N


@pytest.mark.parametrize("z", [np.zeros((1, 3)), np.zeros((20, 3)), np.eye(5)], ids=["one", "all alike", "few"])
def test_odd_z_gives_finite_positions(z):
    layout = next_layout(z.astype(np.float32), np.zeros((len(z), 2)))
    assert layout.shape == (len(z), 2) and np.isfinite(layout).all()


@pytest.mark.parametrize("n", [1, 7, LIVE_SIZE, LIVE_SIZE + 1, 10_000])
def test_the_part_that_is_laid_out_is_even(n):
    index = live_index(n)
    assert len(index) == min(n, LIVE_SIZE) and index[0] == 0 and index[-1] == n - 1
    assert set(np.diff(index)) <= {n // LIVE_SIZE, n // LIVE_SIZE + 1} - {0}


# -- frames


class Frames:
    """Waits for frames as they are written."""

    def __init__(self, monkeypatch):
        self.written, self._changed, real = [], threading.Condition(), RunFolder.save_arrays

        def save_arrays(folder, name, **arrays):
            real(folder, name, **arrays)
            if name == LIVE:
                with self._changed:
                    self.written.append(arrays)
                    self._changed.notify_all()

        monkeypatch.setattr(RunFolder, "save_arrays", save_arrays)

    def wait(self, n):
        with self._changed:
            assert self._changed.wait_for(lambda: len(self.written) >= n, 120)
        return self.written[n - 1]


@pytest.fixture
def frames(monkeypatch):
    monkeypatch.setattr(live_umap, "SHORTEST", 0.0)
    monkeypatch.setattr(live_umap, "MAX_SHARE", 1e9)
    return Frames(monkeypatch)


@pytest.fixture
def folder(tmp_path, small):
    return RunFolder.create(tmp_path, small.changed(n_samples=N), "running")


def test_each_frame_says_of_what_it_is_and_goes_on_from_the_one_before(folder, frames):
    live, labels = LiveUmap(folder, np.arange(N)), np.arange(N) % 3
    live.offer(blobs(), labels, 0, pca_plane(blobs()))
    frames.wait(1)
    live.offer(blobs(), labels[::-1], 40, None)
    frames.wait(2)
    live.close()
    first, second = frames.written
    assert (first["iteration"], second["iteration"]) == (0, 40)
    assert (first["labels"] == labels).all() and (second["labels"] == labels[::-1]).all()
    assert steadiness([first["plane"], second["plane"]], [blobs(), blobs()]) < 0.4  # of independent ones .8
    kept = folder.load_arrays(LIVE)
    assert (kept["plane"] == second["plane"]).all() and (kept["index"] == np.arange(N)).all()


def test_of_what_was_offered_meanwhile_only_the_newest_is_laid_out(folder, frames, monkeypatch):
    begun, goes_on = threading.Event(), threading.Event()

    def slow(z, plane):
        begun.set()
        assert goes_on.wait(120)
        return plane

    monkeypatch.setattr(live_umap, "first_layout", slow)
    live = LiveUmap(folder, np.arange(N))
    live.offer(blobs(), np.zeros(N, int), 0, pca_plane(blobs()))
    assert begun.wait(120)
    for iteration in (20, 40, 60):
        live.offer(blobs(), np.zeros(N, int), iteration, None)
    goes_on.set()
    frames.wait(2)
    live.close()
    assert [frame["iteration"] for frame in frames.written] == [0, 60]


def test_once_closed_nothing_is_written(folder, frames, monkeypatch):
    begun, goes_on = threading.Event(), threading.Event()
    monkeypatch.setattr(live_umap, "first_layout", lambda z, plane: (begun.set(), goes_on.wait(120), plane)[2])
    live = LiveUmap(folder, np.arange(N))
    live.offer(blobs(), np.zeros(N, int), 0, pca_plane(blobs()))
    assert begun.wait(120)
    live.close()
    goes_on.set()
    live._thread.join(120)
    assert not live._thread.is_alive() and not frames.written and not (folder.path / LIVE).exists()


def test_the_rest_after_a_frame_grows_with_what_it_took(folder, monkeypatch):
    monkeypatch.setattr(live_umap, "n_cores", lambda: 2)
    monkeypatch.setattr(live_umap.time, "monotonic", lambda: 100.0)
    live, waited = LiveUmap(folder, np.arange(N)), []
    monkeypatch.setattr(live._changed, "wait_for", lambda predicate, seconds: waited.append(seconds), raising=False)
    for cpu in (0.001, 0.5):
        live._rest(99.5, cpu)
    assert waited == pytest.approx([0.5, 5.75])  # a second from its beginning; 12.5 times what it took of one core


# -- when training has ended


def displacement(plane, frame):
    """How far the samples of a frame lie from where it shows them, on average, against the frame's spread."""
    spread = np.sqrt(np.square(frame["plane"] - frame["plane"].mean(axis=0)).sum(axis=1).mean())
    return np.linalg.norm(plane[frame["index"]] - frame["plane"], axis=1).mean() / spread


def test_the_map_of_the_result_lies_where_the_last_frame_lay(finished_run, tmp_path):
    folder, last = RunFolder(tmp_path / finished_run.id), finished_run.load_arrays(last_snapshot(finished_run))
    shutil.copytree(finished_run.path, folder.path)
    index = live_index(1797)[::3]
    z, labels = last["z"][index].astype(np.float32), last["labels"][index]
    frame = {"plane": first_layout(z, last["plane"][index]), "index": index, "labels": labels}
    folder.save_arrays(LIVE, iteration=np.array(40), **frame)
    add_umap(folder)
    plane = folder.load_arrays("umap.npz")["plane"]
    apart = umap_plane(last["z"], last["plane"])
    assert plane.shape == (1797, 2)
    assert displacement(plane, frame) < 0.5 * displacement(apart, frame)
    assert not (folder.path / LIVE).exists()


# -- beside training


def said(folder):
    """All records but the one that comes when it is ready, without what the clock says."""
    records = [item for item in folder.records()[0] if item["event"] != "BaselineScored"]
    return [{key: value for key, value in item.items() if key != "seconds"} for item in records]


def test_a_run_that_was_watched_is_the_same_as_one_that_was_not(tmp_path, small, finished_run, frames):
    folder = RunFolder.create(tmp_path, small, "running")
    for item in record(folder, live_umap=True):
        if item["event"] == "TargetUpdated":  # training waits, so that it has met frames in the making
            frames.wait(item["update"])
    assert frames.written[0]["iteration"] == 0 and len(frames.written) >= 3
    for path in sorted((finished_run.path / "snapshots").glob("*.npz")):
        with np.load(path) as one, np.load(folder.path / "snapshots" / path.name) as other:
            assert set(one.files) == set(other.files)
            assert all((one[name] == other[name]).all() for name in one.files), path.name
    assert said(folder) == said(finished_run)
    assert (folder.path / LIVE).exists()
    add_umap(folder)
    assert not (folder.path / LIVE).exists()


def test_where_nobody_watches_there_is_none(finished_run):
    assert not (finished_run.path / LIVE).exists()


def test_a_frame_of_an_earlier_attempt_is_removed(folder):
    (folder.path / LIVE).write_bytes(b"")
    LiveUmap(folder, np.arange(N))
    assert not (folder.path / LIVE).exists()
