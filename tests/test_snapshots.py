"""The arrays of a run: what a run of its config can have written is read, and nothing else is."""

import re
import shutil

import numpy as np
import pytest

from dec_core.runs.folder import RunFolder
from dec_core.runs.snapshots import ArraysError, read_arrays

NAME = "snapshots/00001.npz"


@pytest.fixture(scope="module")
def last(finished_run) -> str:
    """The newest snapshot of the run, which has clusters."""
    return f"snapshots/{max(path.name for path in (finished_run.path / 'snapshots').iterdir())}"


@pytest.fixture
def folder(finished_run, tmp_path) -> RunFolder:
    """A run with no more than its config."""
    run = RunFolder(tmp_path / finished_run.id)
    (run.path / "snapshots").mkdir(parents=True)
    shutil.copy(finished_run.path / "config.json", run.path)
    return run


def test_what_the_recorder_wrote_is_read_and_cannot_be_changed(finished_run, last):
    for path in (finished_run.path / "snapshots").iterdir():
        assert read_arrays(finished_run.path, f"snapshots/{path.name}")["plane"].shape == (1797, 2)
    arrays = read_arrays(finished_run.path, last)
    assert not any(array.flags.writeable for array in arrays.values())
    assert set(read_arrays(finished_run.path, last, "labels")) == {"labels"}


WRONG = {
    "z of other images": ("z", lambda z: z[:99], "z: received 99 rows, expected 1797"),
    "z in other dimensions": ("z", lambda z: z[:, :9], "z: received float16 (1797, 9), expected floats of shape"),
    "z that is no number": ("z", lambda z: z * np.float16("nan"), "z: received numbers that are none"),
    "z as one number": ("z", lambda z: z[0, 0], "z: received float16 ()"),
    "a plane in space": ("plane", lambda plane: np.hstack([plane, plane]), "plane: received"),
    "labels as floats": ("labels", lambda labels: labels.astype(float), "labels: received float64"),
    "labels of more clusters": ("labels", lambda labels: labels + 1, "labels: received 1 to 10, expected 0 to 9"),
    "labels of fewer images": ("labels", lambda labels: labels[1:], "labels: received"),
    "centers of other clusters": ("cluster_centers", lambda centers: centers[:3], "cluster_centers: received"),
    "endless centers": ("cluster_centers", lambda centers: centers * np.inf, "cluster_centers: received numbers"),
    "pictures of another size": ("decoded_centers", lambda images: images[:, :7], "decoded_centers: received"),
    "text for pictures": ("reconstructions", lambda images: images.astype(str), "reconstructions: received"),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_no_such_run_can_have_written_is_refused_in_words(folder, finished_run, last, name):
    key, change, sentence = WRONG[name]
    arrays = finished_run.load_arrays(last)
    folder.save_arrays(NAME, **arrays | {key: np.asarray(change(arrays[key]))})
    with pytest.raises(ArraysError, match=re.escape(sentence)):
        read_arrays(folder.path, NAME)
    assert folder.load_arrays(NAME) is None


@pytest.mark.parametrize("key", ["z", "plane", "reconstructions", "cluster_centers"])
def test_an_array_that_lacks_is_named(folder, finished_run, last, key):
    arrays = finished_run.load_arrays(last)
    folder.save_arrays(NAME, **{name: array for name, array in arrays.items() if name != key})
    with pytest.raises(ArraysError, match=key):
        read_arrays(folder.path, NAME)


def test_infinite_z_of_versions_before_is_read(folder, finished_run, last):
    arrays = finished_run.load_arrays(last)
    folder.save_arrays(NAME, **arrays | {"z": np.full_like(arrays["z"], np.inf)})
    assert np.isinf(read_arrays(folder.path, NAME)["z"]).all()


@pytest.mark.parametrize("damage", ["missing", "empty", "cut", "text", "a folder", "links in a circle", "an object"])
def test_files_that_are_none_are_refused(folder, finished_run, last, damage):
    path, content = folder.path / NAME, (finished_run.path / last).read_bytes()
    if damage == "a folder":
        path.mkdir()
    elif damage == "links in a circle":
        path.symlink_to(path)
    elif damage == "an object":
        np.savez(path, z=np.array([{"x": 1}], dtype=object))
    elif damage != "missing":
        path.write_bytes({"empty": b"", "cut": content[: len(content) // 2], "text": b"hello"}[damage])
    with pytest.raises(ArraysError, match=r"snapshots/00001.npz"):
        read_arrays(folder.path, NAME)
    assert folder.load_arrays(NAME) is None


def test_a_byte_flipped_anywhere_ends_in_no_other_error(folder, finished_run, last):
    content, whole = bytearray((finished_run.path / last).read_bytes()), finished_run.load_arrays(last)
    shapes, refused = {name: part.shape for name, part in whole.items()}, 0
    for place in range(0, len(content), len(content) // 150):
        changed = bytearray(content)
        changed[place] ^= 0xFF
        (folder.path / NAME).write_bytes(changed)
        arrays = folder.load_arrays(NAME)  # as it may still be read, where what changed is no more than a pixel
        refused += arrays is None
        assert arrays is None or {name: part.shape for name, part in arrays.items()} == shapes, place
    assert refused


def test_where_config_and_data_are_gone_a_file_must_agree_with_itself(folder, finished_run, last):
    (folder.path / "config.json").unlink()
    arrays = finished_run.load_arrays(last)
    folder.save_arrays(NAME, **arrays)
    assert folder.load_arrays(NAME) is not None
    folder.save_arrays(NAME, **arrays | {"labels": arrays["labels"][1:]})
    assert folder.load_arrays(NAME) is None
