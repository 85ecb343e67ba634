"""What the trials of a sweep say, and what is not said of too few."""

import pytest
from sweep_plans import planned

from dec_core.sweeps import outcome
from dec_core.sweeps.plan import SweepPlan

pytestmark = pytest.mark.slow


def finished(values):
    """Rows of trials of these values of agreement."""
    scores = [{"agreement": value, "silhouette": 0.5, "acc": 0.1 + value / 2} for value in values]
    return [
        {"number": number, "state": "finished", "value": score["agreement"], "scores": score}
        for number, score in enumerate(scores)
    ]


def test_trials_within_half_a_point_are_level_and_none_of_them_is_the_best():
    assert outcome.best_in_words(finished([0.61, 0.624, 0.55]), "agreement", 3) == "best agreement 0.624, trial 1"
    level = finished([0.624, 0.62401, 0.5, 0.6195])
    assert outcome.level_with_best(level) == [0, 1, 3]
    assert (
        outcome.best_in_words(level, "agreement", 3) == "trials 0, 1 and 3 are level at agreement 0.624 (within 0.005)"
    )
    assert outcome.best_in_words(finished([0.5] * 6), "ACC", 3).startswith("6 trials are level at ACC 0.500")
    assert outcome.best_in_words([], "agreement", 3) == "" and outcome.best([]) is None


def test_nothing_is_said_of_ranks_below_fifteen_trials(small):
    plan = planned(small)
    few, enough = finished([i / 20 for i in range(14)]), finished([i / 20 for i in range(15)])
    assert outcome.rank_correlation(few, "agreement") is None
    assert outcome.trust_in_words(few, plan).startswith("The rank correlation of agreement with accuracy appears after")
    assert outcome.rank_correlation(enough, "agreement") == pytest.approx(1)
    assert outcome.rank_correlation(enough, "silhouette") is None  # the same in all
    assert outcome.trust_in_words(enough, plan).endswith("over 15 finished trials: 1.00.")
    assert outcome.trust_in_words(enough, planned(small, objective="acc")) == ""
    without_labels = [row | {"scores": {"agreement": row["value"]}} for row in enough]
    assert outcome.trust_in_words(without_labels, plan) == ""


def test_a_sweep_says_what_of_its_ranges_was_tried(small):
    rates, ways = {"low": 0.0001, "high": 0.01, "log": True}, {"choices": ["adam", "sgd"]}
    plan = planned(small, space={"cluster_learning_rate": rates, "cluster_optimizer": ways})
    titles = {"cluster_learning_rate": "learning rate", "cluster_optimizer": "optimizer"}
    tried = [{"cluster_learning_rate": rate, "cluster_optimizer": "adam"} for rate in (0.00213, 0.0004)]
    rows = [{"state": state, "params": params} for state, params in zip(("finished", "running"), tried, strict=True)]
    rows.append({"state": "waiting", "params": {"cluster_learning_rate": 0.009}})
    assert outcome.tried_in_words(rows, plan, titles) == (
        "Tried: learning rate 0.0004 to 0.00213 (of 0.0001 to 0.01); optimizer adam (2), sgd (0)."
    )
    assert "learning rate 0.00213 (of" in outcome.tried_in_words(rows[:1], plan, titles)
    assert outcome.tried_in_words(rows[2:], plan, titles) == ""
    switch = planned(small, space={"augment": {"choices": [False, True]}})
    drawn = [{"state": "finished", "params": {"augment": True}}]
    assert outcome.tried_in_words(drawn, switch, {"augment": "Augment"}) == "Tried: Augment no (0), yes (1)."


def test_listed_values_are_tried_once_each(small):
    lists = {"latent_dim": {"choices": [2, 5, 10]}, "augment": {"choices": [False, True]}}
    plan = SweepPlan.make(name="x", base=small, space=lists)
    tried = [(each["latent_dim"], each["augment"]) for each in plan.combinations()]
    assert (plan.sampler, plan.n_planned) == ("grid", 6) and len(set(tried)) == 6
    assert SweepPlan.make(name="x", base=small, space=lists, n_trials=5).sampler == "tpe"
    assert SweepPlan.make(name="x", base=small, space=lists, sampler="random").sampler == "random"
    mixed = lists | {"gamma": {"low": 0.1, "high": 1.0}}
    assert SweepPlan.make(name="x", base=small.changed(method="joint"), space=mixed).sampler == "tpe"
