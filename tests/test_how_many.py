"""How many groups there are: the density tree, the separation of borders, and the number that follows."""

import tracemalloc
from dataclasses import replace

import numpy as np
import pytest
from scipy import sparse
from sklearn.cluster import HDBSCAN
from sklearn.datasets import make_blobs

from dec_core.analysis.density_tree import density_tree
from dec_core.analysis.how_many import (
    Candidate,
    Change,
    HowMany,
    _check_different,
    changes,
    count_groups,
    how_many,
    smallest_sizes,
)
from dec_core.analysis.merge_split_check import graph_of
from dec_core.analysis.projection import neighbours
from dec_core.analysis.strange_groups import StrangeGroup
from dec_core.figures.how_many import how_many_figure


def blobs(sizes, spread=0.4, seed=0):
    """Gaussian blobs in three dimensions, on the axes, 8 from the middle; and which is which."""
    corners = 8 * np.vstack([np.eye(3), -np.eye(3)])[: len(sizes)]
    return make_blobs(sizes, centers=corners, cluster_std=spread, random_state=seed)


def counted(z):
    return count_groups(z, graph_of(neighbours(z, 16)[0]))


def test_a_tree_of_six_samples_in_numbers():
    """Two threes on a line, 1 apart within, 4 between; the fifth sample's distance makes all of them core distances."""
    z = np.array([[0.0], [1.0], [2.0], [6.0], [7.0], [8.0]])
    tree = density_tree(z)  # cores: 7, 6, 5, 5, 6, 7
    assert sorted(1 / tree.density) == [5, 6, 6, 7, 7] and tree.size[-1] == 6
    assert list(tree.density) == sorted(tree.density, reverse=True)
    below = tree.order[tree.first[-1] : tree.first[-1] + 6]
    assert sorted(below.tolist()) == [0, 1, 2, 3, 4, 5]
    assert set(tree.groups(2)) == {0}  # no two islands of two


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("least", [5, 20, 60])
def test_groups_are_those_of_hdbscan(seed, least):
    z, _ = make_blobs(400, centers=5, n_features=4, cluster_std=1.2, random_state=seed)
    theirs = HDBSCAN(min_cluster_size=least, min_samples=5, copy=True).fit(z).labels_
    ours = density_tree(z).groups(least)
    assert np.array_equal(ours >= 0, theirs >= 0)
    pairs = set(zip(ours.tolist(), theirs.tolist(), strict=True))
    assert len(pairs) == len(set(ours)) == len(set(theirs))


def test_the_largest_group_comes_first_and_samples_at_one_place_do_no_harm():
    z, y = blobs([60, 150, 90])
    z[y == 0] = z[y == 0][0]
    labels = density_tree(z).groups(20)
    assert np.bincount(labels[labels >= 0]).tolist() == sorted(np.bincount(labels[labels >= 0]), reverse=True)
    assert labels[y == 1].max() == labels[y == 1].min() == 0 and len(set(labels[y == 0])) == 1


@pytest.mark.parametrize("sizes", [[300, 300], [200, 200, 200], [150] * 6, [400, 200, 100, 80]])
def test_blobs_are_counted(sizes):
    z, y = blobs(sizes)
    found = counted(z)
    assert found.n_clusters == len(sizes)
    assert found.best.separation > 0.9
    assert len(set(zip(found.best.labels.tolist(), y.tolist(), strict=True))) == len(sizes)
    assert sum(candidate.score for candidate in found.candidates) == pytest.approx(1)
    assert sum(candidate.share for candidate in found.candidates) == pytest.approx(1)


def test_the_order_of_samples_says_nothing():
    z, _ = blobs([300, 200, 100])
    order = np.random.default_rng(0).permutation(len(z))
    straight, shuffled = counted(z), counted(z[order])
    assert shuffled.n_clusters == straight.n_clusters == 3
    assert shuffled.best.score == pytest.approx(straight.best.score)


def test_where_nothing_is_apart_there_is_one_group_or_a_poor_separation():
    z = np.random.default_rng(0).normal(size=(800, 3))
    best = counted(z).best
    assert best.n_clusters == 1 or best.separation < 0.6


def test_a_border_as_long_as_a_cut_through_a_group_halves_the_separation():
    """Three cliques of 30: A and B share as many edges as two halves of either would in a graph of the same ties."""
    clique = np.ones((60, 60)) - np.eye(60)
    ties = sparse.csr_matrix(np.block([[clique, np.zeros((60, 60))], [np.zeros((60, 60)), clique]]))
    z = np.concatenate([np.full((30, 2), corner, float) for corner in ([0, 0], [0, 5], [50, 0], [50, 5])])
    z += np.random.default_rng(0).normal(scale=0.1, size=z.shape)
    found = count_groups(z, ties)
    by_number = {candidate.n_clusters: candidate for candidate in found.candidates}
    assert by_number[4].separation == pytest.approx(1 / 2, abs=0.1)  # halves of a clique: as many ties as any cut has


def test_sizes_run_from_one_in_a_hundred_to_one_in_ten_at_even_steps_of_their_logarithm():
    sizes = smallest_sizes(10_000)
    assert sizes[0] == 100 and sizes[-1] == 1000 and len(sizes) == 24
    assert np.allclose(np.diff(np.log(sizes)), np.log(10) / 23, atol=0.01)
    assert smallest_sizes(50).tolist() == [20] and smallest_sizes(300).min() == 20


def test_what_merges_and_what_is_too_small():
    coarse, fine = np.array([0, 0, 0, 1, 1, -1, -1]), np.array([0, 0, 1, 2, 2, 3, 3])
    assert changes(coarse, fine) == [Change((3,), -1, (2,)), Change((0, 1), 0, (2, 1))]
    told = [change.in_words() for change in changes(coarse, fine)]
    assert told == ["a group of 2 images is too small", "groups of 2 and 1 images become one"]
    assert changes(fine, fine) == []


def test_of_equal_scores_the_smaller_number_counts_and_one_group_is_not_trained():
    labels = np.zeros(4, int)
    both = [Candidate(k, 0.5, 0.5, 0.5, (10, 20), labels) for k in (1, 3)]
    found = HowMany(tuple(both), 4)
    assert found.n_clusters == 1
    with pytest.raises(ValueError, match="n_clusters: received auto, but the 4 images look like one group"):
        found.at_least_two()
    assert HowMany(tuple(both[1:]), 4).at_least_two() == 3


def test_the_figure_has_a_row_for_each_number_and_every_image_of_a_group_once():
    found = counted(blobs([300, 200, 100, 60])[0])
    figure = how_many_figure(found)
    scores, *rows = figure.data
    assert list(scores.x) == [candidate.score for candidate in found.candidates]
    assert [row.y[0] for row in rows] == [str(candidate.n_clusters) for candidate in found.candidates]
    for row, candidate in zip(rows, found.candidates, strict=True):
        assert sum(row.x) == (candidate.labels >= 0).sum()
        assert len(row.x) == candidate.n_clusters  # the same order serves all rows
    chosen = [found.best is candidate for candidate in found.candidates]
    assert [colour != "#7f858b" for colour in scores.marker.color] == chosen


def test_the_figure_brings_images_of_strange_groups():
    found = replace(counted(blobs([300, 200, 100])[0]), strange=(StrangeGroup(True, 1.7, np.arange(99, 0, -1)),))
    images = np.arange(600, dtype=np.uint8)[:, None, None] * np.ones((1, 2, 2), np.uint8)
    [told] = how_many_figure(found, images).layout.meta["strange"]
    assert told["finding"] == found.strange[0].in_words()
    assert np.array(told["images"])[:, 0, 0].tolist() == list(range(99, 89, -1))
    assert how_many_figure(found).layout.meta["strange"] == [{"finding": told["finding"]}]


@pytest.mark.slow
def test_shuffled_digits_among_digits_are_told_by_their_rows(digits):
    x, rng = digits.x.copy(), np.random.default_rng(0)
    shuffled = np.sort(rng.choice(len(x), 90, replace=False))
    x[shuffled] = rng.permuted(x[shuffled], axis=1)
    n_told = 0
    for seed in range(3):  # a layout in sixty does not tell them: which one, depends on how a processor rounds
        told = np.concatenate([[], *(group.images for group in how_many(x, (8, 8), random_state=seed).strange)])
        n_told += len(told) and np.isin(told, shuffled).mean() > 0.9 and np.isin(shuffled, told).mean() > 0.9
    assert n_told >= 2


def test_too_few_images_are_refused(digits):
    with pytest.raises(ValueError, match=r"received auto and 49 images, expected 50 or more; give a number"):
        how_many(digits.x[:49], (8, 8))


@pytest.mark.parametrize(
    ("n_different", "told"), [(1, "200 images that are all alike"), (5, "200 images of which only 5 are different")]
)
def test_copies_of_few_images_are_refused(digits, n_different, told):
    with pytest.raises(ValueError, match=f"received auto and {told}, expected 50 or more different ones"):
        how_many(np.resize(digits.x[:n_different], (200, 64)), (8, 8))


def test_to_look_for_copies_copies_few_images():
    x = np.random.default_rng(0).integers(0, 256, (2000, 4000)).astype(np.uint8)
    tracemalloc.start()
    _check_different(x)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < x.nbytes / 10


def test_groups_that_fall_apart_have_no_score_and_are_refused():
    z, _ = blobs([100, 100])
    pairs = sparse.block_diag([np.array([[0, 1], [1, 0]])] * 100, format="csr")
    with pytest.raises(
        ValueError, match=r"n_clusters: received auto, but all groups fall apart.*; leave the copies out"
    ):
        count_groups(z, pairs)


@pytest.mark.slow
def test_the_digits_are_about_ten_and_the_same_seed_says_the_same(digits):
    statuses = []
    found = how_many(digits.x, (8, 8), random_state=1, tell=statuses.append)
    assert abs(found.n_clusters - 10) <= 1 and found.n_seen == len(digits.x)
    assert statuses == ["images are compared", "UMAP lays the images out", "groups are counted"]
    again = how_many(digits.x, (8, 8), random_state=1)
    assert again.to_dict() == found.to_dict()
    assert np.array_equal(again.best.labels, found.best.labels)
