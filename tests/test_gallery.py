"""Recorded runs that come along: whole, small enough, opened like any run, commanded by nobody."""

import json

import numpy as np
import pytest
from screens import app_over, opened_at

from dec_core.config import RunConfig
from dec_core.gallery import ABOUT, RUNS, install, is_recording, recordings
from dec_core.reading.run import Run
from dec_core.runs.folder import RunFolder, list_runs
from dec_core.runs.index import RunIndex
from dec_core.runs.ownership import INSTRUCTOR, may

MOST_BYTES = 40_000_000


@pytest.mark.parametrize("run_id", recordings())
def test_each_recording_is_whole_and_says_where_it_comes_from(run_id, tmp_path):
    install(tmp_path)
    run, about = Run.open(RunFolder(tmp_path / run_id)), json.loads((RUNS / run_id / ABOUT).read_text())
    trained = RunConfig.from_json(json.dumps(about["config"]))
    assert trained.changed(n_samples=about["shown"]) == run.config
    assert (run.n, len(run.snapshots), run.n_unreadable) == (about["shown"], about["moments"], 0)
    assert about["trained_with"]["versions"]["dec_core"] and run_id.removeprefix("gallery-") in about["command"]
    last = run.at(-1)
    assert last.labels.shape == (run.n,) and np.isfinite(run.folder.load_arrays(last.file)["z"]).all()
    assert last.confusion.acc == pytest.approx(run.folder.status.outcome["acc"], abs=0.06)  # of all, and of those kept
    assert run.folder.status.state in ("finished", "failed") and "/" not in json.dumps(
        about["trained_with"]["processor"]
    )


def test_all_recordings_together_are_small_enough():
    assert sorted(path.name for path in RUNS.iterdir()) == recordings() != []  # and nothing else lies there
    assert sum(path.stat().st_size for path in RUNS.rglob("*") if path.is_file()) <= MOST_BYTES


def test_a_folder_of_runs_shows_them_last_and_only_on_request(tmp_path):
    install(tmp_path)
    install(tmp_path)  # a second server
    own = RunFolder.create(tmp_path, RunConfig.make())
    index = RunIndex(tmp_path)
    assert [entry.id for entry in index.entries()] == [own.id]
    assert [run.id for run in list_runs(tmp_path)] == [own.id]
    assert [entry.id for entry in index.entries(recorded=True)] == [own.id, *recordings()]
    assert index.entry(recordings()[0]).recorded and not index.entry(own.id).recorded


def test_a_link_of_a_program_that_has_moved_is_made_anew_and_what_people_put_there_stays(tmp_path):
    first, second = recordings()[:2]
    (tmp_path / first).symlink_to(tmp_path / "nowhere")
    (tmp_path / second).mkdir()
    install(tmp_path)
    assert (tmp_path / first / ABOUT).is_file() and not (tmp_path / second).is_symlink()


def test_where_no_links_can_be_made_there_are_copies(tmp_path, monkeypatch):
    def refuse(*_, **__):
        raise OSError("no right to make links")

    monkeypatch.setattr("pathlib.Path.symlink_to", refuse)
    install(tmp_path)
    assert all((tmp_path / run_id / ABOUT).is_file() for run_id in recordings())


def test_a_folder_that_cannot_be_written_to_goes_without(tmp_path):
    (tmp_path / "file").write_text("no folder")
    install(tmp_path / "file")
    assert (tmp_path / "file").read_text() == "no folder"


@pytest.mark.parametrize(("visitor_id", "is_instructor"), [("ann", False), (INSTRUCTOR, True), ("", True)])
def test_everybody_sees_recordings_and_nobody_commands_them(visitor_id, is_instructor):
    assert may("see", visitor_id, is_instructor, "", False, recorded=True)
    assert not may("command", visitor_id, is_instructor, "", False, recorded=True)
    assert not may("see", "", False, "", False, recorded=True)  # nobody
    assert is_recording(recordings()[0]) and not is_recording("gallery-nothing") and not is_recording("20261127")


def test_screens_open_a_recording_like_any_run_and_offer_nothing_that_changes_it(tmp_path):
    root = tmp_path / "runs"
    root.mkdir()
    install(root)
    before = {path: path.stat().st_mtime_ns for path in RUNS.rglob("*")}
    with app_over(root):
        for page in ("train", "inspect"):
            at = opened_at(page, run="gallery-first-look")
            assert not at.exception and not at.error
            labels = {button.label for button in at.button if not button.disabled}
            assert "A recording: first-look" in " ".join(caption.value for caption in at.caption)
            assert not labels & {"Pause", "Resume", "Stop", "Delete", "Archive"}
        at = opened_at("compare", runs="gallery-first-look,gallery-plain-dec")
        assert not at.exception and not at.error
        listed = next(item for item in at.selectbox if item.label == "Run in focus").options
        assert sum(option.endswith(" · recording") for option in listed) == len(recordings())
    assert {path: path.stat().st_mtime_ns for path in RUNS.rglob("*")} == before


def test_train_replays_a_recording_and_goes_back_to_its_end(tmp_path, monkeypatch):
    from pages.shared import replay

    root, drawn = tmp_path / "runs", []
    root.mkdir()
    install(root)
    monkeypatch.setattr(replay, "_player", lambda data, **_: drawn.append(data["url"]))
    with app_over(root):
        at = opened_at("train", run="gallery-first-look")
        assert at.metric
        for name, is_replayed in (("Replay", True), ("Close replay", False)):
            at = next(button for button in at.button if button.label == name).click().run()
            assert not at.exception and drawn == ["replay/gallery-first-look"]
            assert bool(at.metric) != is_replayed  # beside a replay, numbers of the end would be false
