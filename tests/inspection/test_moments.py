"""A run laid open: what is read of its moments, against the files it is read from."""

import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from inspect_screen import (
    STAYED,
    brute_force,
)
from recorded_runs import copied, recorded
from scipy.optimize import linear_sum_assignment

from dec_core.analysis import inspection as by
from dec_core.analysis.assignment import soft_assignment, target_distribution
from dec_core.analysis.metrics import match
from dec_core.config import ConfigError
from dec_core.data import load
from dec_core.reading.run import Run
from dec_core.reading.selection import SelectionError
from dec_core.runs.subset import example_index

pytestmark = pytest.mark.slow


def test_moments_are_numbered_from_the_first_snapshot_on(run):
    assert [(m["epoch"], m["iteration"]) for m in run.snapshots] == [(1, 0), (6, 0), (6, 0), (6, 20), (6, 40), (6, 60)]
    assert run.clustered == [2, 3, 4, 5] and (run.n, run.noun, run.classes) == (1797, "digit", tuple("0123456789"))
    assert [(run.at(i).number, run.at(i).iteration, run.at(i).newest) for i in (-1, 3)] == [
        (5, 60, True),
        (3, 20, False),
    ]
    with pytest.raises(IndexError, match=r"received snapshot 6 of .*, expected 0 to 5, or -1 for the newest"):
        run.at(6)
    with pytest.raises(IndexError, match=r"received snapshot 'last' of .*, expected 0 to 5, or -1 for the newest"):
        run.at("last")


@pytest.mark.parametrize("index", [1797, -1798, "first"])
def test_a_sample_that_there_is_not_is_refused_by_its_index(run, index):
    last = run.at(-1)
    for ask in (last.story, last.strip, last.neighbours, lambda index: last.path(index, 0)):
        with pytest.raises(IndexError, match=f"index: received {index!r}, expected that of a sample, 0 to 1796"):
            ask(index)
    assert last.story(-1) == last.story(1796)


def test_a_path_as_text_opens_a_run_as_its_folder_does(run, finished_run):
    assert Run.open(str(finished_run.path)).snapshots == run.snapshots
    with pytest.raises(ConfigError, match="folder: received nowhere/at/all, expected the folder of a run"):
        Run.open("nowhere/at/all")


def test_clusters_are_named_by_the_classes_at_their_first_moment(run, snapshots, digits):
    counts = np.zeros((10, 10))
    np.add.at(counts, (digits.y, snapshots[2]["labels"]), 1)
    classes, clusters = linear_sum_assignment(-counts)
    assert [run.letters[cluster] for cluster in clusters] == ["ABCDEFGHIJ"[number] for number in classes]
    assert run.cluster_order[clusters].tolist() == classes.tolist() != clusters.tolist()


def test_clusters_keep_their_names_whatever_becomes_of_them(finished_run, run, snapshots, tmp_path):
    """At the last moment clusters 0 and 1 have changed places."""
    folder, held = copied(finished_run, tmp_path), snapshots[-1]
    turned = np.array([1, 0, *range(2, 10)])
    changes = {"labels": turned[held["labels"]].astype(np.uint8), "cluster_centers": held["cluster_centers"][turned]}
    folder.save_arrays("snapshots/00006.npz", **held | changes)
    again = Run.open(folder)
    last, whole = again.at(-1), run.at(-1)
    assert again.letters == run.letters and np.array_equal(last.wrong, whole.wrong)
    assert last.class_of[:2].tolist() == whole.class_of[1::-1].tolist()
    chosen = last.select(cluster=run.letters[0])
    assert np.array_equal(chosen, np.flatnonzero(held["labels"] == 1)) and last.changed[chosen].mean() > 0.9
    assert match(by.flows(last.label_history[-2], last.labels, 10)).tolist() == turned.tolist()


def test_q_is_the_t_kernel_of_what_the_snapshot_holds(run, snapshots, monkeypatch):
    monkeypatch.setattr("dec_core.reading.arrays.CHUNK", 500)  # so that there are several
    for number in run.clustered:
        z, centers = (snapshots[number][name].astype(float) for name in ("z", "cluster_centers"))
        closeness = 1 / (1 + ((z[:, None] - centers) ** 2).sum(axis=2))
        q = run.at(number).q
        assert q.shape == (1797, 10) and q.dtype == np.float32
        assert np.abs(q - closeness / closeness.sum(axis=1, keepdims=True)).max() < 1e-6
        assert np.abs(q - soft_assignment(z, centers)).max() < 1e-6
    assert np.mean(q.argmax(axis=1) == snapshots[-1]["labels"]) > 0.99


def test_q_heeds_alpha(finished_run, snapshots, tmp_path):
    q = Run.open(copied(finished_run, tmp_path, alpha=3.0)).at(-1).q
    assert np.abs(q - soft_assignment(snapshots[-1]["z"], snapshots[-1]["cluster_centers"], 3.0)).max() < 1e-6
    assert np.abs(q - soft_assignment(snapshots[-1]["z"], snapshots[-1]["cluster_centers"], 1.0)).max() > 0.02


def test_p_is_q_sharpened_over_all_samples(run):
    last = run.at(-1)
    weight = last.q.astype(float) ** 2 / last.q.astype(float).sum(axis=0)
    assert last.p.shape == (1797, 10) and np.abs(last.p - weight / weight.sum(axis=1, keepdims=True)).max() < 1e-6
    assert np.abs(last.p - target_distribution(last.q.astype(float))).max() < 1e-6


def test_confidence_and_distance_are_of_a_samples_own_cluster(run, snapshots):
    last, held, rows = run.at(-1), snapshots[-1], np.arange(1797)
    assert np.array_equal(last.confidence, last.q[rows, held["labels"]])
    apart = np.sqrt(((held["z"].astype(float) - held["cluster_centers"][held["labels"]]) ** 2).sum(axis=1))
    assert np.abs(last.distance - apart).max() < 1e-4
    assert (last.rivals.second != held["labels"]).all()
    assert np.array_equal(last.rivals.runner_up, last.q[rows, last.rivals.second])
    assert ((last.q > last.rivals.runner_up[:, None]).sum(axis=1) <= 1).all()


def test_wrong_samples_lie_in_clusters_of_other_classes(run, finished_run, digits):
    last = run.at(-1)
    assert np.mean(~last.wrong) == pytest.approx(finished_run.status.outcome["acc"])
    assert np.array_equal(last.class_of[last.labels] == digits.y, ~last.wrong)


def test_strips_and_changes_are_those_of_the_snapshots_labels(run, snapshots):
    labels = [held["labels"] for held in snapshots[2:]]
    for number in run.clustered:
        moment, past = run.at(number), labels[: number - 1]
        assert all(moment.strip(i).tolist() == [then[i] for then in past] for i in (0, 7, 1796))
        came = [max((t for t in range(1, len(past)) if past[t][i] != past[t - 1][i]), default=0) for i in range(1797)]
        assert moment.last_change.tolist() == came
        assert np.array_equal(moment.changed, past[-1] != past[-2] if len(past) > 1 else np.zeros(1797, bool))
        assert np.array_equal(moment.unsettled, [len(past) > 1 and t == len(past) - 1 for t in came])
    assert 0 < moment.changed.sum() < 1797 and len(set(came)) == 4


def test_planes_are_those_of_the_snapshot_and_dimensions_of_z(run, snapshots):
    for number in (0, 2, 5):
        moment, held = run.at(number), snapshots[number]
        assert moment.spaces() == ["pca"]
        plane = moment.plane("pca")
        assert plane.shape == (1797, 2) and plane.dtype == np.float32
        assert np.abs(plane - held["plane"]).max() < 0.003 < 0.5 < np.ptp(plane)
        assert np.array_equal(moment.plane("z0,z3"), held["z"][:, [0, 3]].astype(np.float32))
    for space in ("z0,z10", "z0", "z0,z1,z2", "tsne", "", "z0,z-1"):
        with pytest.raises(SelectionError, match=r"space: received .*, expected umap, pca or two of z0 to z9"):
            moment.plane(space)


def test_neighbours_are_the_nearest_of_all(run, snapshots, monkeypatch):
    monkeypatch.setattr("dec_core.reading.arrays.CHUNK", 500)
    for number in (0, 5):
        for index in (0, 600, 1796):
            expected = brute_force(snapshots[number]["z"], index, 9)
            assert run.at(number).neighbours(index, 9).tolist() == expected and index not in expected
    assert len(run.at(5).neighbours(3)) == 5


def test_before_there_are_clusters_what_needs_none_is_answered(run, snapshots, digits):
    first = run.at(0)
    assert first.labels is None and first.wrong is None and first.confusion is None and not first.clustered
    assert first.strip(3).shape == (0,) and not first.changed.any() and not first.unsettled.any()
    assert np.array_equal(first.z(np.array([4, 2])), snapshots[0]["z"][[4, 2]].astype(np.float32))
    assert np.array_equal(first.select(true=3, cluster="A", min_confidence=0.9), np.flatnonzero(digits.y == 3))
    assert len(first.select(order="wrong")) == 1797


def test_a_story_is_told_of_a_run(run, snapshots, digits):
    last, labels = run.at(-1), snapshots[-1]["labels"]
    index = np.flatnonzero(last.changed & last.wrong)[0]
    was, second = (run.letters[k] for k in (snapshots[-2]["labels"][index], last.rivals.second[index]))
    told, of = last.story(index), last.class_of[labels[index]]
    article = "An" if digits.y[index] == 8 else "A"
    assert told.startswith(
        f"{article} {digits.y[index]} assigned to cluster {run.letters[labels[index]]} of the {of}s: q = "
    )
    assert f"q = {last.confidence[index]:.2f}; the runner-up is {second} of the " in told
    assert f"with {last.rivals.runner_up[index]:.2f}. It moved here from {was} at step 60" in told
    stayed = np.flatnonzero((last.last_change == 0) & ~last.wrong)[0]
    assert last.story(stayed).endswith(f" {STAYED}") and " in cluster " in last.story(stayed)


def test_images_are_those_that_the_network_saw(finished_run, tmp_path, digits):
    plain, upright = Run.open(copied(finished_run, tmp_path)), load("digits", upright=True)
    assert np.array_equal(plain.images, digits.images) and not plain.images.flags.writeable
    shutil.rmtree(plain.folder.path)
    turned = Run.open(copied(finished_run, tmp_path, deskew=True))
    assert np.array_equal(turned.images, upright.images) and not np.array_equal(turned.images, digits.images)


def test_a_path_goes_from_the_reconstruction_to_the_decoded_center(run, snapshots, digits):
    last, held = run.at(-1), snapshots[-1]
    for row, index in enumerate(example_index(1797, digits.y)):
        way = last.path(index, row, 5).astype(int)
        assert way.shape == (5, 8, 8)
        assert np.abs(way[0] - held["reconstructions"][row]).max() <= 2
        assert np.abs(way[-1] - held["decoded_centers"][row]).max() <= 2
        middle = (held["z"][index].astype(float) + held["cluster_centers"][row]) / 2
        assert np.abs(way[2] - run.decode(middle)[0].astype(int)).max() <= 1
        assert np.abs(way[0] - way[-1]).max() > 10
    assert len(last.path(3, 0)) == 8


def test_a_path_of_convolutions_ends_at_the_decoded_center(small, tmp_path):
    config = small.changed(autoencoder="conv_transpose", filters=(6, 8), n_samples=200, pretrain_epochs=2)
    run = Run.open(recorded(tmp_path, config))
    last = run.at(-1)
    for cluster, center in enumerate(last.arrays["decoded_centers"].astype(int)):
        way = last.path(11, cluster, 3).astype(int)
        assert way.shape == (3, 8, 8) and np.abs(way[-1] - center).max() <= 2
    assert np.abs(last.path(0, 0)[0] - last.arrays["reconstructions"][0].astype(int)).max() <= 2


def test_nothing_of_it_imports_tensorflow(finished_run):
    script = (
        "import sys; from dec_core.reading.run import Run\n"
        f"last = Run.open({str(finished_run.path)!r}).at(-1)\n"
        "last.p, last.neighbours(3), last.plane('pca'), last.path(3, 1).shape, last.story(3), "
        "last.select(min_confidence=0.5)\n"
        "print(*{'tensorflow', 'keras', 'umap', 'numba', 'streamlit'} & {name.split('.')[0] for name in sys.modules})"
    )
    root = Path(__file__).parents[2]
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, cwd=root, check=True)
    assert done.stdout.split() == []
