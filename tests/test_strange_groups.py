"""Groups that are unlike all the others: their gaps by hand, and which of them are told."""

import numpy as np
import pytest

from dec_core.analysis.strange_groups import StrangeGroup, distances_to_others, gaps, strange_groups

LINE = np.array([0, 1, 3, 4, 6, 7, 20, 22], float)[:, None]
LABELS = np.array([0, 0, 1, 1, 2, 2, 3, 3])


def test_distances_and_gaps_of_four_pairs_on_a_line_in_numbers():
    distances = distances_to_others(LINE, LABELS)
    assert distances.tolist() == [3, 2, 2, 2, 2, 3, 13, 15]
    assert gaps(distances, LABELS) == {0: 1, 1: 0.8, 2: 1, 3: 5.6}  # medians 2.5, 2, 2.5 and 14, of 2.5


def test_the_far_pair_is_told_and_its_farthest_comes_first():
    [told] = strange_groups(LINE, LABELS)
    assert told.is_group and told.gap == 5.6 and told.images.tolist() == [7, 6]
    assert told.in_words() == (
        "A group of 2 images is unlike all the others (5.6 times as far from them as groups are apart): it may be none "
        "of what you want to group."
    )


def test_those_in_no_group_count_as_one_that_says_nothing_of_what_is_usual():
    """Of the line's four pairs the last is in no group: the usual distance is that of the three others."""
    labels = np.where(LABELS == 3, -1, LABELS)
    assert gaps(distances_to_others(LINE, labels), labels) == {0: 1, 1: 0.8, 2: 1, -1: 5.6}
    assert strange_groups(LINE, labels) == ()  # too few to be told of
    line = np.concatenate([LINE[:6], 20 + np.arange(20.0)[:, None]])
    [told] = strange_groups(line, np.array([0, 0, 1, 1, 2, 2] + 20 * [-1]))
    assert not told.is_group and told.images.tolist() == list(range(25, 5, -1))
    assert told.in_words().startswith("20 images in no group are unlike all the others (9.0 times as far from them")


def test_of_two_groups_neither_is_strange_and_of_none_there_is_none():
    assert strange_groups(LINE, np.array([0] * 6 + [1] * 2)) == ()
    lopsided = np.array([0, 1, 2, 19, 20, 21], float)[:, None]  # the median of 20, 19, 18 and 1 beside 1 and 2
    for second in (1, 5):
        assert strange_groups(lopsided, np.array(4 * [0] + 2 * [second])) == ()
    assert strange_groups(LINE, np.full(8, -1)) == ()
    assert np.isnan(distances_to_others(LINE, np.zeros(8, int))).all()


@pytest.mark.parametrize("scale", [1e-3, 1, 1e5])
def test_a_gap_has_no_unit(scale):
    assert strange_groups(scale * LINE, LABELS)[0].gap == pytest.approx(5.6)


def test_images_at_one_place_are_not_strange():
    assert strange_groups(np.zeros((6, 2)), np.array([0, 0, 1, 1, 2, 2])) == ()


def test_the_farther_of_two_comes_first():
    line = np.array([0, 1, 3, 4, 6, 7, 9, 10, 30, 100], float)[:, None]
    told = strange_groups(line, np.array([0, 0, 1, 1, 2, 2, 3, 3, 4, 5]))
    assert [group.images.tolist() for group in told] == [[9], [8]] and isinstance(told[0], StrangeGroup)
