"""A run laid open: what a worker has added, neighbors and UMAPs."""

import itertools
import os
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
import streamlit as st
from inspect_screen import (
    brute_force,
)
from recorded_runs import copied
from screens import AtOnce

from dec_core.analysis.inspection import steadiness
from dec_core.analysis.projection import extent, umap_plane
from dec_core.even_part import even_part
from dec_core.figures.embedding import positions
from dec_core.reading.planes import common_extent
from dec_core.reading.run import Run
from dec_core.work import moving_umap, postprocess
from pages.shared import browser_files

pytestmark = pytest.mark.slow


def test_the_workers_neighbours_are_the_nearest_of_all(complete, snapshots):
    last, z = complete.at(-1), snapshots[-1]["z"].astype(float)
    near = np.array([last.neighbours(index, 15) for index in range(1797)])
    apart = np.sqrt(((z[:, None] - z) ** 2).sum(axis=2))
    np.fill_diagonal(apart, np.inf)
    assert near.shape == (1797, 15) and not (near == np.arange(1797)[:, None]).any()
    assert np.abs(np.take_along_axis(apart, near, axis=1) - np.sort(apart, axis=1)[:, :15]).max() < 1e-3
    assert np.mean(near == np.argsort(apart, axis=1)[:, :15]) > 0.99
    assert last.neighbours(8).tolist() == near[8, :5].tolist()


def test_what_was_added_is_of_the_newest_moment_alone(complete, finished_run, snapshots):
    last, before = complete.at(-1), complete.at(-2)
    assert last.spaces() == ["umap", "pca"] and before.spaces() == ["pca"]
    umap = complete.folder.load_arrays("umap.npz")["plane"]
    assert np.array_equal(last.plane("umap"), umap) and not np.array_equal(last.plane("umap"), last.plane("pca"))
    assert before.neighbours(8, 9).tolist() == brute_force(snapshots[-2]["z"], 8, 9)


def test_frames_for_the_browser_follow_the_axes_that_a_worker_adds(complete, tmp_path, monkeypatch):
    monkeypatch.setenv("DEC_STATIC", str(tmp_path))
    monkeypatch.setattr(browser_files, "threading", SimpleNamespace(Thread=AtOnce))
    monkeypatch.setattr(AtOnce, "errors", [])
    st.cache_resource.clear()
    for run in (replace(complete, inspection_file=None), complete):
        files = [tmp_path / pair["at"].removeprefix("files/") for pair in browser_files.point_files(run, 5, "pca")]
        assert len(files) == 6 and not AtOnce.errors
        for number, file in enumerate(files):
            plane, extent = run.at(number).plane("pca"), common_extent(run.at(number), "pca")
            assert file.read_bytes() == positions(plane, extent), number


@pytest.fixture(scope="module")
def moving(complete, tmp_path_factory) -> Run:
    """A run with UMAPs of every third sample at all of its six moments."""
    folder = copied(complete.folder, tmp_path_factory.mktemp("moving"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(moving_umap, "MAX_POINTS", 6 * 599)
        moving_umap.add_moving_umap(folder)
    return Run.open(folder)


def test_umaps_of_all_moments_lead_to_that_of_the_last_which_stays(moving, complete):
    assert np.array_equal(moving.at(-1).plane("umap"), complete.at(-1).plane("umap"))
    samples, planes = moving.umaps["samples"], [moving.at(number).plane("umap") for number in range(6)]
    assert samples.tolist() == even_part(1797, 599).tolist() and moving.at(0).spaces() == ["umap", "pca"]
    for number in range(5):
        known = np.flatnonzero(np.isfinite(planes[number][:, 0]))
        assert np.array_equal(known, samples) and np.array_equal(planes[number][known], moving.umaps["planes"][number])
        assert not np.array_equal(planes[number][known], planes[number + 1][known])
    z = [moving.at(number).z(samples) for number in moving.clustered]
    apart = [umap_plane(at, at[:, :2], random_state=number) for number, at in enumerate(z)]
    assert steadiness([planes[number][samples] for number in moving.clustered], z) < 0.5 * steadiness(apart, z)


def test_umaps_of_all_moments_are_drawn_on_one_scale(moving, tmp_path, monkeypatch):
    monkeypatch.setenv("DEC_STATIC", str(tmp_path))
    monkeypatch.setattr(browser_files, "threading", SimpleNamespace(Thread=AtOnce))
    monkeypatch.setattr(AtOnce, "errors", [])
    st.cache_resource.clear()
    shown = common_extent(moving.at(-1), "umap")
    for number, pair in enumerate(browser_files.point_files(moving, 2, "umap")):
        file = tmp_path / pair["at"].removeprefix("files/")
        assert file.read_bytes() == positions(moving.at(number).plane("umap"), shown), number
    for number in range(6):
        middle, reach = extent(moving.at(number).plane("umap")[moving.umaps["samples"]])
        assert (np.abs(middle - shown[0]) + reach <= shown[1] + 1e-3).all()
    assert not AtOnce.errors


def test_what_a_run_has_is_not_computed_again(moving):
    before = {name: (moving.folder.path / name).read_bytes() for name in ("umap.npz", "inspection.npz", "umaps.npz")}
    records = moving.folder.records()
    postprocess.add_umap(moving.folder)
    postprocess.add_inspection(moving.folder)
    moving_umap.add_moving_umap(moving.folder)
    assert {name: (moving.folder.path / name).read_bytes() for name in before} == before
    assert moving.folder.records() == records


def test_a_damaged_moment_lies_as_the_one_after(complete, tmp_path, monkeypatch):
    folder = copied(complete.folder, tmp_path)
    monkeypatch.setattr(moving_umap, "next_layout", lambda z, before, *_: before + 1)
    (folder.path / "snapshots" / "00003.npz").write_bytes(b"PK")
    moving_umap.add_moving_umap(folder)
    planes = Run.open(folder).umaps["planes"].astype(float)
    moved = [float(np.round(np.mean(before - after))) for before, after in itertools.pairwise(planes)]
    assert moved == [1, 1, 0, 1, 1]


def test_without_a_umap_of_the_last_moment_there_is_none_of_the_others(finished_run, tmp_path):
    folder = copied(finished_run, tmp_path)
    moving_umap.add_moving_umap(folder)
    assert Run.open(folder).umaps is None and not (folder.path / "umaps.npz").exists()


@pytest.mark.parametrize("name", ["umaps.npz", "inspection.npz"])
def test_damaged_umaps_are_as_if_there_were_none(moving, tmp_path, name):
    folder = copied(moving.folder, tmp_path)
    (folder.path / name).write_bytes(b"PK")
    run = Run.open(folder)
    assert run.umaps is None and common_extent(run.at(0), "umap") is None
    assert np.isfinite(run.at(0).plane("umap")).all()  # that of the last


@pytest.mark.parametrize(
    "then",
    [{"event": "Resumed", "epoch": 6, "iteration": 20},
     {"event": "SnapshotTaken", "file": "snapshots/00007.npz", "clustered": True, "epoch": 6, "iteration": 80},
     {"event": "InspectionReady", "file": "inspection.npz", "snapshot": "snapshots/00006.npz"}],
    ids=["resumed", "snapshot", "inspection"],
)  # fmt: skip
def test_umaps_are_of_the_moments_they_were_made_of(moving, tmp_path, then):
    folder = copied(moving.folder, tmp_path)
    assert Run.open(folder).umaps is not None
    folder.append(then)
    assert Run.open(folder).umaps is None


def test_frames_are_kept_of_the_runs_looked_at_last(tmp_path, monkeypatch):
    monkeypatch.setattr(browser_files, "MAX_KEPT", 2)
    for second, name in enumerate(("first", "second"), start=1):
        browser_files.make_room(tmp_path / name)
        os.utime(tmp_path / name, (second, second))
    browser_files.make_room(tmp_path / "first")  # it is looked at again
    browser_files.make_room(tmp_path / "third")
    assert {path.name for path in tmp_path.iterdir()} == {"first", "third"}


def test_a_lasso_is_laid_in_the_umap_where_there_is_one(complete):
    plane = complete.at(-1).plane("umap")
    (left, low), (right, high) = np.quantile(plane, [0.3, 0.7], axis=0).astype(float)
    outline = (left, low, right, low, right, high, left, high)
    within = ((plane > (left, low)) & (plane < (right, high))).all(axis=1)
    assert 0 < within.sum() < 1797
    assert np.array_equal(complete.at(-1).select(lasso=outline), np.flatnonzero(within))
