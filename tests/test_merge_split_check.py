"""Groups that were merged or split, found without labels."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import sparse
from sklearn.cluster import KMeans

from dec_core.analysis.merge_split_check import MergeSplitCheck, merge_split_check, neighbour_graph
from dec_core.analysis.verdict import (
    collapse,
    compared_with_kmeans,
    compared_with_mixture,
    doubts,
    nearly_empty,
    what_to_try,
)
from dec_core.presets import PRESETS
from dec_core.reading.summary import findings, is_suspect
from dec_core.runs.history import History
from dec_core.training.mixture import Mixture

pytestmark = pytest.mark.slow

CALM = MergeSplitCheck(pair=(3, 1), border=0.1, best=0.1, cluster=2, size=1.1, valley=0.9)


@pytest.fixture(scope="module")
def graph(digits):
    return neighbour_graph(digits.x, (8, 8))


def test_a_graph_ties_each_image_to_its_nearest_both_ways(graph):
    assert graph.shape == (1797, 1797) and set(graph.data) == {1.0}
    assert (graph != graph.T).nnz == 0
    assert graph.sum(axis=1).min() >= 15


def test_no_image_is_tied_to_itself_where_many_are_alike(digits):
    x = np.concatenate([digits.x[:100], np.repeat(digits.x[:1], 40, axis=0)])
    graph = neighbour_graph(x, (8, 8))
    assert not graph.diagonal().any() and graph.sum(axis=1).min() >= 15


def test_two_cliques_and_a_bridge_in_numbers():
    clique = np.ones((4, 4)) - np.eye(4)
    ties = np.block([[clique, np.zeros((4, 4))], [np.zeros((4, 4)), clique]])
    ties[3, 4] = ties[4, 3] = 1  # each clique has 13 ends of edges, one of them the bridge's
    ties = sparse.csr_matrix(ties)
    right = merge_split_check(ties, np.array([0, 0, 0, 0, 1, 1, 1, 1]), 2)
    assert right.border == right.best == pytest.approx(1 / 13) and not right.splits
    across = merge_split_check(ties, np.array([0, 0, 1, 1, 1, 1, 0, 0]), 2)
    assert across.border == pytest.approx(8 / 12) and across.best == pytest.approx(1 / 13) and across.splits


def test_true_digits_are_not_doubted(graph, digits):
    assert not merge_split_check(graph, digits.y, 10).serious


@pytest.mark.parametrize("a, b, c", [(4, 6, 2), (2, 9, 3), (5, 4, 9), (1, 2, 7), (6, 0, 9), (7, 3, 0)])
def test_two_digits_merged_and_one_split_are_found(graph, digits, a, b, c):
    labels, members = digits.y.copy(), np.flatnonzero(digits.y == c)
    labels[labels == b] = a
    labels[members[KMeans(2, n_init=1, random_state=0).fit_predict(digits.x[members]) == 1]] = b
    check = merge_split_check(graph, labels, 10)
    assert check.merges and check.cluster == a and check.apart


@pytest.mark.parametrize("split", range(0, 10, 3))
def test_a_digit_cut_anywhere_is_found(graph, digits, split):
    labels, members = digits.y.copy(), np.flatnonzero(digits.y == split)
    labels[members[::2]] = 10
    check = merge_split_check(graph, labels, 11)
    assert check.splits and check.pair == (split, 10)


@given(st.integers(2, 12), st.integers(0, 99), st.sampled_from(["noise", "alike", "few"]))
def test_odd_images_and_labels_give_finite_numbers(n_clusters, seed, kind):
    rng = np.random.default_rng(seed)
    n = 20 if kind == "few" else 60
    x = np.zeros((n, 64), np.uint8) if kind == "alike" else rng.integers(0, 256, (n, 64)).astype(np.uint8)
    labels = rng.integers(n_clusters, size=n) // (1 + seed % 3)  # some clusters are empty
    check = merge_split_check(neighbour_graph(x, (8, 8)), labels, n_clusters)
    assert np.isfinite([check.border, check.best, check.size, check.valley]).all()
    assert 0 <= check.border <= 1 and check.size >= 1


@pytest.mark.parametrize(
    "changes, splits, merges",
    [
        ({}, False, False),
        ({"border": 0.14}, True, False),
        ({"border": 0.125}, False, False),
        ({"size": 1.5}, False, False),
        ({"size": 1.5, "valley": 0.5}, False, True),
        ({"size": 2.4}, False, True),
    ],
)
def test_the_two_suspicions(changes, splits, merges):
    check = replace(CALM, **changes)
    assert (check.splits, check.merges, check.serious) == (splits, merges, splits or merges)


def test_doubts_in_words():
    letters = "ABCD".__getitem__
    assert doubts(CALM.to_dict(), letters) == "Judged without labels, no group looks merged or split."
    split = doubts(replace(CALM, border=0.3).to_dict(), letters)
    assert "clusters B and D share a dense region (30 % of nearest neighbors" in split and "below 90 %" in split
    assert "cross their border; 10 % would cross the best one)" in split and "cluster C" not in split
    merged = doubts(replace(CALM, size=2.04, valley=0.2).to_dict(), letters)
    assert "cluster C is 2.0 times the mean size and splits in the middle" in merged
    assert "in the middle" not in doubts(replace(CALM, size=2.4).to_dict(), letters)
    live = doubts({**replace(CALM, border=0.3).to_dict(), "iteration": 80}, letters, ended=False)
    assert live.startswith("Judged without labels at step 80: clusters B and D share") and "90 %" not in live
    calm = doubts({**CALM.to_dict(), "iteration": 1080}, letters, ended=False)
    assert calm == "Judged without labels at step 1\u2009080, no group looks merged or split."


def test_a_judgement_of_before_the_end_is_not_taken_for_the_last_one():
    judged = replace(CALM, border=0.3).to_dict()
    ended = History(end={"n_iterations": 100}, judged={**judged, "iteration": 90})
    said = findings(ended, PRESETS["first-look"], list("ABCD"))
    assert said[0].startswith("Judged without labels at step 90: clusters B and D") and not is_suspect(ended)
    at_the_end = replace(ended, judged={**judged, "iteration": 100})
    assert findings(at_the_end, PRESETS["first-look"], list("ABCD"))[0].startswith("Groups look merged or split")
    assert is_suspect(at_the_end)


def test_a_collapse_is_told_with_a_way_out():
    words = collapse([0, 0, 0, 0, 0, 1797, 0, 0, 0, 3])
    assert (
        words.startswith("Clustering has collapsed: 8 of 10 clusters are empty.") and "smaller learning rate" in words
    )
    assert collapse([7, 0]).startswith("Clustering has collapsed: 1 of 2 clusters is empty.")
    assert collapse([1, 2]) == collapse([5, 0, 0, 7]) == collapse([3, 4, 5]) == collapse([]) == ""


def test_the_way_out_depends_on_what_was_done():
    assert "first-look" in what_to_try(False, "pixels")
    assert "gradients" in what_to_try(True, "pixels")
    assert "another seed" in what_to_try(True, "gradients")
    assert what_to_try(False, "pixels", "fast") == "Set Initial target p back to umap_gmm, as in fast."


def test_a_run_that_left_the_mixtures_target_is_told_what_it_lacks():
    history = History(
        judged=replace(CALM, border=0.5).to_dict() | {"iteration": 1400},
        end={"acc": 0.577},
        updates=[{"iteration": 0, "sizes": [1000, 17, 11, 1970]}],
        baseline={"acc": 0.681},
    )
    said = findings(history, PRESETS["first-look"].changed(first_target="kmeans"), list("ACJD"))
    assert said[1:] == [
        "Set Initial target p back to umap_gmm, as in first-look.",
        "Clusters C (17 images) and J (11) are nearly empty.",
        "The network is behind k-means on the pixels, which reaches 68.1 %.",
    ]
    assert "preset first-look" in findings(history, PRESETS["tutorial-dec"], list("ACJD"))[1]
    collapsed = replace(history, updates=[{"iteration": 0, "sizes": [0, 0, 0, 2998]}])
    (only,) = findings(collapsed, PRESETS["first-look"], list("ACJD"))  # how it compares is beside the point
    assert only.startswith("Clustering has collapsed")


def test_nearly_empty_clusters_are_named_with_their_sizes():
    assert (
        nearly_empty([1000, 17, 11, 1970], "ACJD".__getitem__) == "Clusters C (17 images) and J (11) are nearly empty."
    )
    assert nearly_empty([1000, 1, 0, 1970], "ACJD".__getitem__) == "Cluster C (1 image) is nearly empty."
    assert nearly_empty([10, 9, 2, 0], "ABCD".__getitem__) == nearly_empty([], "".__getitem__) == ""


def test_a_network_behind_kmeans_on_the_pixels_is_told_so():
    assert compared_with_kmeans(0.577, 0.681) == "The network is behind k-means on the pixels, which reaches 68.1 %."
    assert compared_with_kmeans(0.678, 0.681) == compared_with_kmeans(0.9, 0.681) == ""


@pytest.mark.parametrize("acc, word", [(0.99, "ahead"), (0.984, "level"), (0.97, "behind")])
def test_a_network_is_told_how_it_stands_to_none(acc, word):
    words = compared_with_mixture(acc, 0.98)
    assert "98.0 %" in words and f"the network is {word}" in words
    assert ("new images" in words) == (word != "ahead")


@pytest.mark.parametrize("excess, n_starts, kept", [((0,), 1, 0), ((3, 1), 2, 1), ((1, 3), 2, 0), ((3, 0), 2, 1)])
def test_a_mixture_in_doubt_starts_once_more_and_the_better_one_is_kept(
    monkeypatch, small, digits, excess, n_starts, kept
):
    seeds, judgements = [], iter(excess)

    def mix(z, n_clusters, n_init, random_state, tell):
        seeds.append(random_state)
        return np.eye(10)[np.full(1797, len(seeds) - 1)]

    monkeypatch.setattr("dec_core.training.mixture.lay_out", lambda *_: np.zeros((1797, 10)))
    monkeypatch.setattr("dec_core.training.mixture.mix", mix)
    monkeypatch.setattr(
        "dec_core.training.mixture.merge_split_check", lambda *_: replace(CALM, border=0.12 + 0.1 * next(judgements))
    )
    mixture = Mixture(small.changed(method="umap_gmm", random_state=5), digits.x, (8, 8))
    assert mixture.wait(60) and mixture.n_starts == n_starts
    assert mixture.result().responsibilities[0].argmax() == kept
    assert seeds[0] == 5 and len(set(seeds)) == n_starts
