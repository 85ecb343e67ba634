"""Inspect without a browser: what is not there, not yet, or damaged."""

import shutil
from dataclasses import replace

import numpy as np
import pytest
from inspect_screen import chooses, headline, inspect, is_whole, link, named, shown, tell
from recorded_runs import copied
from screens import NoWorkers, app_over

from dec_core.figures.embedding import UNIT
from dec_core.reading.run import Run
from dec_core.reading.selection import Selection
from dec_core.runs.folder import RunFolder
from dec_core.runs.status import this_process
from pages.shared import news

pytestmark = pytest.mark.slow


@pytest.fixture
def damaged(finished_run, tmp_path):
    """The app over a run of one's own to break."""
    root = tmp_path / "runs"
    root.mkdir()
    with app_over(root):
        yield copied(finished_run, root)


def test_what_takes_long_is_offered_and_asked_of_the_supervisor(app, runs, monkeypatch):
    monkeypatch.setattr(NoWorkers, "completing", [])
    monkeypatch.setattr(NoWorkers, "busy", True)
    at = inspect(runs.run)
    assert any("not computed for this run" in item.value for item in at.caption)
    at.button(key="complete").click().run()
    assert NoWorkers.completing == [runs.run.folder.id]
    assert any("The server is busy" in item.value for item in at.caption)
    at.run()
    assert not any("The server is busy" in item.value for item in at.caption)
    monkeypatch.setattr(NoWorkers, "busy", False)
    at.button(key="complete").click().run()
    asked = []
    monkeypatch.setattr(news, "_news", lambda **told: asked.append(told["data"]))
    at.run()
    assert not at.exception and any("are being computed" in item.value for item in at.caption)
    assert [list(data["stamps"]) for data in asked] == [[f"moments:{runs.run.folder.id}"]]
    monkeypatch.setattr(NoWorkers, "completing", [])
    at.run()
    assert len(asked) == 1  # nothing more will come


def test_umap_of_all_moments_is_offered_where_there_is_that_of_the_last_and_then_follows_the_timeline(tmp_path, runs):
    root = tmp_path / "runs"
    root.mkdir()
    own_copy = copied(runs.run.folder, root)
    plane, neighbours = np.random.default_rng(0).normal(size=(1797, 2)), np.ones((1797, 5), np.int32)
    own_copy.save_arrays("inspection.npz", umap=plane, neighbours=neighbours)
    own_copy.append({"event": "InspectionReady", "file": "inspection.npz"})
    with app_over(root):
        at = inspect(Run.open(own_copy))
        assert any("computed for the latest snapshot only" in item.value for item in at.caption)
        assert "UMAP shows the latest snapshot" in shown(at, "timeline")["still"]
        assert len({moment["at"] for moment in shown(at, "scene")["moments"]}) == 1
        at.button(key="complete").click().run()
        assert NoWorkers.completing == [own_copy.id] and any("is being computed" in item.value for item in at.caption)
        index = np.arange(0, 1797, 3)
        own_copy.save_arrays("umaps.npz", planes=np.zeros((6, len(index), 2)), samples=index)
        own_copy.append({"event": "UmapsReady", "file": "umaps.npz"})
        at.run()
        assert not at.exception and not any(button.key == "complete" for button in at.button)
        assert shown(at, "timeline")["still"] == "UMAP of earlier snapshots: 599 of the digits"
        assert len({moment["at"] for moment in shown(at, "scene")["moments"]}) == 6


def test_trails_and_the_timeline_show_the_umap_of_each_moment(tmp_path, runs):
    root, samples, rng = tmp_path / "runs", np.arange(0, 1797, 3), np.random.default_rng(0)
    root.mkdir()
    run = copied(runs.run.folder, root)
    planes = rng.normal(size=(6, len(samples), 2))
    run.save_arrays("inspection.npz", umap=rng.normal(size=(1797, 2)), neighbours=np.ones((1797, 5), np.int32))
    run.append({"event": "InspectionReady", "file": "inspection.npz"})
    run.save_arrays("umaps.npz", planes=planes, samples=samples)
    run.append({"event": "UmapsReady", "file": "umaps.npz"})

    def laid_out(moment) -> np.ndarray:
        """Where the browser is told that the samples of the UMAPs lie, in units of the plane."""
        file = (tmp_path / "static" / moment["at"].removeprefix("files/")).read_bytes()
        middle, reach = np.frombuffer(file[-16:], "<f4").reshape(2, 2)
        return middle + reach * np.frombuffer(file[:-16], "<i2").reshape(-1, 2)[samples] / UNIT / 0.9

    with app_over(root):
        at = inspect(Run.open(run), space="umap", was="A", since="2")
        scene = shown(at, "scene")
        assert scene["space"] == "umap" and scene["number"] == 5 and scene["trail"] == 2
        assert np.abs(laid_out(scene["moments"][scene["trail"]]) - planes[2]).max() < 1e-3
        for number in (4, 1):
            tell(at, "timeline", "moment", number)
            scene = shown(at, "scene")
            assert scene["number"] == number
            assert np.abs(laid_out(scene["moments"][number]) - planes[number]).max() < 1e-3


def test_a_run_that_trains_is_asked_for_news_also_before_its_first_snapshot(damaged, monkeypatch):
    asked = []
    monkeypatch.setattr(news, "_news", lambda **told: asked.append(told["data"]))
    damaged.set_status(replace(damaged.status, state="running", **this_process()))
    inspect(damaged.id)
    young = RunFolder.create(damaged.path.parent, damaged.config, "running")
    at = inspect(young.id)
    assert any("is about to begin" in item.value for item in at.markdown)
    assert [data["stamps"] for data in asked] == [news.seen(news.MOMENTS, run.id).stamps for run in (damaged, young)]


@pytest.mark.parametrize("damage", ["config.json", "status.json"])
def test_a_damaged_run_is_told_without_a_traceback(damaged, damage):
    (damaged.path / damage).write_text("{")
    at = inspect(damaged.id)
    assert not at.exception
    assert at.error or at.warning or damage == "status.json"


def test_a_run_without_snapshots_waits_for_them(damaged):
    (damaged.path / "events.jsonl").write_text("")
    for snapshot in (damaged.path / "snapshots").glob("*.npz"):
        snapshot.unlink()
    at = inspect(damaged.id)
    assert not at.exception and not at.error and any("Which ones?" in item.value for item in at.markdown)


def broken(folder: RunFolder, number: int) -> str:
    snapshot = sorted((folder.path / "snapshots").glob("*.npz"))[number]
    snapshot.write_bytes(b"PK\x03\x04 and no more")
    return snapshot.name


@pytest.mark.parametrize("n_damaged", [1, 2])
def test_of_a_damaged_newest_snapshot_the_newest_that_can_be_read_is_shown(damaged, n_damaged):
    for number in range(1, n_damaged + 1):
        broken(damaged, -number)
    at = inspect(damaged.id)
    assert not at.exception and not at.error and link(at) == {}
    assert "the latest readable one is shown" in at.warning[0].value
    assert f"at step {60 - 20 * n_damaged}" in headline(at) and shown(at, "gallery")["n_pages"] == 30


def test_where_no_moment_can_be_read_none_is_offered(damaged):
    for number in range(6):
        broken(damaged, number)
    at = inspect(damaged.id)
    assert len(at.error) == 1 and not at.exception
    assert not any("latest" in item.label for item in at.button)


def test_beside_a_damaged_newest_snapshot_the_others_can_be_seen(damaged):
    broken(damaged, -1)
    at = inspect(damaged.id, moment="3")
    assert not at.exception and not at.error and "at step 20" in headline(at)


def test_of_a_damaged_moment_one_comes_back_to_the_newest(damaged):
    name = broken(damaged, 3)
    at = inspect(damaged.id, moment="3")
    assert not at.exception and name in at.error[0].value
    named(at, "Go to the latest snapshot").click().run()
    is_whole(at, Run.open(damaged).at(-1))
    assert link(at) == {}


def test_frames_of_other_moments_are_made_although_one_is_damaged(damaged):
    broken(damaged, 3)
    moments = shown(inspect(damaged.id), "scene")["moments"]
    static = damaged.path.parents[1] / "static"
    files = [[static / told[name].removeprefix("files/") for name in ("at", "state")] for told in moments]
    made = [all(file.exists() for file in pair) for pair in files]
    assert made == [True, True, True, False, True, True]


def test_moments_made_again_after_a_resume_are_shown(damaged):
    at = inspect(damaged.id, side="wrong")
    chooses(at, Run.open(damaged).at(-1), Selection(side="wrong"))
    last = Run.open(damaged).snapshots[-1]
    shutil.copy(damaged.path / "snapshots" / "00004.npz", damaged.path / "snapshots" / "00007.npz")
    damaged.append({"event": "Resumed", "epoch": last["epoch"], "iteration": last["iteration"] - 20})
    damaged.append(last | {"file": "snapshots/00007.npz"})
    at.run()
    chooses(at, Run.open(damaged).at(-1), Selection(side="wrong"))
