"""What is drawn to measure `how_many`, what other rules say of plain blobs, and how answers are summed up."""

import numpy as np
import pytest
from scipy import sparse
from sklearn.datasets import make_blobs

from benchmarks import how_many
from benchmarks.how_many import STRANGER, _of_strangers, cases
from benchmarks.how_many_page import OURS, UNEQUAL, markdown, summaries
from benchmarks.how_many_rules import RULES
from dec_core.analysis.strange_groups import StrangeGroup
from dec_core.data import Dataset

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def drawn():
    return cases(None)


@pytest.mark.parametrize(("case", "n_classes"), [("mnist", 10), ("mnist, 5 classes", 5), ("mnist, 7 classes", 7)])
def test_a_subset_has_its_classes_and_another_one_has_others(drawn, case, n_classes):
    first, second = drawn[case](0), drawn[case](1)
    assert len(first.images) == 10_000 and len(np.unique(first.y)) == len(np.unique(second.y)) == n_classes
    assert not np.array_equal(first.y, second.y)
    assert np.array_equal(first.images, drawn[case](0).images)


def test_unequal_classes_are_five_to_one_and_strangers_one_in_twenty(drawn):
    counts = np.bincount(drawn["mnist, 5 : 1"](0).y)
    assert 3.5 < counts.max() / counts.min() < 7
    mixed = drawn["mnist and 5 % noise"](0)
    assert (mixed.y == STRANGER).sum() == 500 and len(np.unique(mixed.y)) == 11


@pytest.mark.parametrize("rule", RULES)
def test_every_rule_counts_four_blobs_that_are_far_apart(rule):
    """Two hundred samples each; in the graph all of a blob are tied, and one of each to one of the next."""
    corners = 10 * np.array([[0, 0, 0], [1, 0, 0], [0, 1, 0], [0, 0, 1]])
    z, y = make_blobs([200] * 4, centers=corners, cluster_std=0.6, random_state=0)
    ties = (y[:, None] == y).astype(float)
    heads = [int(np.flatnonzero(y == blob)[0]) for blob in range(4)]
    ties[heads, heads[1:] + heads[:1]] = ties[heads[1:] + heads[:1], heads] = 1
    np.fill_diagonal(ties, 0)
    assert RULES[rule](z.astype(np.float32), sparse.csr_matrix(ties)) == 4


def test_a_rule_that_trains_is_asked_once_where_the_others_were_and_skipped_aloud(monkeypatch, capsys):
    one = Dataset("a", np.zeros((4, 2, 2), np.uint8), np.array([0, 1, 1, 2]))
    rows = [{"case": case, "subset": 0, "rule": "eigengap of the images' graph"} for case in "abc"]
    rows.append({"case": "a", "subset": 0, "rule": "DipDECK"})  # known
    drawn = {"a": lambda subset: one, "b": lambda subset: one}  # c's images are not at hand
    monkeypatch.setitem(how_many.TRAINED, "DipDECK", lambda x: 7)
    expected = {"case": "b", "subset": 0, "right": 3, "seed": 0, "rule": "DipDECK", "n_clusters": 7}
    assert list(how_many._by_trained_rules(rows, drawn)) == [expected]

    def missing(x):
        raise ImportError("No module named 'clustpy'")

    monkeypatch.setitem(how_many.TRAINED, "DipDECK", missing)
    assert list(how_many._by_trained_rules(rows, drawn)) == []
    assert "DipDECK is skipped: No module named 'clustpy'" in capsys.readouterr().err


def test_strangers_are_counted_among_those_that_are_told():
    y = np.array([0, 0, 1, STRANGER, STRANGER, STRANGER, STRANGER])
    told = (StrangeGroup(True, 1.7, np.array([2, 3])), StrangeGroup(False, 1.5, np.array([4, 5])))
    assert _of_strangers(told, y) == {"precision": 0.75, "recall": 0.75}
    assert _of_strangers((), y) == {"precision": 0, "recall": 0}
    assert _of_strangers(told, np.zeros(7, int)) == {}


def test_answers_are_summed_up_by_case():
    rows = [
        {"case": "a", "subset": subset, "right": 10, "rule": OURS, "n_clusters": n}
        for subset, n in enumerate([10, 10, 11, 8])
    ]
    others = [{"case": "a", "subset": 0, "right": 10, "rule": "eigengap", "n_clusters": 2}]
    [summary] = summaries([*rows, *others])
    assert summary["decisions"] == 4 and summary["right"] == 2 and summary["within_one"] == 3
    assert summary["numbers"] == {"8": 1, "10": 2, "11": 1}


def test_the_page_says_what_unequal_digits_were_before_more_were_added():
    row = {"case": UNEQUAL, "seed": 0, "right": 10, "rule": OURS, "score": 0.5, "n_strange": 0}
    rows = [row | {"subset": subset, "n_clusters": 11 if subset in (1, 6, 9) else 10} for subset in range(12)]
    first, all_of_them = (markdown({"rows": rows[:n]}) for n in (8, 12))
    assert f"| {UNEQUAL} | 10 | 8 | 8 | 6 | 8 |" in first and "at first" not in first
    assert f"| {UNEQUAL} | 10 | 12 | 12 | 9 | 12 |" in all_of_them
    assert "on 8 subsets at first: 6 of 8 right." in all_of_them and "of these alone 3 of 4 are right." in all_of_them
