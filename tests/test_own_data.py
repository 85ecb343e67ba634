"""People's own data, kept beside the runs and found again by name."""

import os
import re
import shutil
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dec_core.config import RunConfig
from dec_core.data import DataError, Dataset, load
from dec_core.data.loading import positions
from dec_core.data.own import FOLDER, find, keep, names

IMAGES = np.random.default_rng(0).integers(0, 256, (9, 4, 5)).astype(np.uint8)
COLOUR = np.random.default_rng(1).integers(0, 256, (9, 4, 5, 3)).astype(np.uint8)
Y = np.array([0, 1, 2, 0, 1, 2, 0, 1, 2], np.uint8)
CLASSES = ("cat", "dög", r"a\nb")


def path_of(name, root):
    return root / FOLDER / f"{name}.npz"


@pytest.mark.parametrize("images", [IMAGES, COLOUR, IMAGES[:, :1, :1]], ids=["grey", "colour", "one pixel"])
@pytest.mark.parametrize(("y", "classes"), [(None, ()), (Y, CLASSES)], ids=["alone", "labelled"])
def test_what_is_kept_is_found(tmp_path, images, y, classes):
    name = keep(Dataset("My Pictures.zip", images, y, classes), tmp_path)
    assert re.fullmatch(r"own-my-pictures-[0-9a-f]{12}", name) and names(tmp_path) == [name]
    kept = find(name, tmp_path)
    assert (kept.name, kept.classes, kept.images.dtype) == (name, classes, np.uint8)
    assert np.array_equal(kept.images, images)
    assert kept.y is None if y is None else (kept.y.dtype == np.uint8 and np.array_equal(kept.y, y))
    assert [path.name for path in (tmp_path / FOLDER).iterdir()] == [f"{name}.npz"]  # nothing half-written is left


def test_the_same_content_has_the_same_name_and_other_content_another(tmp_path):
    first = keep(Dataset("a.npz", IMAGES, Y, CLASSES), tmp_path)
    written = path_of(first, tmp_path).stat().st_mtime_ns
    assert keep(Dataset("b.zip", IMAGES.copy(), Y.copy(), CLASSES), tmp_path) == first
    assert path_of(first, tmp_path).stat().st_mtime_ns == written
    others = [
        Dataset("a.npz", IMAGES, None),
        Dataset("a.npz", IMAGES, Y[::-1].copy(), CLASSES),
        Dataset("a.npz", IMAGES, Y, ("cat", "dog", "cow")),
        Dataset("a.npz", IMAGES.reshape(9, 5, 4), Y, CLASSES),
        Dataset("a.npz", IMAGES[:8], Y[:8], CLASSES),
    ]
    kept = [keep(dataset, tmp_path) for dataset in others]
    assert len({first, *kept}) == 6 and set(names(tmp_path)) == {first, *kept}


@pytest.mark.parametrize(
    ("file", "words"),
    [
        ("../../etc/passwd", "passwd"),
        ("..", "data"),
        ("", "data"),
        ("/", "data"),
        ("C:\\x\\Cats & Dogs!.zip", "c-x-cats-dogs"),
        ("数字.zip", "data"),
        ("a\0b\n.npy", "a-b"),
        ("x" * 39 + "-y.npy", "x" * 39),
        ("train-images-idx3-ubyte.gz", "train-images-idx3-ubyte"),
        ("\udcff.npz", "data"),
    ],
)
def test_names_of_odd_files_are_safe(tmp_path, file, words):
    name = keep(Dataset(file, IMAGES, None), tmp_path)
    assert name.startswith(f"own-{words}-")
    assert list(tmp_path.rglob("*.npz")) == [path_of(name, tmp_path)]


@settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.text(max_size=60))
def test_any_file_name_becomes_a_data_set_a_run_can_have(tmp_path_factory, file):
    root = tmp_path_factory.mktemp("root")
    name = keep(Dataset(file, IMAGES, None), root)
    assert RunConfig.make(dataset=name).dataset == name
    assert np.array_equal(find(name, root).images, IMAGES)


@pytest.mark.parametrize(
    "name",
    ["own-nothing", "../{}", "{0}/../{0}", "{}\n", "OWN-A", "", ".", "own-" + "a" * 300, "{}\0", "/{}"],
)
def test_what_is_not_there_is_refused(tmp_path, name):
    kept = keep(Dataset("a", IMAGES, None), tmp_path)
    shutil.copy(path_of(kept, tmp_path), tmp_path)
    assert len(find(kept, tmp_path).images) == 9
    with pytest.raises(DataError, match=r"there is no .*, expected mnist, .* or data kept .* give the file again"):
        find(name.format(kept), tmp_path)


@pytest.mark.parametrize(
    "changes",
    [
        {"images": IMAGES.astype(float)},
        {"images": IMAGES[:8]},
        {"images": IMAGES.reshape(-1)},
        {"images": None},
        {"y": Y[::-1]},
        {"y": None},
        {"classes": np.array(CLASSES[::-1])},
        {"classes": np.array(CLASSES, dtype=object)},
        {"classes": None},
    ],
)
def test_files_of_other_content_are_refused(tmp_path, changes):
    name = keep(Dataset("a", IMAGES, Y, CLASSES), tmp_path)
    with np.load(path_of(name, tmp_path)) as file:
        arrays = {key: value for key, value in (dict(file) | changes).items() if value is not None}
    np.savez(path_of(name, tmp_path), **arrays)
    with pytest.raises(DataError, match=rf"dataset: {name}.npz: .*it is damaged: upload or name the file again"):
        find(name, tmp_path)


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.data())
def test_damaged_files_are_refused_and_replaced(tmp_path_factory, draw):
    root = tmp_path_factory.getbasetemp() / "damaged"
    dataset = Dataset("a.npz", IMAGES, Y, CLASSES)
    name = keep(dataset, root)
    whole = path_of(name, root).read_bytes()
    at = draw.draw(st.integers(0, len(whole) - 1))
    bad = draw.draw(
        st.sampled_from([whole[:at], whole[:at] + bytes([whole[at] ^ 255]) + whole[at + 1 :], b"", b"text"])
    )
    path_of(name, root).write_bytes(bad)
    try:
        kept = find(name, root)
        assert np.array_equal(kept.images, IMAGES) and np.array_equal(kept.y, Y)  # what is changed is not used
    except DataError as error:
        assert "damaged" in str(error)
    assert keep(dataset, root) == name
    assert np.array_equal(find(name, root).images, IMAGES)


def test_a_failure_while_writing_leaves_nothing(tmp_path, monkeypatch):
    def full(file, **arrays):
        file.write(b"half")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(np, "savez_compressed", full)
    with pytest.raises(OSError, match="No space"):
        keep(Dataset("a", IMAGES, None), tmp_path)
    assert list((tmp_path / FOLDER).iterdir()) == [] and names(tmp_path) == []


def test_several_may_keep_the_same_at_once(tmp_path):
    dataset = Dataset("a", IMAGES, Y, CLASSES)
    with ThreadPoolExecutor(8) as pool:
        kept = list(pool.map(lambda _: keep(dataset, tmp_path), range(32)))
    assert set(kept) == set(names(tmp_path)) and len(set(kept)) == 1
    assert np.array_equal(find(kept[0], tmp_path).images, IMAGES)


def test_it_is_loaded_by_name_as_the_bundled_sets_are(tmp_path):
    name = keep(Dataset("a", IMAGES, Y, CLASSES), tmp_path)
    dataset = load(name, 4, root=tmp_path)
    assert np.array_equal(dataset.images, IMAGES[[0, 2, 4, 6]]) and np.array_equal(dataset.y, Y[[0, 2, 4, 6]])
    assert dataset.classes == CLASSES and dataset.x.shape == (4, 20)
    with pytest.raises(ValueError, match="read-only"):
        load(name, root=tmp_path).images[0] = 0
    with pytest.raises(ValueError, match=r"n_samples: received 10, but own-a-.* has 9 images"):
        load(name, 10, root=tmp_path)
    with pytest.raises(DataError, match="there is no"):
        load(name, root=tmp_path / "elsewhere")
    with pytest.raises(DataError, match="there is no"):
        load("../x", root=tmp_path)
    colour = load(keep(Dataset("a", COLOUR, None), tmp_path), 2, root=tmp_path)
    assert colour.images.shape == (2, 4, 5, 3) and colour.x.shape == (2, 60) and colour.y is None


def test_the_newest_is_named_first(tmp_path):
    kept = [keep(Dataset(file, IMAGES[i:], None), tmp_path) for i, file in enumerate("abc")]
    for i, name in enumerate(kept):
        os.utime(path_of(name, tmp_path), (i, i))
    assert names(tmp_path) == kept[::-1] and names(tmp_path / "nowhere") == []


def test_of_data_sorted_by_class_a_part_has_all_classes(tmp_path):
    images, y = np.arange(60, dtype=np.uint8).reshape(60, 1, 1), np.repeat(np.arange(3), 20).astype(np.uint8)
    name = keep(Dataset("a", images, y, CLASSES), tmp_path)
    part = load(name, 7, root=tmp_path)
    assert part.images.ravel().tolist() == [0, 8, 17, 25, 34, 42, 51] and part.y.tolist() == [0, 0, 0, 1, 1, 2, 2]
    assert positions(name, 7, root=tmp_path).tolist() == part.images.ravel().tolist()
    assert positions(name, root=tmp_path).tolist() == list(range(60)) == positions("digits", 60).tolist()
    assert np.array_equal(load(name, 60, root=tmp_path).images, images)
