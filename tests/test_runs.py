"""Run folders, the recorder that fills them, and the history and progress read from them."""

import errno
import json
import os
import shutil
import subprocess
import sys
import threading
import time
from dataclasses import FrozenInstanceError, replace

import numpy as np
import psutil
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from timing import PATIENCE, Clock

from dec_core.analysis.umap_gmm import UmapGmm
from dec_core.config import ConfigError
from dec_core.data import Dataset, own
from dec_core.reading.cost import ByPhase
from dec_core.reading.progress import duration, progress
from dec_core.runs.folder import RunFolder, list_runs
from dec_core.runs.history import History, RunReader
from dec_core.runs.records import parse_record
from dec_core.runs.snapshots import half
from dec_core.runs.status import SILENT, RunStatus
from dec_core.runs.subset import example_index, view_index
from dec_core.training.events import ClusterProgress, PretrainProgress
from dec_core.work.image_analysis import ImageAnalysis
from dec_core.work.postprocess import add_mixture
from dec_core.work.recorder import record
from dec_core.work.schedule import MAX_POINTS, Schedule

pytestmark = pytest.mark.slow

EPOCH = {"event": "PretrainProgress", "n_epochs": 3, "batch": 1, "n_batches": 1, "loss": 0.1, "seconds": 1.0}
records = st.lists(st.fixed_dictionaries({"event": st.text(max_size=9), "loss": st.floats(0, 1)}), max_size=12)


@settings(deadline=None)
@given(records, st.integers(0, 400))
def test_a_log_cut_anywhere_gives_all_whole_records_and_can_be_appended_to(tmp_path_factory, written, cut):
    folder = RunFolder(tmp_path_factory.mktemp("run"))
    for item in written:
        folder.append(item)
    path = folder.path / "events.jsonl"
    data = path.read_bytes()[:cut] if path.exists() else b""
    path.write_bytes(data)
    whole = data.count(b"\n")
    assert folder.records()[0] == written[:whole]
    folder.append({"event": "After"})
    read, offset = folder.records()
    assert read[:whole] == written[:whole] and read[-1] == {"event": "After"}
    assert offset == path.stat().st_size


def test_readers_of_a_growing_log_see_every_record_once_and_in_order(tmp_path):
    folder, n = RunFolder(tmp_path), 400
    seen: list[list[int]] = [[] for _ in range(4)]

    def read(mine):
        offset = 0
        while len(mine) < n:
            found, offset = folder.records(offset)
            mine.extend(item["i"] for item in found)

    threads = [threading.Thread(target=read, args=(mine,), daemon=True) for mine in seen]
    for thread in threads:
        thread.start()
    for i in range(n):
        folder.append({"event": "X", "i": i, "padding": "x" * (i % 97)})
    for thread in threads:
        thread.join(PATIENCE)
    assert seen == [list(range(n))] * 4


def test_a_status_is_never_read_half_written(tmp_path, small):
    folder = RunFolder.create(tmp_path, small, "running")
    stop, states = threading.Event(), set()

    def read():
        while not stop.is_set():
            states.add(folder.status.state)

    thread = threading.Thread(target=read)
    thread.start()
    for i in range(300):
        folder.set_status(replace(folder.status, message="x" * (i * 37 % 5000)))
    stop.set()
    thread.join()
    assert states == {"running"}


def test_a_run_whose_process_is_gone_is_interrupted(tmp_path, small):
    folder = RunFolder.create(tmp_path, small, "running")
    assert folder.status.state == "running"
    folder.set_status(replace(folder.status, pid=os.getpid(), pid_started=1.0))  # the number was used again
    assert folder.status.state == "interrupted"
    folder.set_status(replace(folder.status, state="finished"))
    assert folder.status.state == "finished"


@pytest.mark.skipif(not psutil.LINUX, reason="elsewhere a process has a time of day that nobody corrects")
def test_a_process_lives_on_when_the_clock_is_corrected(tmp_path, small, monkeypatch):
    folder = RunFolder.create(tmp_path, small, "running")
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as process:
        began = psutil.Process(process.pid).create_time() - psutil.boot_time()
        folder.set_status(replace(folder.status, pid=process.pid, pid_started=began))
        assert folder.status.state == "running"
        corrected = psutil.boot_time() + 3600  # as the kernel tells it when an hour was missing
        uncorrected = psutil.Process.create_time
        monkeypatch.setattr(psutil, "boot_time", lambda: corrected)
        monkeypatch.setattr(psutil.Process, "create_time", lambda process: uncorrected(process) + 3600)
        assert folder.status.state == "running"
    assert folder.status.state == "interrupted"


def test_a_run_of_another_machine_lives_while_it_writes(tmp_path, small, monkeypatch):
    folder = RunFolder.create(tmp_path, small, "running")
    folder.set_status(replace(folder.status, pid=2**30, host="elsewhere"))  # a number that means nothing here
    assert folder.status.state == "running"
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now + SILENT - 10)
    assert folder.status.state == "running"
    monkeypatch.setattr(time, "time", lambda: now + SILENT + 10)
    assert folder.status.state == "interrupted"
    folder.set_status(replace(folder.status, state="paused"))  # it writes again
    assert folder.status.state == "paused"


@pytest.mark.parametrize("damage", ["", "{", '{"state": "finished"', '{"colour": 1}', "[]"])
def test_damaged_files_are_told_not_raised(tmp_path, small, damage):
    folder = RunFolder.create(tmp_path, small)
    (folder.path / "status.json").write_text(damage)
    assert folder.status.state == "interrupted" and "damaged" in folder.status.message
    (folder.path / "config.json").write_text(damage)
    with pytest.raises(ConfigError):
        _ = folder.config


@pytest.mark.parametrize("damage", ["", "{", '{"colour": 1}', None])
def test_a_run_that_ended_is_known_to_have_ended_when_its_status_is_damaged(tmp_path, finished_run, damage):
    folder = RunFolder(shutil.copytree(finished_run.path, tmp_path / finished_run.id))
    before = folder.status
    (folder.path / "status.json").unlink() if damage is None else (folder.path / "status.json").write_text(damage)
    after = folder.status
    assert after.state == "finished" and not after.resumable and "damaged" in after.message
    assert after.outcome == before.outcome and abs(after.created - before.created) < 2
    folder.append({"event": "Resumed", "epoch": 6, "iteration": 0})
    assert folder.status.state == "interrupted" and folder.status.resumable


def test_a_run_that_diverged_cannot_go_on_and_is_known_when_its_status_is_damaged(tmp_path, small):
    folder = RunFolder.create(tmp_path, small, "running")
    diverged = {"event": "Diverged", "phase": "clustering", "epoch": 6, "iteration": 40, "message": "Try 0.001."}
    folder.append(diverged)
    folder.set_status(replace(folder.status, state="failed", progress=diverged))
    assert folder.status.diverged and not folder.status.resumable
    (folder.path / "status.json").write_text("{")
    assert folder.status.diverged and not folder.status.resumable and "Try 0.001." in folder.status.message


def test_a_run_that_waited_for_a_server_that_ended_says_so(tmp_path, small):
    folder = RunFolder.create(tmp_path, small)
    folder.set_status(replace(folder.status, pid=1, pid_started=1e9))
    assert folder.status_as_written.state == "queued"
    assert folder.status.resumable and "Resume queues it again" in folder.status.message


def test_runs_are_listed_newest_first(tmp_path, small):
    assert list_runs(tmp_path / "nowhere") == []
    ids = [RunFolder.create(tmp_path, small).id for _ in range(3)]
    (tmp_path / "no-run").mkdir()
    assert sorted(run.id for run in list_runs(tmp_path)) == sorted(ids)


def test_no_temporary_file_is_left_behind(tmp_path):
    folder = RunFolder(tmp_path)
    with pytest.raises(ZeroDivisionError):
        folder.write(tmp_path / "x", lambda file: 1 / 0)
    assert list(tmp_path.iterdir()) == []


# -- the recorder


def test_a_finished_run_holds_everything_the_views_need(finished_run, small, digits):
    history = RunReader(finished_run).refresh()
    status = finished_run.status
    assert status.state == "finished" and status.outcome["acc"] > 0.5
    assert [r["epoch"] for r in history.pretrain] == [1, 2, 3, 4, 5, 6]
    assert [r["iteration"] for r in history.updates] == [0, 20, 40, 60]
    assert history.centers["acc"] > 0.5 and history.baseline["acc"] > 0.5
    assert history.updates[-1]["acc"] == status.outcome["acc"]
    assert history.judged["iteration"] == 60 and 0 < history.judged["border"] < 1 <= history.judged["size"]
    assert sum(history.updates[0]["sizes"]) == len(digits.x)
    last = finished_run.load_arrays(history.snapshots[-1]["file"])
    assert last["z"].shape == (1797, 10) and last["plane"].shape == (1797, 2) and last["labels"].shape == (1797,)
    assert last["decoded_centers"].shape == (10, 8, 8) and last["reconstructions"].shape == (10, 8, 8)
    assert {1, 6} <= {s["epoch"] for s in history.snapshots if not s["clustered"]}
    assert [s["iteration"] for s in history.snapshots if s["clustered"]] == [0, 20, 40, 60]
    assert not (finished_run.path / "checkpoint.npz").exists()


def test_a_taught_run_is_scored_beside_its_teacher(tmp_path, small):
    config = small.changed(first_target="umap_gmm", first_target_steps=40, gmm_n_init=2)
    folder = RunFolder.create(tmp_path, config, "running")
    written = [item["event"] for item in record(folder)]
    history = RunReader(folder).refresh()
    assert written.index("MixtureScored") == written.index("CentersInitialized") + 1
    assert history.mixture["acc"] > 0.8 and history.mixture["acc"] != history.centers["acc"]
    add_mixture(folder)  # it has met the mixture already
    assert RunReader(folder).refresh().mixture == history.mixture and not (tmp_path / "mixtures.json").exists()


@pytest.fixture
def mixture_found(monkeypatch):
    """What `afterwards` asks UMAP and a mixture for, which answer at once that all images are alike."""
    asked = []

    def group(images, n_clusters, n_init):
        asked.append((len(images.reduced), n_clusters, n_init))
        return UmapGmm(np.zeros((asked[-1][0], 10)), np.eye(n_clusters)[np.zeros(asked[-1][0], dtype=int)])

    monkeypatch.setattr("dec_core.work.postprocess.group", group)
    return asked


@pytest.mark.parametrize("damage", [None, "{", "[]"])
def test_runs_on_the_same_images_share_the_score_of_the_mixture(tmp_path, small, digits, mixture_found, damage):
    share = np.bincount(digits.y[:500]).max() / 500
    for config in (small, small.changed(latent_dim=3), small.changed(n_samples=500)):
        folder = RunFolder.create(tmp_path, config, "finished")
        add_mixture(folder)
        scored = [record for record in folder.records()[0] if record["event"] == "MixtureScored"]
        assert len(scored) == 1
        if damage:
            (tmp_path / "mixtures.json").write_text(damage)
    assert scored[0]["acc"] == pytest.approx(share)
    assert len(mixture_found) == (3 if damage else 2) and mixture_found[0] == (1797, 10, 8)


def test_without_labels_no_mixture_is_scored(tmp_path, small, digits, mixture_found):
    name = own.keep(Dataset("mine", digits.images, None), tmp_path)
    folder = RunFolder.create(tmp_path, small.changed(dataset=name), "finished")
    add_mixture(folder)
    assert not mixture_found and not folder.records()[0]


def test_the_saved_model_gives_the_labels_of_the_run(finished_run, digits):
    from dec_core.networks.saving import load_model

    encoder, _, layer = load_model(finished_run.path / "model.keras")
    labels = np.asarray(layer(encoder(digits.x.astype("float32") / 255))).argmax(axis=1)
    last = RunReader(finished_run).refresh().snapshots[-1]
    assert np.mean(labels == finished_run.load_arrays(last["file"])["labels"]) > 0.999


def test_a_closed_run_keeps_a_checkpoint_and_resumes_to_the_same_end(tmp_path, small, finished_run):
    folder = RunFolder.create(tmp_path, small, "running")
    recording = record(folder)
    for event in recording:
        if event["event"] == "TargetUpdated" and event["iteration"] == 20:
            break
    recording.close()
    assert folder.status.state == "stopped" and (folder.path / "checkpoint.npz").exists()
    assert RunReader(folder).refresh().judged["iteration"] == 20  # what it leaves, not what it was before
    for _ in record(folder):
        pass
    ours, theirs = RunReader(folder).refresh(), RunReader(finished_run).refresh()
    assert folder.status.state == "finished"
    assert [r["iteration"] for r in ours.updates] == [0, 20, 40, 60]
    assert ours.updates[-1]["acc"] == theirs.updates[-1]["acc"]
    clustered = [[s["iteration"] for s in h.snapshots if s["clustered"]] for h in (ours, theirs)]
    assert clustered[0] == clustered[1] == [0, 20, 40, 60]


@pytest.mark.parametrize("event", ["PretrainProgress", "ClusterProgress"])
def test_what_a_kill_within_an_epoch_or_between_updates_leaves_resumes_to_the_same_end(
    event, tmp_path, small, finished_run, monkeypatch
):
    """What lies on disk at that moment is what a killed process leaves."""
    monkeypatch.setattr("dec_core.work.recorder.CHECKPOINT_EVERY", 0.0)
    monkeypatch.setattr("dec_core.work.recorder.CHECKPOINT_SHARE", 1e9)
    run, left = RunFolder.create(tmp_path, small, "running"), RunFolder(tmp_path / "left")
    for item in record(run):
        is_within = item["event"] == "ClusterProgress" or item.get("batch") != item.get("n_batches")
        if item["event"] == event and is_within and (item.get("epoch") == 3 or item.get("iteration", 0) > 20):
            shutil.copytree(run.path, left.path)
            break
    began = next(i for i in record(left) if i["event"] == "Resumed")
    if event == "PretrainProgress":
        assert (began["epoch"], began["batch"]) == (2, item["batch"])
    else:
        assert began["iteration"] == item["iteration"]
    list(record(left))
    ours, theirs = (
        folder.load_arrays(RunReader(folder).refresh().snapshots[-1]["file"]) for folder in (left, finished_run)
    )
    assert all(np.array_equal(ours[name], theirs[name]) for name in ("z", "labels", "cluster_centers"))


def test_a_run_killed_before_its_first_checkpoint_starts_again(tmp_path, small):
    folder = RunFolder.create(tmp_path, small, "running")
    for _ in zip(record(folder), range(4), strict=False):
        pass
    (folder.path / "checkpoint.npz").unlink(missing_ok=True)
    for _ in record(folder):
        pass
    history = RunReader(folder).refresh()
    assert [r["epoch"] for r in history.pretrain] == [1, 2, 3, 4, 5, 6] and folder.status.state == "finished"


@pytest.mark.parametrize(
    "record",
    [
        {"event": "PretrainProgress", "epoch": 1, "batch": 1, "n_batches": 1, "loss": 0.1},
        {"event": "TargetUpdated", "iteration": 1, "acc": 0.5},
        {"event": "ClusterProgress", "iteration": 1, "loss": 0.1},
        {"event": "Started"},
        {"event": "MixtureScored"},
    ],
)
def test_a_record_without_what_its_readers_rely_on_is_passed_over(record):
    assert parse_record(json.dumps(record).encode()) is None
    more = {"n_epochs": 1, "seconds": 1.0, "acc": 0.5, "versions": {}, "processor": "", "cores": 1, "system": ""}
    assert parse_record(json.dumps(more | record).encode()) == more | record


@pytest.mark.parametrize(("values", "is_read"), [({}, True), ({"batch": 3}, True), ({"batch": -3}, False)])
def test_of_a_resume_earlier_versions_did_not_tell_the_batch(values, is_read):
    record = {"event": "Resumed", "epoch": 1, "iteration": 0, **values}
    assert parse_record(json.dumps(record).encode()) == (record if is_read else None)


def test_an_end_without_its_time_is_no_point_of_a_curve():
    update = {"event": "TargetUpdated", "iteration": 1, "seconds": 1.0}
    history = History().with_records(update, {"event": "Finished", "n_iterations": 2, "acc": 0.5})
    assert history.end["acc"] == 0.5 and history.updates == (update,)


def test_a_run_that_was_away_for_a_while_is_read_anew(tmp_path, small):
    folder = RunFolder.create(tmp_path, small, "stopped")
    for epoch in (1, 2, 3):
        folder.append(EPOCH | {"epoch": epoch})
    reader = RunReader(folder)
    assert len(reader.refresh().pretrain) == 3
    folder.path.rename(tmp_path / "elsewhere")
    reader.refresh()
    (tmp_path / "elsewhere").rename(folder.path)
    assert [record["epoch"] for record in reader.refresh().pretrain] == [1, 2, 3]


def test_a_step_always_comes_to_another_place(tmp_path, small):
    """Whoever pauses after a record finds its snapshot on disk, and the next record elsewhere in the training."""
    folder = RunFolder.create(tmp_path, small, "running")
    places = []
    for item in record(folder):
        if item["event"] == "BaselineScored":
            continue
        places.append((item["event"], item.get("epoch"), item.get("batch"), item.get("iteration")))
        if item["event"] == "TargetUpdated":
            taken = RunReader(folder).refresh().snapshots[-1]
            assert taken["clustered"] and taken["iteration"] == item["iteration"]
    assert len(set(places)) == len(places) > 10


def test_a_diverged_run_is_failed_with_its_cause_and_its_images_are_not_analysed(tmp_path, small, monkeypatch):
    folder = RunFolder.create(tmp_path, small.changed(pretrain_optimizer="sgd", pretrain_learning_rate=10.0), "running")
    from dec_core.training import TrainingState

    state = TrainingState(folder.config, (8, 8))
    state.autoencoder.set_weights([100 * w for w in state.autoencoder.get_weights()])
    folder.save_arrays("checkpoint.npz", **state.to_arrays())
    asked = []
    monkeypatch.setattr(ImageAnalysis, "start", lambda self, **_: asked.append("start"))
    monkeypatch.setattr(ImageAnalysis, "close", lambda self: asked.append("close"))
    for _ in record(folder):
        pass
    assert folder.status.state == "failed" and "try 1" in folder.status.message
    assert asked == ["close"]


# -- history and progress


def test_a_resume_drops_what_lies_beyond_the_checkpoint():
    history = History()
    for epoch in (1, 2, 3):
        history = history.with_records(EPOCH | {"epoch": epoch})
        history = history.with_records(
            {"event": "SnapshotTaken", "file": f"{epoch}", "epoch": epoch, "iteration": 0, "clustered": False}
        )
    history = history.with_records({"event": "Resumed", "epoch": 2, "iteration": 0})
    assert [r["epoch"] for r in history.pretrain] == [1, 2] and [s["file"] for s in history.snapshots] == ["1", "2"]


def test_a_history_in_hand_does_not_change_while_another_thread_reads_on(tmp_path, small):
    """One thread is held in the midst of reading a history's points; another one refreshes meanwhile."""
    folder = RunFolder.create(tmp_path, small, "running")
    point = EPOCH | {"epoch": 1, "n_batches": 4}
    folder.append({**point, "batch": 1})
    reader = RunReader(folder)
    points = iter((before := reader.refresh()).pretrain)
    folder.append({**point, "batch": 2}, {"event": "Resumed", "epoch": 0, "iteration": 0})
    other = threading.Thread(target=reader.refresh)
    other.start()
    other.join()
    assert [record["batch"] for record in points] == [record["batch"] for record in before.pretrain] == [1]
    assert before.n_records == 1 and reader.refresh().pretrain == () and reader.refresh().n_records == 3
    with pytest.raises(FrozenInstanceError):
        before.pretrain = ()


def test_a_map_of_the_past_is_not_that_of_the_present():
    taken = {"event": "SnapshotTaken", "epoch": 6, "clustered": True}
    ready = {"event": "ProjectionReady", "file": "umap.npz", "snapshot": "s1"}
    history = History()
    history = history.with_records({**taken, "file": "s1", "iteration": 20})
    history = history.with_records(ready)
    assert history.umap == "umap.npz"
    history = history.with_records({"event": "Resumed", "epoch": 6, "iteration": 20})
    history = history.with_records(
        ready
    )  # the worker that was stopped has only now made it; training goes on from the same place
    history = history.with_records({**taken, "file": "s2", "iteration": 40})
    assert history.umap is None
    history = history.with_records(ready)
    assert history.umap is None
    history = history.with_records({**ready, "snapshot": "s2"})
    assert history.umap == "umap.npz"


def test_snapshots_of_many_updates_are_spread_over_them(tmp_path, small):
    many = small.changed(n_samples=200, update_interval=1, max_iterations=450, pretrain_epochs=1)
    folder = RunFolder.create(tmp_path, many, "running")
    for _ in record(folder):
        pass
    history = RunReader(folder).refresh()
    assert len(history.updates) == 451
    assert [s["iteration"] for s in history.snapshots if s["clustered"]] == [*range(0, 450, 3), 450]


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04", b"text"])
def test_damaged_arrays_are_as_if_they_were_not_there(tmp_path, content):
    (tmp_path / "umap.npz").write_bytes(content)
    assert RunFolder(tmp_path).load_arrays("umap.npz") is None


def test_the_point_of_an_unfinished_epoch_is_replaced():
    history = History()
    for batch in (1, 2, 4):
        history = history.with_records(
            {"event": "PretrainProgress", "epoch": 1, "batch": batch, "n_batches": 4, "loss": 0.1}
        )
    assert [r["batch"] for r in history.pretrain] == [4]


def test_progress_in_words(small):
    expected = ByPhase(pretraining=60.0, clustering=30.0)
    status = RunStatus("running", 0.0, phase="pretraining")
    shown = progress(status, History(), small, expected)  # from the first second
    assert shown.status_line == "Autoencoder: epoch 1 of 6 · about 2 min left" and (shown.fraction, shown.step) == (
        0,
        0,
    )

    # half of 60 s has taken 69. With a twentieth of 90 s as expected, 69 + 4.5 instead of 30 + 4.5 are a pace of 2.13;
    # for the other half count 69 s for .5 and that pace for .1 of it
    newest = {"event": "PretrainProgress", "epoch": 3, "batch": 15, "n_batches": 15}
    status = replace(status, progress=newest, seconds={"pretraining": 69.0})
    shown = progress(status, History(), small, expected)
    assert shown.status_line == "Autoencoder: epoch 3 of 6 · about 2 min left"
    pace = 73.5 / 34.5
    assert shown.fraction == pytest.approx(69 / (69 + 0.5 * (69 + 0.1 * 60 * pace) / 0.6 + 30 * pace))

    status = replace(status, phase="clustering", progress={"event": "ClusterProgress", "iteration": 30})
    status = replace(status, seconds={"pretraining": 5.0, "clustering": 5.0})
    pair = History(updates=({"iteration": 0, "seconds": 5.1}, {"iteration": 20, "seconds": 8.0}))
    shown = progress(status, pair, small, expected)
    assert shown.status_line == "Clustering: update 2 of 3 · about 5 s left"
    pace = (10 + 4.5) / (60 + 15 + 4.5)
    left = (
        0.5 * (5 - 3 + 0.1 * 30 * pace) / (0.5 - 20 / 60 + 0.1)
    )  # by the speed since step 20, what came before was slow
    assert shown.fraction == pytest.approx(10 / (10 + left)) and shown.step == 2
    assert progress(status, pair, small).status_line == "Clustering: update 2 of 3"
    busy = progress(replace(status, recording=10.0), pair, small, expected)  # snapshots took as long as training did
    whole = 1 + (10 + 0.1 * 4.5) / (10 + 4.5)
    assert busy.seconds_left == pytest.approx(left * whole) and busy.fraction == shown.fraction


def test_the_time_left_for_centers_is_that_of_umap_and_of_what_follows(small):
    expected = ByPhase(pretraining=10.0, centers=20.0, clustering=30.0)
    status = RunStatus("running", 0.0, phase="centers", progress={"event": "TargetProgress", "words": "UMAP"})
    status = replace(status, seconds={"pretraining": 10.0, "centers": 5.0})
    shown = progress(status, History(), small, expected)
    assert shown.status_line == "UMAP · about 46 s left" and shown.fraction == pytest.approx(15 / 60)
    late = replace(status, seconds={"pretraining": 10.0, "centers": 50.0})
    assert progress(late, History(), small, expected).status_line == "UMAP · about 30 s left"


def test_time_left_follows_the_changes_as_they_shrink(small):
    config = small.changed(tol=0.01, max_iterations=8000, update_interval=100)
    updates = [  # .02 at 300, so .01 at 400
        {"iteration": 100 * i, "seconds": 10.0 * i, "delta_label": 0.16 / 2**i} for i in range(4)
    ]
    status = RunStatus("running", 0.0, phase="clustering", progress={"iteration": 300}, seconds={"clustering": 30.0})
    assert (
        progress(status, History(updates=updates), config, ByPhase(clustering=600.0)).status_line
        == "Clustering: update 4 of about 4 · about 12 s left"  # 10 by its speed, and a little of the 600 expected
    )


@pytest.mark.parametrize(
    ("seconds", "words"), [(0.2, "about 1 s"), (89, "about 89 s"), (240, "about 4 min"), (4200, "about 1 h 10 min")]
)
def test_durations(seconds, words):
    assert duration(seconds) == words


def test_the_view_is_fixed_and_covers_the_data():
    assert np.array_equal(view_index(500), np.arange(500))
    index = view_index(70_000)
    assert len(index) == 10_000 and np.array_equal(index, view_index(70_000)) and (np.diff(index) > 0).all()
    assert index[0] < 100 and index[-1] > 69_900
    assert list(example_index(4, np.array([1, 1, 0, 2]))) == [2, 0, 3]
    assert example_index(300, None).tolist() == list(range(10)) and example_index(3, None).tolist() == [0, 1, 2]


def test_numbers_too_large_for_16_bits_stay_finite():
    kept = half(np.array([1e9, -1e9, 65504.0, 0.1, np.nan]))
    assert kept.dtype == np.float16 and kept[:3].tolist() == [65504, -65504, 65504]
    assert kept[3] == pytest.approx(0.1, rel=1 / 2048) and np.isnan(kept[4])


# -- what a run is does not depend on the machine's speed


def recorded_by(clock, root, config, monkeypatch) -> list[dict]:
    """Records of a run, without their seconds; `BaselineScored`, which comes when a thread is done, put last."""
    folder = RunFolder.create(root, config, "running")
    with monkeypatch.context() as patch:
        patch.setattr("dec_core.work.recorder.time", clock)
        for _ in record(folder):
            pass
    records = [{name: v for name, v in item.items() if name != "seconds"} for item in folder.records()[0]]
    assert sorted(path.name for path in (folder.path / "snapshots").iterdir()) == [
        item["file"].removeprefix("snapshots/") for item in records if item["event"] == "SnapshotTaken"
    ]
    return sorted(records, key=lambda item: item["event"] == "BaselineScored")


def test_a_slow_and_a_fast_machine_leave_the_same_record(tmp_path, small, monkeypatch):
    tiny = small.changed(n_samples=300, hidden_units=(16, 8), batch_size=64)
    config = tiny.changed(pretrain_epochs=12, max_iterations=200)
    slow = recorded_by(Clock(1000.0), tmp_path / "slow", config, monkeypatch)
    fast = recorded_by(Clock(1e-6), tmp_path / "fast", config, monkeypatch)
    assert slow == fast
    kinds = [item["event"] for item in slow]
    assert kinds.count("Judged") == 10 + 1 and kinds.count("BaselineScored") == 1
    epochs = [item["epoch"] for item in slow if item["event"] == "SnapshotTaken" and not item["clustered"]]
    assert epochs == list(range(1, 13))


@pytest.mark.parametrize("n_epochs", [1, 3, 60, 300, 2000])
def test_snapshots_and_records_are_bounded_and_the_first_epochs_are_all_there(small, n_epochs):
    schedule = Schedule(small.changed(pretrain_epochs=n_epochs, max_iterations=100_000), 1000)
    events = [PretrainProgress(e, n_epochs, b, 100, 0.1) for e in range(1, n_epochs + 1) for b in range(10, 101, 10)]
    recorded = [event for event in events if schedule.takes_record(event)]
    assert recorded[0] == events[0] and len(recorded) <= n_epochs + MAX_POINTS
    epochs = [event.epoch for event in events if schedule.takes_snapshot(event)]
    assert len(epochs) <= 61 and epochs[:3] == [1, 2, 3][:n_epochs] and epochs[-1] == n_epochs
    steps = [ClusterProgress(i, 100_000, 0.1, None) for i in range(10, 100_001, 10)]
    assert 0.9 * MAX_POINTS < sum(schedule.takes_record(event) for event in steps) <= MAX_POINTS + 1


def test_seconds_are_booked_under_the_phase_in_which_they_went_by(tmp_path, small, monkeypatch):
    folder = RunFolder.create(tmp_path, small.changed(hidden_units=(16, 8), pretrain_epochs=2), "running")
    monkeypatch.setattr("dec_core.work.recorder.time", Clock(1.0))
    recording = record(folder)
    booked = next(folder.status.seconds for item in recording if item["event"] == "CentersInitialized")
    recording.close()
    assert booked["centers"] > 0 and "clustering" not in booked
    assert folder.status.recording > 0  # snapshots and scores, of which training knows nothing


# -- what goes wrong is said


def test_what_fails_before_training_is_said_in_the_status(tmp_path, small):
    folder = RunFolder.create(tmp_path, small.changed(dataset="own-gone"), "running")
    with pytest.raises(ValueError, match="own-gone"):
        next(record(folder))
    assert folder.status.state == "failed" and "own-gone" in folder.status.message
    assert "Error" not in folder.status.message


def test_a_full_disk_is_said_and_the_run_goes_on_when_there_is_room(tmp_path, small, monkeypatch):
    folder = RunFolder.create(tmp_path, small.changed(hidden_units=(16, 8), pretrain_epochs=3), "running")
    write = RunFolder.write

    def full(path, fill):
        raise OSError(errno.ENOSPC, "No space left on device", str(path))

    recording = record(folder)
    with monkeypatch.context() as patch, pytest.raises(OSError, match="No space"):
        for item in recording:
            if item["event"] == "CentersInitialized":
                patch.setattr(RunFolder, "write", staticmethod(full))
    assert RunFolder.write is write
    status = folder.status
    assert status.state == "failed" and status.resumable and "disk is full" in status.message
    assert status.seconds["pretraining"] > 0
    for _ in record(folder):
        pass
    assert folder.status.state == "finished" and folder.status.message == ""


def test_ctrl_c_twice_interrupts_a_run_and_does_not_fail_it(tmp_path, small):
    folder = RunFolder.create(tmp_path, small.changed(hidden_units=(16, 8)), "running")
    recording = record(folder)
    next(recording)
    with pytest.raises(KeyboardInterrupt):
        recording.throw(KeyboardInterrupt())
    assert folder.status.state == "interrupted" and "Ctrl-C" in folder.status.message
