import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import sparse
from scipy.spatial.distance import cdist

from dec_core.analysis.assignment import soft_assignment, target_distribution
from dec_core.analysis.baseline import kmeans_on_pixels
from dec_core.analysis.in_words import centers_in_words, matrix_in_words, sizes_in_words
from dec_core.analysis.label_free import confidence, modularity, silhouette
from dec_core.analysis.metrics import (
    cluster_sizes,
    confusion,
    fraction_changed,
    least_whole,
    score,
)
from dec_core.analysis.naming import cluster_order, colour_by_place
from dec_core.analysis.projection import pca_plane
from dec_core.analysis.verdict import hardly_learned, most_mixed, verdict, verdict_without_labels


def test_t_kernel_by_hand():
    # squared distances 1 and 4: 1/(1+1) = .5 and 1/(1+4) = .2, so q = .5/.7 and .2/.7
    q = soft_assignment(np.array([[0.0, 0.0]]), np.array([[1.0, 0.0], [0.0, 2.0]]), alpha=1.0)
    assert q == pytest.approx(np.array([[5 / 7, 2 / 7]]))


def test_t_kernel_with_three_degrees_of_freedom_by_hand():
    # (1 + 3/3)^-2 = 1/4 and (1 + 0)^-2 = 1
    q = soft_assignment(np.array([[0.0]]), np.array([[3**0.5], [0.0]]), alpha=3.0)
    assert q == pytest.approx(np.array([[1 / 5, 4 / 5]]))


def test_far_from_all_centers_q_still_tells_which_is_nearer():
    # (1 + 1e10/100) and (1 + 4e10/100) to the power of -50.5 are both 0 in 64 bits; their ratio is about 4^-50.5
    q = soft_assignment(np.array([[0.0]]), np.array([[1e5], [2e5]]), alpha=100.0)
    assert q[0] == pytest.approx([1.0, 4.0**-50.5], rel=1e-5) and np.isfinite(target_distribution(q)).all()
    q = soft_assignment(np.array([[0.0]]), np.array([[1e8], [-1e8], [1e8]]), alpha=100.0)
    assert q[0] == pytest.approx([1 / 3, 1 / 3, 1 / 3])


@given(st.floats(0.1, 100), st.floats(1e-4, 1e4), st.integers(2, 200), st.integers(0, 99))
def test_q_and_p_are_finite_for_every_alpha_that_is_allowed_and_every_scale(alpha, scale, n_clusters, seed):
    rng = np.random.default_rng(seed)
    q = soft_assignment(scale * rng.normal(size=(20, 3)), scale * rng.normal(size=(n_clusters, 3)), alpha)
    for rows in (q, target_distribution(q)):
        assert np.isfinite(rows).all() and rows.sum(axis=1) == pytest.approx(1)


@pytest.mark.parametrize("alpha", [0.1, 1.0, 100.0])
def test_at_a_scale_of_ten_thousand_q_depends_on_ratios_of_distances_alone(alpha):
    # far from all centers (1 + d^2/alpha)^-(alpha+1)/2 is about d^-(alpha+1): at d and 2 d, 1 to 2^-(alpha+1)
    q = soft_assignment(np.array([[0.0]]), np.array([[1e4], [-2e4]]), alpha)
    far = 2.0 ** -(alpha + 1)
    assert q[0] == pytest.approx([1 / (1 + far), far / (1 + far)], rel=1e-4)


def test_q_of_one_degree_of_freedom_is_the_papers_to_the_last_bit():
    rng = np.random.default_rng(0)
    z, centers = 3 * rng.normal(size=(500, 5)), 3 * rng.normal(size=(10, 5))
    squared = cdist(z, centers, "sqeuclidean")
    weight = (1.0 + squared / 1.0) ** (-(1.0 + 1.0) / 2.0)
    assert (soft_assignment(z, centers) == weight / weight.sum(axis=1, keepdims=True)).all()


def test_target_distribution_by_hand():
    # sizes f = (1.5, .5); q^2/f = (.6667, 0), (.1667, .5); rows made to sum to one
    p = target_distribution(np.array([[1.0, 0.0], [0.5, 0.5]]))
    assert p == pytest.approx(np.array([[1.0, 0.0], [0.25, 0.75]]))


def test_target_distribution_of_an_empty_cluster_is_zero_not_nan():
    p = target_distribution(np.array([[1.0, 0.0], [1.0, 0.0]]))
    assert p == pytest.approx(np.array([[1.0, 0.0], [1.0, 0.0]]))


@given(st.integers(1, 30), st.integers(2, 6), st.integers(0, 1000))
def test_q_and_p_are_distributions_and_p_is_the_papers(n, k, seed):
    rng = np.random.default_rng(seed)
    q = soft_assignment(rng.normal(size=(n, 3)), rng.normal(size=(k, 3)))
    p = target_distribution(q)
    assert q.sum(axis=1) == pytest.approx(1) and p.sum(axis=1) == pytest.approx(1)
    by_loop = [[q[i, j] ** 2 / q[:, j].sum() for j in range(k)] for i in range(n)]
    assert p == pytest.approx(np.array([np.array(row) / sum(row) for row in by_loop]))


def test_accuracy_matches_clusters_to_classes_by_hand():
    # best one-to-one: cluster 2 -> 0 (2 right), cluster 0 -> 1 (2 right), cluster 1 -> 2 (1 right): 5 of 6
    y, labels = np.array([0, 0, 1, 1, 2, 2]), np.array([2, 2, 0, 0, 1, 0])
    assert score(y, labels, 3).acc == pytest.approx(5 / 6)


def test_greedy_matching_would_be_worse_than_the_hungarian():
    # counts: class 0 has (3, 2), class 1 has (2, 0). Greedy takes 3 + 0, the best is 2 + 2
    y, labels = np.array([0] * 5 + [1] * 2), np.array([0, 0, 0, 1, 1, 0, 0])
    assert score(y, labels, 2).acc == pytest.approx(4 / 7)


def test_perfect_and_useless_clusterings():
    y = np.array([0, 1, 2] * 4)
    perfect = score(y, (y + 1) % 3, 3)
    assert (perfect.acc, perfect.nmi, perfect.ari) == (1.0, pytest.approx(1.0), pytest.approx(1.0))
    useless = score(y, np.zeros(12, dtype=int), 3)
    assert (useless.acc, useless.nmi, useless.ari) == (pytest.approx(1 / 3), 0.0, 0.0)


def test_more_clusters_than_classes_count_as_wrong():
    y, labels = np.array([0, 0, 0, 1, 1]), np.array([0, 0, 2, 1, 1])
    assert score(y, labels, 4).acc == pytest.approx(4 / 5)
    found = confusion(y, labels, 4)
    assert found.n_matched == 2 and found.counts.shape == (2, 4)
    assert list(found.class_of) == [0, 1, -1, -1]
    assert "1 of 4 clusters is empty" in verdict(found, tuple("0123456789"))


def test_fewer_clusters_than_classes():
    y, labels = np.array([0, 1, 1, 2]), np.array([0, 1, 1, 1])
    assert score(y, labels, 2).acc == pytest.approx(3 / 4)
    found = confusion(y, labels, 2)
    assert list(found.classes) == [0, 1, 2] and found.right.sum() == 2


@given(st.integers(1, 60), st.integers(1, 5), st.integers(1, 7), st.integers(0, 1000))
def test_matched_order_keeps_counts_and_puts_right_ones_on_the_diagonal(n, n_classes, k, seed):
    rng = np.random.default_rng(seed)
    y, labels = rng.integers(n_classes, size=n), rng.integers(k, size=n)
    found = confusion(y, labels, k)
    assert found.counts.sum() == n
    assert sorted(found.clusters) == list(range(k))
    assert found.counts[found.right].sum() / n == pytest.approx(score(y, labels, k).acc)
    for j, cluster in enumerate(found.clusters):
        assert found.counts[:, j].sum() == (labels == cluster).sum()


@pytest.mark.parametrize(
    ("y", "labels", "said"), [([0], [0, 1], "equal lengths"), ([], [], "at least one"), ([0, 1], [0, 9], "0..1")]
)
def test_bad_labels_are_refused(y, labels, said):
    with pytest.raises(ValueError, match=said):
        score(np.array(y, dtype=int), np.array(labels, dtype=int), 2)


def test_what_needs_no_labels():
    assert list(cluster_sizes(np.array([0, 2, 2]), 4)) == [1, 0, 2, 0]
    assert fraction_changed([0, 1, 2, 3], [0, 1, 3, 2]) == 0.5
    assert verdict_without_labels(np.array([3, 0, 7])).startswith("10 images are in 2 clusters of 3 to 7")


def test_an_autoencoder_that_does_little_better_than_the_mean_image_has_hardly_learned():
    assert "its reconstruction error is 76 % of what the mean image alone reaches" in hardly_learned(0.0302, 0.0398)
    assert hardly_learned(0.027, 0.052) == ""


def test_the_verdict_names_what_is_mixed_most():
    y = np.array([4] * 10 + [9] * 10 + [1] * 5)
    labels = np.array([0] * 7 + [1] * 3 + [1] * 8 + [0] * 2 + [2] * 5)
    found = confusion(y, labels, 3)
    assert most_mixed(found) == (4, 9, 5, 4, 1, 3)  # of which three are 4s in the cluster of the 9s
    assert (
        verdict(found, tuple("0123456789")) == "20 of 25 digits are clustered correctly; "
        "4 and 9 are confused most (5 digits, both ways)."
    )
    assert most_mixed(confusion(np.array([0, 1]), np.array([1, 0]), 2)) is None


def test_the_pair_mixed_up_most_is_counted_both_ways_and_seen_where_it_is_larger():
    y, labels = np.repeat([0, 1, 2], 10), np.repeat([0, 1, 2], 10)
    labels[:4] = 1  # four 0s among the 1s
    labels[10:13] = 2  # three 1s among the 2s,
    labels[20:23] = 1  # and three 2s among the 1s
    found = confusion(y, labels, 3)
    assert most_mixed(found)[:3] == (1, 2, 6) and most_mixed(found).n_wrong == 3
    words = matrix_in_words(found, ("a", "b", "c"), "image")
    assert words == (
        "2 of 3 clusters hold mostly the class matched to them; b and c are confused most (6 images, both ways)."
    )


def test_a_cluster_has_the_color_of_the_class_it_is_matched_to_in_the_end():
    y = np.repeat([0, 1, 2], 10)
    born, grown = np.repeat([2, 0, 1], 10), np.repeat([2, 1, 0], 10)  # two clusters change places
    order = cluster_order(confusion(y, born, 4), 4)
    assert order.tolist() == [1, 2, 0, 3]  # the fourth has no class
    assert colour_by_place(confusion(y, born, 4), order).tolist() == [0, 1, 2, 3]
    numbers = colour_by_place(confusion(y, grown, 4), order)
    assert numbers[order[2]] == 0 and numbers[order[1]] == 1 and numbers[order[0]] == 2 and numbers[order[3]] == 3
    assert colour_by_place(None, np.arange(4)).tolist() == [0, 1, 2, 3]


def test_what_figures_show_is_said_in_a_sentence():
    assert sizes_in_words([5, 1200, 80], "BCA") == (
        "3 clusters of 5 to 1\u2009200 images; C is the largest, B the smallest."
    )
    matched = centers_in_words(np.array([9, -1, 3]), ["B", "A", "C"], tuple("0123456789"))
    assert matched == "Cluster centers, matched to classes: B to 9, C to 3."
    assert centers_in_words(None, ["B", "A", "C"], ()) == "Centers of clusters A to C."


def test_principal_components_do_not_flip_between_frames():
    rng = np.random.default_rng(0)
    z = rng.normal(size=(300, 5)) * [5, 3, 1, 1, 1]
    first = pca_plane(z)
    assert first.std(axis=0)[0] > first.std(axis=0)[1] > 2
    mirrored = z * [-1, 1, 1, 1, 1] @ np.eye(5)[:, [1, 0, 2, 3, 4]]  # the same cloud with axes swapped and one flipped
    assert pca_plane(mirrored, first) == pytest.approx(first, abs=1e-3)


def test_one_number_per_image_still_has_a_plane():
    assert pca_plane(np.arange(5.0)[:, None]).shape == (5, 2)


def test_the_least_whole_class_or_cluster():
    y = np.array([0, 0, 0, 1, 1, 2])
    assert least_whole(confusion(y, np.array([1, 1, 2, 0, 0, 2]), 3)) == 1 / 2  # of cluster 2 half is of class 0
    assert least_whole(confusion(y, np.array([1, 1, 0, 0, 0, 2]), 3)) == pytest.approx(2 / 3)  # of class 0
    assert least_whole(confusion(y, y, 3)) == 1 and least_whole(confusion(y, y, 4)) == 0


def test_kmeans_on_pixels_never_gets_looser(digits):
    pixels = digits.x.astype(float) / 255

    def inertia(labels):
        return sum(((pixels[labels == c] - pixels[labels == c].mean(axis=0)) ** 2).sum() for c in np.unique(labels))

    tightest = [inertia(labels) for labels in kmeans_on_pixels(digits.x, 10, 4, 0)]
    assert len(tightest) == 4 and tightest == sorted(tightest, reverse=True)


def test_silhouette_and_confidence_of_worked_numbers():
    z, labels = np.array([[0.0], [1.0], [10.0], [11.0]]), np.array([0, 0, 1, 1])
    # to one's own 1, to the others 10.5 and 9.5 on average: (10.5 - 1) / 10.5 and (9.5 - 1) / 9.5
    assert silhouette(z, labels) == pytest.approx((9.5 / 10.5 + 8.5 / 9.5) / 2)
    assert silhouette(z, np.zeros(4, int)) == 0  # one cluster
    assert confidence(np.array([[0.75, 0.25], [0.5, 0.5]])) == 0.625


def test_silhouette_of_a_sample_is_close_to_that_of_all():
    rng = np.random.default_rng(0)
    z = np.concatenate([rng.normal(size=(1500, 3)), rng.normal(5, 1, size=(1500, 3))])
    labels = np.repeat([0, 1], 1500)
    assert silhouette(z, labels, n_sample=1000) == pytest.approx(silhouette(z, labels, n_sample=3000), abs=0.02)


def test_one_plane_for_all_moments_keeps_what_does_not_move_in_its_place():
    from dec_core.analysis.inspection import steadiness
    from dec_core.analysis.projection import pca_plane, shared_pca_axes

    rng = np.random.default_rng(0)
    z = rng.normal(size=(600, 5)) * [4, 3, 2, 1, 1]
    moments = [z.copy()]
    for _ in range(4):  # a fifth wanders off, ever further; the rest stays
        moments.append(moments[-1].copy())
        moments[-1][:120] += rng.normal(size=5) * 2
    middle, axes = shared_pca_axes(moments)
    assert middle.shape == (5,) and axes.shape == (5, 2) and np.allclose(axes.T @ axes, np.eye(2), atol=1e-5)
    planes = [(moment - middle) @ axes for moment in moments]
    assert np.abs(planes[0][120:] - planes[4][120:]).max() < 1e-4
    turned = [pca_plane(moments[0])]
    for moment in moments[1:]:
        turned.append(pca_plane(moment, turned[-1]))
    assert steadiness(planes, moments) < 1e-5 < 0.02 < steadiness(turned, moments)


def test_axes_lay_more_points_into_the_plane_that_some_have_made():
    from dec_core.analysis.projection import pca_axes, pca_plane

    z = np.random.default_rng(1).normal(size=(200, 4)) * [3, 2, 1, 1]
    before = pca_plane(z[:100]) @ np.array([[0.0, 1.0], [-1.0, 0.0]])
    plane, axes = pca_plane(z[:100], before), pca_axes(z[:100], before)
    assert np.allclose((z[:100] - z[:100].mean(axis=0)) @ axes, plane, atol=1e-4)
    assert pca_axes(z[:, :1]).shape == (1, 2)


def test_the_extent_leaves_out_a_few_and_stretches_the_shorter_side():
    from dec_core.analysis.projection import MOST_STRETCH, extent

    x = np.linspace(-1, 1, 2001)
    plane = np.column_stack([10 * x + 5, 0.1 * x])
    plane[0] = [1e6, 1e6]
    middle, reach = extent(plane)
    assert np.allclose(middle, [5, 0], atol=0.1) and reach[0] == pytest.approx(9.9, abs=0.1)
    assert reach[1] == pytest.approx(reach[0] / MOST_STRETCH)
    assert [part.tolist() for part in extent(plane[:0])] == [[0, 0], [1, 1]]
    assert (extent(np.zeros((3, 2)))[1] > 0).all()


def test_modularity_by_hand():
    # two triangles and an edge between them: 7 edges; in each half 6 of 14 ends stay inside, and 7 of 14 lie there
    edges = [(0, 1), (1, 2), (0, 2), (3, 4), (4, 5), (3, 5), (2, 3)]
    rows, columns = zip(*edges, strict=True)
    half = sparse.coo_matrix((np.ones(7), (rows, columns)), shape=(6, 6))
    graph = (half + half.T).tocsr()
    halves = np.array([0, 0, 0, 1, 1, 1])
    assert modularity(graph, halves, 2) == pytest.approx(2 * (6 / 14 - (7 / 14) ** 2))
    assert modularity(graph, halves + 1, 4) == pytest.approx(
        modularity(graph, halves, 2)
    )  # empty clusters count nothing
    assert modularity(graph, np.zeros(6, int), 3) == pytest.approx(0)
    assert modularity(graph, np.array([0, 1, 0, 1, 0, 1]), 2) < 0
    assert modularity(sparse.csr_matrix((6, 6)), halves, 2) == 0
