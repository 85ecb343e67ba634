"""A run laid open: more samples than a snapshot shows, and runs of earlier versions, which kept z of the view
alone.
"""

import shutil
from dataclasses import replace

import numpy as np
import pytest
from inspect_screen import (
    brute_force,
)
from recorded_runs import copied, recorded

from dec_core.analysis.assignment import target_distribution
from dec_core.reading.run import Run
from dec_core.runs.folder import RunFolder
from dec_core.runs.history import RunReader
from dec_core.runs.subset import view_index

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("method", ["dec", "kmeans"])
def test_of_many_samples_all_are_known_once_there_are_clusters(small, digits, tmp_path, monkeypatch, method):
    monkeypatch.setattr("dec_core.runs.subset.VIEW_SIZE", 120)
    config = small.changed(method=method, n_samples=300, pretrain_epochs=2, max_iterations=20)
    run, view = Run.open(recorded(tmp_path, config)), view_index(300)
    last, held = run.at(-1), run.at(-1).arrays
    assert len(view) == 120 and len(held["plane"]) == 120 and len(last.rows) == 300
    assert len(held["z"]) == (300 if method == "dec" else 120)
    z = held["z"].astype(np.float32) if method == "dec" else digits.x[:300] / 255
    assert np.abs(last.z(np.arange(300)) - z).max() < 1e-6 and np.isfinite(last.q).all()
    plane = last.plane("pca")
    assert np.abs(plane[view] - held["plane"]).max() < 0.01 * np.ptp(plane)
    assert np.abs(plane - (z - z[view].mean(axis=0)) @ held["axes"]).max() < 1e-3
    assert last.neighbours(7).tolist() == brute_force(z, 7, 5)
    first = run.at(0)
    if method == "dec":
        assert first.rows.tolist() == view.tolist() and np.isnan(first.z(np.arange(300))).any(axis=1).sum() == 180
        assert np.isnan(first.plane("pca")).any(axis=1).sum() == 180


@pytest.fixture
def earlier(finished_run, tmp_path, monkeypatch) -> RunFolder:
    folder = copied(finished_run, tmp_path)
    names = [f"snapshots/{path.name}" for path in (folder.path / "snapshots").iterdir()]
    whole = {name: finished_run.load_arrays(name) for name in names}
    monkeypatch.setattr("dec_core.runs.subset.VIEW_SIZE", 600)
    view = view_index(1797)
    for name, arrays in whole.items():
        arrays |= {"z": arrays["z"][view], "plane": arrays["plane"][view]}
        del arrays["axes"]
        folder.save_arrays(name, **arrays)
    (folder.path / "decoder.npz").unlink()
    return folder


@pytest.fixture
def view(earlier) -> np.ndarray:
    view = view_index(1797)
    assert len(view) == 600 and view[0] < 10 and view[-1] > 1780
    return view


def test_while_the_mixtures_target_is_held_p_is_not_known(run):
    held = replace(run, config=run.config.changed(first_target="umap_gmm", first_target_steps=40))
    by_step = {held.at(i).iteration: held.at(i) for i in held.clustered}
    assert {step: moment.holds_first_target for step, moment in by_step.items()} == {
        0: True,
        20: True,
        40: False,
        60: False,
    }
    assert np.isnan(by_step[20].p).all() and np.isfinite(by_step[40].p).all()


def test_of_an_earlier_run_what_is_not_known_is_nan(earlier, view, run, snapshots):
    last, whole = Run.open(earlier).at(-1), run.at(-1)
    unknown = np.setdiff1d(np.arange(1797), view)
    assert np.array_equal(last.rows, view) and np.array_equal(last.labels, whole.labels)
    assert np.isnan(last.z(unknown)).all() and np.array_equal(last.z(view), whole.z(view))
    assert last.z(int(view[5])).tolist() == whole.z(int(view[5])).tolist() and np.isnan(last.z(int(unknown[5]))).all()
    assert np.array_equal(last.q[view], whole.q[view]) and np.isnan(last.q[unknown]).all()
    assert np.abs(last.p[view] - target_distribution(whole.q[view].astype(float))).max() < 1e-6
    assert np.isnan(last.p[unknown]).all() and np.isnan(last.confidence[unknown]).all()
    assert np.array_equal(last.distance[view], whole.distance[view]) and np.isnan(last.distance[unknown]).all()
    for space in ("pca", "z2,z7"):
        assert np.isnan(last.plane(space)[unknown]).all() and np.isfinite(last.plane(space)[view]).all()
    assert np.array_equal(last.plane("pca")[view], snapshots[-1]["plane"][view].astype(np.float32))
    assert np.array_equal(last.last_change, whole.last_change) and np.array_equal(last.wrong, whole.wrong)


def test_filters_that_need_z_leave_out_what_is_not_known(earlier, view, run):
    last, whole = Run.open(earlier).at(-1), run.at(-1)
    assert np.array_equal(last.select(min_confidence=1e-4), view) and np.array_equal(
        last.select(max_confidence=0.9999), view
    )
    box = (-1e6, -1e6, 1e6, -1e6, 1e6, 1e6, -1e6, 1e6)
    assert np.array_equal(last.select(lasso=box, space="pca"), view)
    for filters in ({"cluster": "C"}, {"true": "4", "side": "wrong"}, {"changed": True}, {"was": "B", "since": 2}):
        assert np.array_equal(last.select(**filters), whole.select(**filters))
    for order in ("uncertain", "typical", "outliers"):
        assert set(last.select(order=order)[:600]) == set(view)


def test_of_an_earlier_run_no_path_and_no_number_is_made_up(earlier, view):
    run = Run.open(earlier)
    last, unknown = run.at(-1), int(np.setdiff1d(np.arange(1797), view)[0])
    assert run.decoder is None and run.decode(np.zeros(10)) is None
    assert last.path(int(view[0]), 0) is None and last.path(unknown, 0) is None
    assert "q = " in last.story(int(view[0])) and "q = " not in last.story(unknown)
    assert last.neighbours(unknown).shape == (0,)
    near = brute_force(last.z(view), 7, 9)
    assert last.neighbours(int(view[7]), 9).tolist() == view[near].tolist()


def test_a_worker_places_what_an_earlier_run_did_not_keep(earlier, view, run, laid_out_at_once):
    from dec_core.work.postprocess import add_inspection

    add_inspection(earlier)
    again, whole = Run.open(earlier), run.at(-1)
    last = again.at(-1)
    assert len(last.rows) == 1797 and np.abs(last.q - whole.q).max() < 0.01
    assert last.spaces() == ["umap", "pca"] and np.isfinite(last.plane("umap")).all()
    assert brute_force(last.z(np.arange(1797)), 30, 5) == last.neighbours(30).tolist()
    assert np.abs(last.path(30, 2).astype(int) - whole.path(30, 2)).max() <= 2
    assert np.isnan(again.at(-2).q).any() and again.at(-2).path(int(np.setdiff1d(np.arange(9), view)[0]), 2) is None


def test_a_snapshot_that_a_resume_has_dropped_is_not_the_last_one(finished_run, digits, tmp_path, laid_out_at_once):
    from dec_core.work.postprocess import add_inspection, add_umap
    from dec_core.work.prediction import predict

    folder = copied(finished_run, tmp_path)
    shutil.copy(folder.path / "snapshots" / "00001.npz", folder.path / "snapshots" / "99999.npz")  # without clusters
    add_umap(folder)
    assert RunReader(folder).refresh().umap == "umap.npz"
    add_inspection(folder)
    assert RunReader(folder).refresh().inspection == "inspection.npz"
    assert predict(folder, digits.images[:1]).names is not None


def test_what_is_not_known_is_second_nearest_to_no_cluster(earlier, view, run):
    last, whole = Run.open(earlier).at(-1), run.at(-1)
    for name in "ABCDEFGHIJ":
        assert np.array_equal(last.select(second=name), np.intersect1d(whole.select(second=name), view))
    assert last.second_nearest.sum() == len(view) and whole.second_nearest.sum() == 1797
