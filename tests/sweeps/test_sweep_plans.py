"""Plans of sweeps: what may vary, by how much, and what cannot be."""

import optuna
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sweep_plans import LATENT, planned

from dec_core.config import ConfigError, applies
from dec_core.presets import PRESETS
from dec_core.sweeps.plan import SweepPlan, plan_fields
from dec_core.sweeps.space import Choices, Range, default_range, parse_range, sweepable
from dec_core.work.sweep_worker import sampler

pytestmark = pytest.mark.slow


@settings(max_examples=40)
@given(st.data())
def test_whatever_is_drawn_from_default_ranges_is_a_valid_config(data):
    base = PRESETS[data.draw(st.sampled_from(sorted(PRESETS)))]
    names = data.draw(st.lists(st.sampled_from(sweepable(base)), min_size=1, max_size=5, unique=True))
    plan = planned(base, {name: default_range(name, base) for name in names}, objective="acc")
    assert SweepPlan.from_json(plan.to_json()) == plan

    def choose(name, span):
        if isinstance(span, Choices):
            return data.draw(st.sampled_from(span.choices))
        whole = isinstance(span.low, int) and isinstance(span.high, int)
        return data.draw(st.integers(span.low, span.high) if whole else st.floats(span.low, span.high))

    params = plan.draw(choose)
    config = plan.config(params, seed=1)
    assert config.random_state == base.random_state + 1
    assert all(applies(name, config) for name in params)
    assert set(params) == {name for name in names if applies(name, config)}


def test_every_problem_of_a_plan_is_told_at_once(small):
    space = {
        "alpha": {"low": 0.0, "high": 1.0},
        "gamma": {"low": 0.1, "high": 1.0},
        "dataset": {"choices": ["mnist"]},
        "deskew": {"choices": [True, False]},
        "autoencoder": {"low": 1, "high": 2},
        "momentum": {"low": 0.9, "high": 0.1},
        "tol": {"from": 1},
        "colour": {"choices": [1]},
        "latent_dim": {"choices": [3, 3]},
    }
    with pytest.raises(ConfigError) as told:
        planned(small, space)
    problems = told.value.problems
    assert "greater than or equal to 0.1" in problems["alpha"] and "no effect" in problems["gamma"]
    assert "another sweep" in problems["dataset"] and "agreement is measured" in problems["deskew"]
    assert "not a number" in problems["autoencoder"] and "low below high" in problems["momentum"]
    assert (
        '"choices"' in problems["tol"] and "no such field" in problems["colour"] and "twice" in problems["latent_dim"]
    )
    with pytest.raises(ConfigError, match="n_trials: received 0"):
        planned(small, n_trials=0)
    with pytest.raises(ConfigError, match="at least one field"):
        planned(small, {})


def test_a_field_that_acts_with_a_choice_alone_may_vary_and_is_drawn_only_then(small):
    plan = planned(small, {"gamma": {"choices": [0.1, 1.0]}, "method": {"choices": ["dec", "joint"]}}, sampler="grid")
    assert plan.combinations() == [
        {"method": "dec"},
        {"method": "joint", "gamma": 0.1},
        {"method": "joint", "gamma": 1.0},
    ]
    assert plan.n_planned == 3


def test_values_that_cannot_be_together_are_found_before_a_trial_is(small):
    with pytest.raises(ConfigError, match="cannot be together"):
        space = {"n_samples": {"low": 50, "high": 500}, "batch_size": {"choices": [32, 128]}}
        planned(small.changed(batch_size=32), space, objective="acc")


def test_a_grid_wants_choices_or_whole_numbers_and_not_too_many(small):
    assert planned(small, LATENT, sampler="grid").n_planned == 6
    with pytest.raises(ConfigError, match="a grid needs a list of values"):
        planned(small, {"alpha": {"low": 1.0, "high": 2.0}}, sampler="grid")
    with pytest.raises(ConfigError, match="1000 can be tried"):
        planned(small, {"latent_dim": {"low": 2, "high": 60}, "batch_size": {"low": 64, "high": 128}}, sampler="grid")


def test_every_trial_of_a_random_search_draws_for_itself(small):
    plan = SweepPlan.make(name="x", base=small, space={"latent_dim": {"low": 2, "high": 40}}, sampler="random")
    drawn = set()
    for number in range(8):
        study = optuna.create_study(sampler=sampler(plan, number))
        drawn.add(study.ask().suggest_int("latent_dim", 2, 40))
    assert len(drawn) > 4


def test_seeds_that_would_run_out_are_told_before_a_trial_fails(small):
    with pytest.raises(ConfigError, match="n_seeds"):
        SweepPlan.make(
            name="x", base=small.changed(random_state=2**31 - 1), space={"latent_dim": {"low": 2, "high": 4}}, n_seeds=2
        )


def test_a_grid_too_large_to_look_through_is_refused_at_once(small):
    space = {
        "method": {"choices": ["kmeans", "dec"]},
        "pretrain_epochs": {"low": 1, "high": 500},
        "max_iterations": {"low": 1, "high": 20_000},
    }
    with pytest.raises(ConfigError, match="20000000 combinations"):
        SweepPlan.make(name="x", base=small, space=space, sampler="grid")


def test_ranges_on_the_command_line(small):
    assert parse_range("latent_dim", "2..8", small) == Range(low=2, high=8)
    assert parse_range("cluster_learning_rate", "0.001..1:log", small) == Range(low=0.001, high=1.0, log=True)
    assert parse_range("cluster_optimizer", "sgd, adam", small).choices == ("sgd", "adam")
    assert parse_range("hidden_units", "64-32,128-64", small).choices == ("64-32", "128-64")
    assert parse_range("augment", "true,false", small).choices == (True, False)
    assert parse_range("latent_dim", "", small) == Range(low=5, high=20)
    for text in ("a..b", "1.."):
        with pytest.raises(ConfigError, match="latent_dim"):
            planned(small, {"latent_dim": parse_range("latent_dim", text, small)})
    with pytest.raises(ConfigError, match="no such field"):
        parse_range("colour", "1..2", small)


def test_fields_of_a_plan_are_told_like_those_of_a_config():
    described = plan_fields()
    assert described["sampler"]["choices"] == ["tpe", "random", "grid"] and described["n_trials"]["default"] == 20
    assert all(field["label"] and field["help"].endswith(".") for field in described.values())
