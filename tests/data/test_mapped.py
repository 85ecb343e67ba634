"""Images that stay in their file: kept by where they lie, mapped, shown in part, and trained on as a whole."""

import io
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from dec_core.cli import main
from dec_core.config import OWN_DATA
from dec_core.data import DataError, load, load_shown, mapped, own
from dec_core.data.deskew import deskew
from dec_core.data.limits import Limits
from dec_core.data.loading import positions
from dec_core.data.readers import read
from dec_core.reading.run import Run
from dec_core.runs.folder import RunFolder, list_runs
from dec_core.runs.history import RunReader

ROOT = Path(__file__).parents[2]
N = 400
TRAINS_UNTIL_KILLED = """
import sys
from pathlib import Path
from dec_core.runs.folder import RunFolder
from dec_core.work import recorder
recorder.CHECKPOINT_EVERY, recorder.CHECKPOINT_SHARE = 0.0, 1e9
for item in recorder.record(RunFolder(Path(sys.argv[1]))):
    if (item.get("epoch"), item.get("batch")) == (2, 10):
        recorder.CHECKPOINT_EVERY = 1e9  # from the next checkpoint on
    elif (item.get("epoch"), item.get("batch")) == (2, 40):
        print("there", flush=True)
        sys.stdin.read()
"""


@pytest.fixture
def file(tmp_path, monkeypatch):
    """An .npy of digits that counts as too large to be read, with labels beside it."""
    monkeypatch.setattr(mapped, "LIMITS", Limits(n_bytes=1000))
    digits = load("digits", N)
    np.save(tmp_path / "my-images.npy", digits.images)
    np.save(tmp_path / "my-labels.npy", digits.y)
    return tmp_path / "my-images.npy"


def test_a_large_file_is_mapped_and_stays_where_it_is(file, tmp_path):
    assert mapped.is_for_mapping(file) and not mapped.is_for_mapping(tmp_path)
    name = own.keep_mapped(file, tmp_path / "runs")
    data, digits = load(name, root=tmp_path / "runs"), load("digits", N)
    assert name.startswith(f"{OWN_DATA}my-images-") and isinstance(data.images, np.memmap)
    assert isinstance(data.x, np.memmap) and np.array_equal(data.images, digits.images)
    assert [data.classes[i] for i in data.y] == [digits.classes[i] for i in digits.y]
    assert own.keep_mapped(file, tmp_path / "runs") == name and own.names(tmp_path / "runs") == [name]
    upright = load(name, upright=True, root=tmp_path / "runs")
    assert isinstance(upright.images, np.memmap) and np.array_equal(upright.images, deskew(digits.images))


@pytest.mark.parametrize("limits", [Limits(n_images=N - 1), Limits(n_values=N * 64 - 1)], ids=["images", "values"])
def test_so_is_one_of_more_images_or_values_than_are_read(limits, file, tmp_path, monkeypatch):
    monkeypatch.setattr(mapped, "LIMITS", limits)
    np.save(tmp_path / "floats.npy", np.zeros((N, 64)))
    assert mapped.is_for_mapping(file) and mapped.is_for_mapping(tmp_path / "floats.npy")
    assert not mapped.is_for_mapping(tmp_path / "my-labels.npy")
    with pytest.raises(DataError, match="too large to be read; save it by"):
        mapped.described(tmp_path / "floats.npy")
    monkeypatch.setattr(mapped, "LIMITS", Limits())
    assert not mapped.is_for_mapping(file)


def test_vectors_may_be_as_long_as_those_that_are_read(tmp_path, monkeypatch):
    rows = np.arange(4 * 600).reshape(4, 1, 600).astype(np.uint8)
    np.save(tmp_path / "rows.npy", rows)
    assert np.array_equal(read(tmp_path / "rows.npy").dataset.images, rows)
    monkeypatch.setattr(mapped, "LIMITS", Limits(n_images=3))
    name = own.keep_mapped(tmp_path / "rows.npy", tmp_path / "runs")
    assert np.array_equal(own.find(name, tmp_path / "runs").images, rows)


def _head(shape):
    file = io.BytesIO()
    np.lib.format.write_array_header_1_0(file, {"descr": "|u1", "fortran_order": False, "shape": shape})
    return file.getvalue()


def _archive():
    np.savez(file := io.BytesIO(), x=np.zeros((3, 8, 8), np.uint8))
    return file.getvalue()


@pytest.mark.parametrize(
    "content",
    [b"", b"no array", b"\x93NUMPY\x01\x00", _archive(), _head((3, 8, 8)), _head((-3, 8, 8)), _head((10**30, 8, 8))],
    ids=["empty", "text", "cut in its head", "archive", "cut", "negative", "more than there can be"],
)
@pytest.mark.parametrize("limits", [Limits(), Limits(n_bytes=0)], ids=["small", "large"])
def test_what_is_no_whole_npy_is_refused_in_words_large_or_small(content, limits, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(mapped, "LIMITS", limits)
    (tmp_path / "x.npy").write_bytes(content)
    assert main(["train", "first-look", "--data", str(tmp_path / "x.npy"), "--out", str(tmp_path)]) == 2
    error = capsys.readouterr().err
    assert error.startswith("error: ") and "received" in error and error.count("\n") == 1


def test_to_forget_a_mapped_file_leaves_it_and_nothing_else(file, tmp_path):
    root = tmp_path / "runs"
    name = own.keep_mapped(file, root)
    load(name, upright=True, root=root)
    own.forget(name, root)
    assert own.names(root) == [] and not list((root / own.FOLDER).iterdir()) and file.is_file()


def test_a_file_that_has_changed_or_is_gone_is_refused(file, tmp_path):
    name = own.keep_mapped(file, tmp_path / "runs")
    np.save(file, load("digits", N).images[::-1])
    with pytest.raises(DataError, match="has changed since; put it back"):
        own.find(name, tmp_path / "runs")
    file.unlink()
    with pytest.raises(DataError, match="is gone; put it back"):
        own.find(name, tmp_path / "runs")


@pytest.mark.parametrize(
    ("images", "said"),
    [
        (np.zeros((50, 8, 8), np.float32), "received float32 of shape"),
        (np.zeros((50, 64), np.uint8), r"received uint8 of shape \(50, 64\)"),
        (np.asfortranarray(np.full((50, 8, 8), 9, np.uint8)), "received uint8 .*column by column.*ascontiguousarray"),
        (np.ones((50, 8, 8), np.uint8), "received values of 0 and 1, .*multiply them by 255"),
        (np.full((2, 3, 600), 9, np.uint8), "my-images.npy: received 3×600 pixels, at most 512 a side"),
        (np.array([{}] * 2000), "received what cannot be read"),
    ],
)
def test_what_cannot_be_mapped_is_refused_in_words(images, said, file, tmp_path, capsys):
    np.save(file, images)
    assert main(["train", "first-look", "--data", str(file), "--out", str(tmp_path / "runs")]) == 2
    error = capsys.readouterr().err
    with pytest.raises(DataError, match=said):
        mapped.described(file)
    assert error.startswith("error: my-images.npy: received")
    assert not list((tmp_path / "runs").glob("*/config.json"))


def test_images_without_pixels_are_refused_however_many_the_head_tells_of(tmp_path, finished_run, capsys):
    np.save(tmp_path / "x.npy", np.zeros((2_000_000, 0, 8), np.uint8))
    for command in (
        ["train", "first-look", "--data"],
        ["predict", str(finished_run.path), "--csv", str(tmp_path / "o.csv")],
    ):
        assert main([*command, str(tmp_path / "x.npy")]) == 2
        assert "x.npy: received uint8 of shape (2000000, 0, 8), which holds no pixels" in capsys.readouterr().err


def test_labels_that_do_not_fit_are_refused(file):
    np.save(file.with_name("my-labels.npy"), np.zeros(7))
    with pytest.raises(DataError, match="7"):
        mapped.described(file)


@pytest.mark.slow
def test_a_run_on_mapped_images_trains_on_all_shows_a_part_and_labels_all(file, tmp_path, many):
    root = tmp_path / "runs"
    fields = {"hidden_units": "16", "latent_dim": 3, "pretrain_epochs": 2, "max_iterations": 40, "batch_size": 32}
    changes = [f"--set={name}={value}" for name, value in {**fields, "method": "dec", "first_target": "kmeans"}.items()]
    assert main(["train", "tutorial-dec", "--data", str(file), "--out", str(root), *changes]) == 0
    (folder,) = list_runs(root)
    run = Run.open(folder)
    last = run.at(-1)
    assert (run.n, len(last.labels), len(run.images), len(run.y)) == (50, 50, 50, 50)
    index = positions(run.config.dataset, root=root)
    assert np.array_equal(run.images, load("digits", N).images[index])
    labels = np.load(folder.path / "labels.npy")
    assert len(labels) == N and np.array_equal(labels[index], last.labels)
    assert sum(folder.status.progress["sizes"]) == N  # scores are those of all
    assert load_shown(run.config.dataset, root=root).images.shape == (50, 8, 8)


@pytest.mark.slow
def test_a_process_killed_within_an_epoch_of_mapped_images_loses_what_came_after_its_checkpoint_alone(
    file, tmp_path, small
):
    from dec_core.work.recorder import record

    name = own.keep_mapped(file, tmp_path)
    config = small.changed(dataset=name, batch_size=8, pretrain_epochs=3, pretrain_augment=True)
    killed, whole = (RunFolder.create(tmp_path, config, "running") for _ in range(2))
    process = subprocess.Popen(
        [sys.executable, "-c", TRAINS_UNTIL_KILLED, str(killed.path)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT,
    )  # fmt: skip
    assert process.stdout.readline() == "there\n"
    process.kill()
    process.wait()
    resumed = next(item for item in record(killed) if item["event"] == "Resumed")
    assert (resumed["epoch"], resumed["batch"]) == (1, 20)
    for _ in record(killed):
        pass
    for _ in record(whole):
        pass
    ours, theirs = (
        folder.load_arrays(RunReader(folder).refresh().snapshots[-1]["file"]) | folder.load_arrays("encoder.npz")
        for folder in (killed, whole)
    )
    names = ours.keys() - {"plane", "axes"}  # views, which follow the snapshot before
    assert names >= {"z", "labels", "cluster_centers"} and all(np.array_equal(ours[k], theirs[k]) for k in names)
