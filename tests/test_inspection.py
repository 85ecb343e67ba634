"""A run laid open: what is computed of its moments, by hand and against the files it is computed from."""

import itertools
import os
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import streamlit as st
from scipy.optimize import linear_sum_assignment
from screens import AtOnce
from six_moments import with_six_moments

from dec_core.analysis import inspection as by
from dec_core.analysis.assignment import soft_assignment, target_distribution
from dec_core.analysis.decoding import decode
from dec_core.analysis.inspection import steadiness
from dec_core.analysis.metrics import confusion, match
from dec_core.analysis.naming import cluster_order, letter
from dec_core.analysis.projection import extent, umap_plane
from dec_core.analysis.story import story
from dec_core.architecture import architecture
from dec_core.config import RunConfig
from dec_core.data import Dataset, load, own
from dec_core.figures.embedding import positions
from dec_core.reading.planes import common_extent
from dec_core.reading.run import Run
from dec_core.reading.selection import SelectionError
from dec_core.runs.folder import RunFolder
from dec_core.runs.history import RunReader
from dec_core.runs.subset import even_part, example_index, view_index
from dec_core.work import moving_umap, postprocess
from dec_core.work.recorder import record
from pages.shared import browser_files

pytestmark = pytest.mark.slow

# -- paths and comparisons


def test_a_straight_path_has_both_ends_and_even_steps():
    assert by.straight_path(np.array([0, 1]), np.array([3, -5]), 4).tolist() == [[0, 1], [1, -1], [2, -3], [3, -5]]
    assert by.straight_path(np.zeros(3, np.float16), np.ones(3, np.float16), 2).tolist() == [[0, 0, 0], [1, 1, 1]]


def test_two_clusterings_are_counted_against_each_other():
    a, b = np.array([1, 1, 1, 1, 1, 0, 0, 0, 0], bool), np.array([1, 1, 1, 0, 0, 1, 0, 0, 0], bool)
    assert by.right_and_wrong(a, b).tolist() == [[3, 2], [1, 3]]
    assert by.right_and_wrong(a[:0], b[:0]).tolist() == [[0, 0], [0, 0]]


# -- through time

HISTORY = np.array([[0, 0, 0, 0, 1], [0, 1, 0, 0, 2], [0, 1, 0, 2, 1], [0, 1, 0, 0, 2], [0, 1, 3, 0, 1]], np.uint8)


def test_the_last_change_is_when_a_sample_came_to_stay():
    assert by.last_change(HISTORY).tolist() == [0, 1, 4, 3, 4]
    assert by.last_change(HISTORY[:1]).tolist() == [0] * 5 and by.last_change(HISTORY[:, :0]).shape == (0,)


@pytest.mark.parametrize("n_moments", [1, 2, 4, 5, 8, 16])
def test_who_changed_in_the_last_quarter_is_unsettled(n_moments):
    """Sample i comes to its cluster at moment i, sample 0 is there from the first."""
    history = (np.arange(n_moments)[:, None] >= np.arange(n_moments)).astype(np.uint8)
    last = {1: 0, 2: 1, 4: 1, 5: 1, 8: 2, 16: 4}[n_moments]
    assert by.unsettled(history).tolist() == [False] * (n_moments - last) + [True] * last


def test_flows_are_counted_from_and_to():
    before, now = np.array([0, 0, 0, 1, 1, 3], np.uint8), np.array([1, 1, 0, 1, 3, 0], np.uint8)
    assert by.flows(before, now, 4).tolist() == [[1, 2, 0, 0], [0, 1, 0, 1], [0, 0, 0, 0], [1, 0, 0, 0]]
    assert by.flows(before, before, 4).tolist() == np.diag([3, 2, 0, 1]).tolist()


def test_counterparts_keep_most_samples_not_the_largest_flow():
    before = np.repeat([0, 1, 0, 2, 2], [5, 4, 4, 3, 1])
    now = np.repeat([0, 0, 1, 2, 0], [5, 4, 4, 3, 1])
    assert match(by.flows(before, now, 3)).tolist() == [1, 0, 2]
    turned = np.array([2, 0, 1])[before]
    assert match(by.flows(before, turned, 3)).tolist() == [1, 2, 0]
    assert match(by.flows(before * 0, before * 0, 1)).tolist() == [0]


def test_steadiness_asks_only_those_that_hardly_moved():
    sides = np.repeat([[1.0, 0.0], [-1.0, 0.0]], 10, axis=0)
    shift = np.full((20, 2), 50.0)
    shift[0], shift[1] = (3, 4), (0, 1)  # 5 and 1 far, in a picture of spread 1; then 1 far in one of spread 2
    z = np.arange(20)[:, None] / 10
    planes, embeddings = [sides - shift, sides, 2 * sides], [0 * z, z, z + z[::-1]]
    assert by.steadiness(planes, embeddings) == pytest.approx((3 + 0.5) / 2)
    assert by.steadiness([sides, sides], [z, -z]) == 0 and by.steadiness([sides, 0 * sides], [z, z]) == 0
    with pytest.raises(ValueError, match=r"planes: received 1, expected two moments"):
        by.steadiness(planes[:1], embeddings[:1])


# -- names and words


def test_names_of_clusters_can_be_read_back():
    for number in range(2000):
        name = letter(number)
        assert sum(26**i * (ord(sign) - 64) for i, sign in enumerate(reversed(name))) == number + 1


def test_clusters_are_named_in_the_order_of_the_classes_they_were_born_with():
    y, labels = np.array([0, 0, 1, 1, 2, 2, 2]), np.array([2, 2, 3, 3, 0, 0, 1])
    assert cluster_order(confusion(y, labels, 4), 4).tolist() == [2, 3, 0, 1]
    assert cluster_order(None, 3).tolist() == [0, 1, 2]


KNOWN = {"noun": "digit", "cluster": "D of the 3s", "second": "I", "confidence": 0.8149, "runner_up": 0.1049}
TIMES = {"strip": ["D", "D", "D"], "iterations": [0, 20, 40]}
LIES = "D of the 3s: q = 0.81; the runner-up is I with 0.10"
STAYED = "It has been there since step 0, when the centers were initialized."


@pytest.mark.parametrize(
    ("values", "told"),
    [
        ({"true": "9", "wrong": True}, f"A 9 assigned to cluster {LIES}. {STAYED}"),
        ({"true": "8", "wrong": False, "confidence": np.nan}, f"An 8 in cluster D of the 3s. {STAYED}"),
        ({"true": "11", "wrong": True, "confidence": np.nan}, f"An 11 assigned to cluster D of the 3s. {STAYED}"),
        ({"noun": "image", "cluster": "D", "confidence": np.nan}, f"One image in cluster D. {STAYED}"),
    ],
)
def test_a_story_tells_what_lies_where(values, told):
    assert story(**({"true": None, "wrong": None} | KNOWN | TIMES | values)) == told


@pytest.mark.parametrize(
    ("strip", "told"),
    [
        ("", ""),
        ("D", ""),
        ("DDDD", STAYED),
        ("ADDD", "It moved here from A at step 20."),
        ("AAAD", "It moved here from A at step 60."),
        ("DABD", "It moved here from B at step 60, the last of 3 changes."),
        ("DADD", "It moved here from A at step 40, the last of 2 changes."),
    ],
)
def test_a_story_tells_where_a_sample_came_from(strip, told):
    values = {**KNOWN, "confidence": np.nan, "strip": list(strip), "iterations": [0, 20, 40, 60][: len(strip)]}
    whole = story(true="3", wrong=False, **values)
    assert whole.removeprefix("A 3 in cluster D of the 3s.").strip() == told


# -- a decoder without TensorFlow

DECODERS = {
    "the tutorial's": ((28, 28), {"hidden_units": (500, 500, 2000)}),
    "dense, z of one": ((6, 5, 3), {"hidden_units": (20,), "latent_dim": 1}),
    "conv_transpose, valid": ((28, 28), {"autoencoder": "conv_transpose"}),
    "conv_transpose, not square": ((24, 32), {"autoencoder": "conv_transpose", "filters": (6, 8, 10)}),
    "conv_transpose, colour": ((32, 32, 3), {"autoencoder": "conv_transpose"}),
    "conv_upsampling, valid": ((28, 28), {"autoencoder": "conv_upsampling", "filters": (16, 8, 8)}),
    "conv_upsampling, same": ((8, 8), {"autoencoder": "conv_upsampling", "filters": (8, 8)}),
    "conv_upsampling, colour": ((12, 20, 3), {"autoencoder": "conv_upsampling", "filters": (4, 6)}),
}


@pytest.mark.parametrize(("image_shape", "values"), DECODERS.values(), ids=DECODERS)
def test_a_decoder_in_numpy_agrees_with_keras(image_shape, values):
    from dec_core.networks import autoencoder

    described = architecture(RunConfig.make(dataset="own-test", **values), image_shape)
    decoder, rng = autoencoder(described, "glorot_uniform", 1)[1], np.random.default_rng(3)
    drawn = [w if w.ndim > 1 else rng.normal(scale=0.3, size=w.shape) for w in decoder.get_weights()]
    decoder.set_weights(drawn)
    z = rng.normal(scale=3, size=(7, described.latent_dim)).astype(np.float32)
    ours, theirs = decode(z, described.decoder, decoder.get_weights()), np.asarray(decoder(z))
    assert ours.shape == theirs.shape == (7, *described.decoder[-1].shape) and ours.dtype == np.float32
    assert np.abs(ours - theirs).max() < 1e-5 and np.ptp(theirs, axis=0).max() > 0.05


# -- a run


def copied(folder: RunFolder, root: Path, **changes) -> RunFolder:
    """A copy that may be changed, of another config."""
    copy = RunFolder(root / folder.id)
    shutil.copytree(folder.path, copy.path)
    copy.write(copy.path / "config.json", lambda file: file.write(folder.config.changed(**changes).to_json().encode()))
    return copy


def recorded(root: Path, config: RunConfig) -> RunFolder:
    folder = RunFolder.create(root, config, "running")
    for _ in record(folder):
        pass
    return folder


def brute_force(z: np.ndarray, index: int, n: int) -> list[int]:
    """The nearest by all distances, itself left out."""
    apart = np.sqrt(((z.astype(float) - z[index].astype(float)) ** 2).sum(axis=1))
    apart[index] = np.inf
    return np.argsort(apart, kind="stable")[:n].tolist()


@pytest.fixture(scope="module")
def finished_run(finished_run, tmp_path_factory) -> RunFolder:
    """In place of the run that all tests share."""
    return with_six_moments(finished_run, tmp_path_factory.mktemp("six"))


@pytest.fixture(scope="module")
def run(finished_run) -> Run:
    return Run.open(finished_run)


@pytest.fixture(scope="module")
def snapshots(finished_run) -> list[dict]:
    """What the snapshots hold."""
    return [finished_run.load_arrays(item["file"]) for item in RunReader(finished_run).refresh().snapshots]


def test_moments_are_numbered_from_the_first_snapshot_on(run):
    assert [(m["epoch"], m["iteration"]) for m in run.snapshots] == [(1, 0), (6, 0), (6, 0), (6, 20), (6, 40), (6, 60)]
    assert run.clustered == [2, 3, 4, 5] and (run.n, run.noun, run.classes) == (1797, "digit", tuple("0123456789"))
    assert [(run.at(i).number, run.at(i).iteration, run.at(i).newest) for i in (-1, 3)] == [
        (5, 60, True),
        (3, 20, False),
    ]
    with pytest.raises(IndexError):
        run.at(6)


def test_a_path_as_text_opens_a_run_as_its_folder_does(run, finished_run):
    assert Run.open(str(finished_run.path)).snapshots == run.snapshots


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
    assert np.array_equal(first.select(true="3", cluster="A", min_confidence=0.9), np.flatnonzero(digits.y == 3))
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


# -- decoded paths


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
    root = Path(__file__).parents[1]
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, cwd=root, check=True)
    assert done.stdout.split() == []


# -- with what a worker has added


@pytest.fixture
def laid_out_at_once(monkeypatch):
    """UMAP, that leaves everything where it starts."""
    monkeypatch.setattr("dec_core.work.postprocess.umap_plane", lambda z, start, *_, **__: start.astype(np.float32))
    monkeypatch.setattr("dec_core.work.postprocess.umap_layout", lambda x, start, *_, **__: start)


@pytest.fixture(scope="module")
def complete(finished_run, tmp_path_factory) -> Run:
    """A run with UMAP and neighbours; UMAP compiles at its first call."""
    from dec_core.work.postprocess import add_inspection, add_umap

    folder = copied(finished_run, tmp_path_factory.mktemp("complete"))
    add_umap(folder)
    assert Run.open(folder).at(-1).spaces() == ["umap", "pca"] and not Run.open(folder).added
    add_inspection(folder)
    return Run.open(folder)


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


# -- UMAP of all moments


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


# -- more samples than a snapshot shows


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


# -- runs of earlier versions, which kept z of the view alone


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


# -- other methods and other data


def test_k_means_on_pixels_has_the_images_for_z(small, digits, tmp_path):
    run = Run.open(recorded(tmp_path, small.changed(method="kmeans", n_samples=300)))
    last, x = run.at(-1), digits.x[:300] / 255
    assert np.abs(last.z(np.array([5, 9])) - x[[5, 9]]).max() < 1e-6 and len(run.images) == 300
    centers = last.arrays["cluster_centers"].astype(float)
    assert np.abs(last.q - soft_assignment(x, centers)).max() < 1e-5
    assert np.abs(last.distance - np.linalg.norm(x - centers[last.labels], axis=1)).max() < 1e-4
    assert last.neighbours(17, 4).tolist() == brute_force(x, 17, 4)
    assert run.decoder is None and last.path(0, 1) is None and last.story(0).startswith("A 0")
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


# -- what is damaged


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
