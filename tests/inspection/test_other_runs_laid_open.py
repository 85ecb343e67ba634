"""A run laid open: other methods, other data, and what is damaged."""

import shutil

import numpy as np
import pytest
from inspect_screen import brute_force
from recorded_runs import copied, recorded

from dec_core.analysis import inspection as by
from dec_core.analysis.assignment import soft_assignment, target_distribution
from dec_core.analysis.metrics import confusion
from dec_core.analysis.naming import cluster_order
from dec_core.config import RunConfig
from dec_core.data import Dataset, own
from dec_core.reading.run import Run
from dec_core.reading.selection import SelectionError
from dec_core.runs.folder import RunFolder
from pages.shared.numbers import numbers_data

pytestmark = pytest.mark.slow


def test_k_means_on_pixels_has_the_images_for_z(small, digits, tmp_path):
    run = Run.open(recorded(tmp_path, small.changed(method="kmeans", n_samples=300)))
    last, x = run.at(-1), digits.x[:300] / 255
    assert np.abs(last.z(np.array([5, 9])) - x[[5, 9]]).max() < 1e-6 and len(run.images) == 300
    centers = last.arrays["cluster_centers"].astype(float)
    assert np.abs(last.q - soft_assignment(x, centers)).max() < 1e-5
    assert np.abs(last.distance - np.linalg.norm(x - centers[last.labels], axis=1)).max() < 1e-4
    assert last.neighbours(17, 4).tolist() == brute_force(x, 17, 4)
    assert run.decoder is None and last.path(0, 1) is None and last.story(0).startswith("A 0")
    z, q, p, _, error = numbers_data(last, 17)["parts"]
    assert "64 pixel values" in z["note"] and "decoder" in error["note"] and "moves nothing toward p" in p["note"]
    assert [column["sum"] for column in q["columns"][2:]] == ["1.000"]
    assert np.abs(last.plane("pca") - last.arrays["plane"]).max() < 0.01 and last.plane("z20,z63").shape == (300, 2)


@pytest.fixture(scope="module")
def mixture(tmp_path_factory) -> RunFolder:
    config = RunConfig.make(dataset="digits", method="umap_gmm", n_samples=300, n_clusters=4, gmm_n_init=1)
    return recorded(tmp_path_factory.mktemp("mixture"), config)


def test_a_mixture_has_its_responsibilities_for_q(mixture):
    run = Run.open(mixture)
    last = run.at(-1)
    held = last.arrays
    assert np.array_equal(last.q, held["q"].astype(np.float32)) and last.q.shape == (300, 4)
    assert np.abs(last.p - target_distribution(held["q"].astype(float))).max() < 1e-6
    middles = np.array([held["z"][held["labels"] == k].astype(float).mean(axis=0) for k in range(4)])
    assert np.abs(last.centers - middles).max() < 1e-4
    apart = np.linalg.norm(held["z"].astype(float) - middles[held["labels"]], axis=1)
    assert np.abs(last.distance - apart).max() < 1e-4
    assert (last.class_of >= 0).sum() == 4 and last.wrong.sum() > 100
    assert sorted(run.letters) == list("ABCD") and run.decoder is None and last.path(0, 1) is None
    assert last.neighbours(17, 4).tolist() == brute_force(held["z"].astype(np.float32), 17, 4)
    of_q, of_p = numbers_data(last, 17)["parts"][1:3]
    assert [column["key"] for column in of_q["columns"]] == ["d", "q"] and "Gaussian mixture" in of_q["note"]
    assert not of_q["code"] and of_p["columns"][-1]["sum"] == "1.000"
    assert len(last.select(min_confidence=0.5)) > 250 and "assigned to cluster" in last.story(
        int(np.flatnonzero(last.wrong)[0])
    )


def test_a_mixture_of_an_earlier_version_has_no_q(mixture, tmp_path):
    folder = copied(mixture, tmp_path)
    arrays = folder.load_arrays("snapshots/00001.npz")
    folder.save_arrays("snapshots/00001.npz", **{name: array for name, array in arrays.items() if name != "q"})
    last = Run.open(folder).at(-1)
    assert len(last.select(cluster="A", order="wrong")) and "assigned to" in last.story(
        int(np.flatnonzero(last.wrong)[0])
    )
    assert np.isnan(last.q).all() and not len(last.select(min_confidence=0.1))


@pytest.fixture(scope="module")
def unlabelled(small, digits, tmp_path_factory) -> RunFolder:
    """Of somebody's images, the first of which is there 41 times."""
    root = tmp_path_factory.mktemp("unlabelled")
    images = np.concatenate([digits.images[:200], np.repeat(digits.images[:1], 40, axis=0)])
    config = small.changed(dataset=own.keep(Dataset("mine", images, None), root), pretrain_epochs=2)
    return recorded(root, config)


def test_without_labels_there_is_neither_right_nor_wrong(unlabelled):
    run = Run.open(unlabelled)
    last = run.at(-1)
    assert run.y is None and run.noun == "image" and run.letters == list("ABCDEFGHIJ")
    assert "BaselineScored" not in [record["event"] for record in unlabelled.records()[0]]  # nothing to score it by
    assert last.wrong is None and last.confusion is None and last.class_of is None
    assert last.select(order="wrong").tolist() == np.argsort(last.confidence, kind="stable").tolist()
    name = run.letters[last.labels[3]]
    assert last.story(3).startswith(f"One image in cluster {name}: q = ")
    assert np.array_equal(last.select(cluster=name), np.flatnonzero(last.labels == last.labels[3]))
    with pytest.raises(SelectionError, match=r"true: received '3', the classes are none, for labels are not known"):
        last.select(true="3")
    assert last.neighbours(3).tolist() == brute_force(last.z(np.arange(240)), 3, 5)


def test_no_image_is_its_own_neighbour_where_many_are_alike(unlabelled, tmp_path, laid_out_at_once):
    from dec_core.work.postprocess import add_inspection

    shutil.copytree(unlabelled.path.parent, tmp_path / "runs")
    folder = RunFolder(tmp_path / "runs" / unlabelled.id)
    add_inspection(folder)
    last = Run.open(folder).at(-1)
    assert not [index for index in range(240) if index in last.neighbours(index, 15)]


def test_classes_are_called_as_the_data_call_them(finished_run, digits, tmp_path):
    classes = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
    name = own.keep(Dataset("mine", digits.images, digits.y, classes), tmp_path)
    run = Run.open(copied(finished_run, tmp_path, dataset=name))
    assert np.array_equal(run.at(-1).select(true="three"), np.flatnonzero(digits.y == 3))
    with pytest.raises(SelectionError, match=r"true: received '3', the classes are zero, one, two"):
        run.at(-1).select(true="3")
    assert run.noun == "image" and run.at(-1).story(0).startswith("A zero")


def test_a_damaged_snapshot_is_told_with_its_file(finished_run, tmp_path):
    folder = copied(finished_run, tmp_path)
    (folder.path / "snapshots" / "00005.npz").write_bytes(b"PK\x03\x04")
    with pytest.raises(ValueError, match=r"00005.npz: the snapshot is damaged; choose another one"):
        _ = Run.open(folder).at(4).q
    assert Run.open(folder).at(-1).story(0)


def test_the_newest_snapshot_is_the_newest_that_can_be_read(complete, tmp_path):
    folder = copied(complete.folder, tmp_path)
    (folder.path / "snapshots" / "00006.npz").write_bytes(b"PK\x03\x04")
    run = Run.open(folder)
    assert run.n_unreadable == 1 and run.clustered == [2, 3, 4]
    assert run.at(-1).number == 4 and run.at(-1).spaces() == ["pca"] and run.at(-1).story(0)
    for path in (folder.path / "snapshots").iterdir():
        path.unlink()
    assert Run.open(folder).snapshots == () and Run.open(folder).n_unreadable == 6


def test_damaged_additions_are_as_if_they_were_not_there(complete, snapshots, tmp_path):
    folder = copied(complete.folder, tmp_path)
    for name in ("inspection.npz", "umap.npz", "decoder.npz"):
        (folder.path / name).write_bytes(b"text")
    last = Run.open(folder).at(-1)
    assert last.spaces() == ["pca"] and last.path(0, 0) is None
    assert last.neighbours(4, 9).tolist() == brute_force(snapshots[-1]["z"], 4, 9)


def test_before_the_first_readable_clusters_nothing_changes_and_names_stay(finished_run, run, tmp_path):
    folder = copied(finished_run, tmp_path)
    (folder.path / run.snapshots[run.clustered[0]]["file"]).write_bytes(b"PK")
    damaged = Run.open(folder)
    assert np.array_equal(damaged.labels[0], run.labels[1]) and np.array_equal(damaged.labels[1:], run.labels[1:])
    first = confusion(run.y, run.labels[1], 10)
    assert damaged.cluster_order.tolist() == cluster_order(first, 10).tolist()


def test_a_damaged_moment_does_not_show_another_ones_clusters(finished_run, tmp_path):
    folder = copied(finished_run, tmp_path)
    (folder.path / "snapshots" / "00004.npz").write_bytes(b"")
    moment = Run.open(folder).at(4)
    assert np.array_equal(moment.label_history[-1], moment.labels)


def test_before_there_are_clusters_nothing_has_changed(run):
    assert not run.at(0).last_change.any()


@pytest.mark.parametrize(
    ("rows", "columns", "side", "expected"),
    [
        ([1, 1], [1, 1], "", [10, 10]),
        ([1, 0], [0, 1], "", [2, 4]),
        ([1, 1], [1, 1], "right", [7, 9]),  # at the second moment the columns are matched the other way round
        ([1, 1], [1, 1], "wrong", [3, 1]),
        ([0, 1], [1, 1], "wrong", [1, 0]),
        ([0, 0], [1, 1], "", [0, 0]),
    ],
)
def test_cells_of_the_matrix_are_counted_through_time(rows, columns, side, expected):
    counts = np.array([[[3, 2], [1, 4]], [[1, 4], [5, 0]]])
    right = np.array([[[True, False], [False, True]], [[False, True], [True, False]]])
    counted = by.cell_counts(counts, right, np.array(rows, bool), np.array(columns, bool), side)
    assert counted.tolist() == expected
