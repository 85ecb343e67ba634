"""Runs side by side: differing fields, scores over seeds, clusters and maps that belong together."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dec_core.analysis.matching import aligned_order, counterparts, procrustes_align
from dec_core.analysis.spread import Spread, difference
from dec_core.config import RunConfig
from dec_core.presets import PRESETS
from dec_core.reading.comparison import Setup, differing, missing_seeds, setup_of, setups
from dec_core.runs.folder import RunFolder
from dec_core.runs.index import RunIndex


def test_only_fields_that_differ_and_act_are_told():
    a = RunConfig.make()
    assert differing([a, a]) == []
    assert differing([a, a.changed(random_state=3)]) == []
    assert differing([a, a.changed(latent_dim=5, tol=0.01)]) == ["latent_dim", "tol"]
    assert differing([a, a.changed(gamma=0.5)]) == []  # both train DEC alone, which knows no gamma
    joint = a.changed(method="joint")
    assert differing([joint, joint.changed(gamma=0.5)]) == ["gamma"]
    assert differing([a, joint]) == ["method"]  # which says why one has no gamma
    assert differing([a.changed(latent_dim=3), joint, RunConfig.make(method="kmeans")]) == ["method", "latent_dim"]


@settings(max_examples=30)
@given(st.permutations(list(PRESETS.values())))
def test_the_order_of_runs_does_not_change_in_what_they_differ(configs):
    assert differing(configs[:4]) == differing(configs[:4][::-1])


@pytest.fixture
def make(tmp_path, small):
    """Make a run of this seed and accuracy."""

    def run(seed, acc, state="finished", owner="", **changes):
        folder = RunFolder.create(tmp_path, small.changed(random_state=seed, **changes), state, owner)
        folder.set_status(replace(folder.status, outcome={"acc": acc}, seconds={"pretraining": 2.0, "clustering": 1.0}))
        return folder.id

    return run


def entries(tmp_path, *run_ids):
    index = RunIndex(tmp_path)
    return [index.entry(run_id) for run_id in run_ids], index.entries()


def test_runs_that_differ_in_their_seed_alone_are_one_setup(tmp_path, make):
    first, second, other = make(0, 0.8), make(1, 0.9), make(0, 0.7, latent_dim=5)
    chosen, known = entries(tmp_path, second, other)
    groups = setups(chosen, known, together=True)
    assert [[e.id for e in setup.entries] for setup in groups] == [[second, first], [other]]
    acc = groups[0].spread("acc")
    assert (acc.mean, acc.low, acc.high, acc.n) == (pytest.approx(0.85), 0.8, 0.9, 2)
    assert groups[0].spread("seconds") == Spread((3.0, 3.0))
    assert groups[1].spread("nmi") is None
    assert [len(s.entries) for s in setups(chosen, known, together=False)] == [1, 1]


def test_two_chosen_seeds_of_one_setup_stand_together_once(tmp_path, make):
    chosen, known = entries(tmp_path, make(0, 0.8), make(1, 0.9))
    assert len(setups(chosen, known, together=True)) == 1
    assert len(setups(chosen, known, together=False)) == 2


def test_one_run_a_seed_counts_the_finished_one_before_others(tmp_path, make):
    chosen = make(0, 0.8)
    broken, good, again = make(1, 0.1, "stopped"), make(1, 0.9), make(0, 0.2)
    (entry,), known = entries(tmp_path, chosen)
    (setup,) = setups([entry], known, together=True)
    assert [e.id for e in setup.entries] == [chosen, good] and broken not in setup.entries and again
    assert setup.spread("acc").n == 2


def test_a_run_that_was_stopped_can_be_repeated_to_the_end(tmp_path, make):
    stopped = make(0, 0.1, "stopped")
    (entry,), known = entries(tmp_path, stopped)
    assert missing_seeds(setups([entry], known, together=True)[0], 2) == [0, 1]
    make(0, 0.8)
    make(1, 0.9)
    (entry,), known = entries(tmp_path, stopped)
    (setup,) = setups([entry], known, together=True)
    assert setup.first.id == stopped and missing_seeds(setup, 2) == []
    assert setup.spread("acc") == Spread((0.8, 0.9))


def test_chosen_runs_of_one_setup_are_one_whichever_is_newer(tmp_path, make):
    first, chosen = make(0, 0.5), make(1, 0.6)
    make(1, 0.7)  # newer, and of the same seed
    for order in ([first, chosen], [chosen, first]):
        picked, known = entries(tmp_path, *order)
        (setup,) = setups(picked, known, together=True)
        assert sorted(e.id for e in setup.entries) == sorted([first, chosen])


def test_a_run_that_trains_does_not_borrow_the_score_of_another_seed(tmp_path, make):
    training, ended = make(0, 0.3, "running"), make(1, 0.9)
    chosen, known = entries(tmp_path, training)
    (setup,) = setups(chosen, known, together=True)
    assert [e.id for e in setup.entries] == [training, ended] and setup.spread("acc") == Spread((0.3,))


def test_a_run_under_way_counts_only_where_none_has_ended(tmp_path, make):
    running, ended = make(0, 0.3, "stopped"), make(1, 0.9)
    (entry,), known = entries(tmp_path, running)
    (setup,) = setups([entry], known, together=True)
    assert [e.id for e in setup.counted] == [ended]
    assert Setup((entry,)).spread("acc") == Spread((0.3,))


def test_missing_seeds_are_the_smallest_that_are_not_there(tmp_path, make):
    chosen, known = entries(tmp_path, make(1, 0.8))
    (setup,) = setups(chosen, known, together=True)
    assert missing_seeds(setup, 3) == [0, 2]
    make(2, 0.1, "failed")
    (again,) = setups(chosen, entries(tmp_path)[1], together=True)
    assert missing_seeds(again, 3) == [0, 2]  # a seed that failed is trained again
    assert missing_seeds(setup, 1) == []


def test_a_difference_within_the_spread_is_none():
    few, many = Spread((0.90,)), Spread((0.93, 0.94, 0.95, 0.96, 0.97))
    assert difference(many, few).caveat.startswith("one seed against several") and not difference(many, few).certain
    assert difference(few, few).caveat.startswith("one seed each")
    overlap = Spread((0.95, 0.955, 0.96, 0.945, 0.98))
    assert difference(overlap, many).same and not difference(overlap, many).certain
    apart = Spread((0.98, 0.985, 0.99))
    assert difference(apart, many).certain and difference(apart, many).change == pytest.approx(0.035)
    assert difference(many, apart).change == pytest.approx(-0.035)


def test_two_runs_of_one_seed_each_that_are_level_do_not_differ():
    gap = difference(Spread((0.982,)), Spread((0.979,)), level=0.005)
    assert gap.same and not gap.certain and "one seed each" in gap.caveat
    assert not difference(Spread((0.990,)), Spread((0.979,)), level=0.005).same
    assert not difference(Spread((0.979,)), Spread((0.979,)), level=0.005).same  # equal, not near


def test_few_seeds_that_lie_apart_may_be_chance_and_many_that_overlap_need_not():
    two, other = Spread((0.90, 0.91)), Spread((0.95, 0.96))
    gap = difference(two, other)  # of 6 ways to rank four, 2 lie so far apart
    assert not gap.certain and not gap.same and "so few" in gap.caveat
    assert difference(Spread((1, 2, 3)), Spread((4, 5, 6))).certain  # 2 of 20
    assert not difference(Spread((1, 2, 4)), Spread((3, 5, 6))).certain
    rng = np.random.default_rng(0)
    many, more = Spread(tuple(rng.normal(0, 1, 20))), Spread(tuple(rng.normal(2, 1, 20)))
    assert many.high > more.low and difference(many, more).certain
    assert difference(Spread((0.5, 0.5)), Spread((0.5, 0.5))).same


def test_seeds_that_differ_by_chance_alone_are_seldom_told_to_differ():
    rng = np.random.default_rng(0)
    for n in (2, 3, 5, 12):
        alarms = [difference(*(Spread(tuple(rng.normal(size=n))) for _ in range(2))).certain for _ in range(300)]
        assert np.mean(alarms) < 0.15


def test_counterparts_in_worked_numbers():
    reference = np.array([0, 0, 0, 1, 1, 2, 2, 2])
    labels = np.array([3, 3, 1, 1, 1, 0, 0, 3])  # 3 shares two with 0, 1 two with 1, 0 two with 2; 2 is empty
    assert counterparts(labels, reference, 4, 3).tolist() == [2, 1, -1, 0]


def test_labels_may_be_bytes_as_snapshots_hold_them():
    matched = counterparts(np.array([0, 1, 1], np.uint8), np.array([1, 1, 1], np.uint8), 3, 2)
    assert matched.tolist() == [-1, 1, -1]
    assert aligned_order(matched, np.arange(2)).tolist() == [2, 1, 3]


def test_a_cluster_without_a_counterpart_gets_a_name_of_its_own():
    places = np.array([1, 0, 2])  # of three clusters of the reference
    assert aligned_order(np.array([2, -1, 0, -1]), places).tolist() == [2, 3, 1, 4]


@settings(max_examples=50, deadline=None)
@given(st.integers(2, 9), st.integers(0, 2**16))
def test_renamed_clusters_are_all_found_again(k, seed):
    rng = np.random.default_rng(seed)
    reference = np.concatenate([np.arange(k), rng.integers(0, k, 50)])
    order = rng.permutation(k)
    matched = counterparts(order[reference], reference, k, k)
    assert matched[order].tolist() == list(range(k))
    places = rng.permutation(k)
    assert aligned_order(matched, places)[order].tolist() == places.tolist()


@settings(max_examples=50, deadline=None)
@given(st.integers(1, 9), st.integers(1, 9), st.integers(0, 2**16))
def test_no_two_clusters_share_a_name(k, k_reference, seed):
    rng = np.random.default_rng(seed)
    labels, reference = rng.integers(0, k, 40), rng.integers(0, k_reference, 40)
    matched = counterparts(labels, reference, k, k_reference)
    order = aligned_order(matched, np.arange(k_reference))
    assert len(set(order.tolist())) == k
    assert all((matched[c] >= 0) == (order[c] < k_reference) for c in range(k))


def test_labels_that_cannot_be_are_refused():
    with pytest.raises(ValueError, match=r"labels: received 0\.\.3, expected 0\.\.1"):
        counterparts(np.array([0, 1]), np.array([0, 3]), 2, 2)


@given(st.floats(0, 6.3), st.booleans())
def test_a_turned_map_is_turned_back(angle, mirrored):
    targets = np.array([[0.0, 0], [3, 1], [5, -2], [1, 4]])
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    plane = targets @ turn * ([1, -1] if mirrored else [1, 1]) + [7, -3]
    assert procrustes_align(plane, plane, targets) == pytest.approx(targets - targets.mean(axis=0))


@pytest.mark.parametrize("state", ["finished", "queued"])
def test_nobodys_run_stands_for_an_equal_one_of_somebody_else(tmp_path, make, state):
    stopped, failed = make(0, 0.1, "stopped", owner="ana"), make(1, 0.1, "failed", owner="ana")
    others = [make(seed, 0.9, state, owner="ben") for seed in range(3)]
    chosen, known = entries(tmp_path, stopped, others[1])
    mine, theirs = setups(chosen, known, together=True)
    assert [e.id for e in mine.entries] == [stopped, failed] and missing_seeds(mine, 2) == [0, 1]
    assert [e.id for e in theirs.entries] == [others[1], others[0], others[2]]
    assert setup_of(chosen[0], known, "ana") == mine and setup_of(chosen[1], known, "ben") == theirs


def test_of_a_run_of_somebody_else_ones_own_seeds_are_trained(tmp_path, make):
    shared = make(0, 0.9, owner="ben")
    (entry,), known = entries(tmp_path, shared)
    assert setup_of(entry, known, "ana").entries == () and missing_seeds(setup_of(entry, known, "ana"), 2) == [0, 1]
    mine = make(1, 0.8, owner="ana")
    (entry,), known = entries(tmp_path, shared)
    assert [e.id for e in setup_of(entry, known, "ana").entries] == [mine]
    assert missing_seeds(setup_of(entry, known, "ana"), 2) == [0]
