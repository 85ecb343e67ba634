import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dec_core.config import APPLIES, GROUPS, ConfigError, RunConfig, applies
from dec_core.fields import fields, parse
from dec_core.methods import METHODS
from dec_core.presets import PRESETS, fitted_to, name_of, preset
from dec_core.sweeps.space import SWITCHES

configs = st.builds(
    RunConfig.make,
    n_samples=st.none() | st.integers(5000, 70_000),
    hidden_units=st.lists(st.integers(2, 4096), min_size=1, max_size=6).map(tuple),
    latent_dim=st.integers(1, 512),
    pretrain_learning_rate=st.floats(1e-6, 10),
    n_clusters=st.integers(2, 200),
    tol=st.floats(0, 0.5),
    batch_size=st.integers(8, 4096),
    deskew=st.booleans(),
    cluster_optimizer=st.sampled_from(["sgd", "adam"]),
    random_state=st.integers(0, 2**31 - 1),
)


@given(configs)
def test_json_round_trip_keeps_every_field(config):
    assert RunConfig.from_json(config.to_json()) == config


@given(configs)
def test_every_field_can_be_written_as_text_and_parsed_back(config):
    texts = {
        name: "" if value is None else ",".join(map(str, value)) if isinstance(value, tuple) else str(value)
        for name, value in config
    }
    assert RunConfig.make(**{name: parse(name, text) for name, text in texts.items()}) == config


@pytest.mark.parametrize(
    ("values", "field", "said"),
    [
        ({"latent_dims": 5}, "latent_dims", "no such field"),
        ({"latent_dim": "five"}, "latent_dim", "received 'five'"),
        ({"latent_dim": 0}, "latent_dim", "greater than or equal to 1"),
        ({"latent_dim": 2.5}, "latent_dim", "received 2.5"),
        ({"tol": float("nan")}, "tol", "received nan"),
        ({"dataset": "cats"}, "dataset", "mnist, digits, mnist-unbalanced, or the name"),
        ({"hidden_units": "500, x"}, "hidden_units", "whole numbers separated by commas"),
        ({"hidden_units": ()}, "hidden_units", "at least 1"),
        ({"dataset": "digits", "n_samples": 5000}, "n_samples", "there are 1797"),
        ({"n_samples": 100, "batch_size": 256}, "batch_size", "only 100 images"),
        ({"n_clusters": "auto"}, "n_clusters", 'DEC(config, n_clusters="auto") and --set n_clusters=auto look for'),
        ({"pretrain_optimizer": "rmsprop"}, "pretrain_optimizer", "'sgd', 'adam' or 'adadelta'"),
    ],
)
def test_errors_name_the_field_what_came_and_what_is_allowed(values, field, said):
    with pytest.raises(ConfigError) as error:
        RunConfig.make(**values)
    assert said in error.value.problems[field]
    assert field in str(error.value)


def test_all_problems_are_told_at_once():
    with pytest.raises(ConfigError) as error:
        RunConfig.make(latent_dim=0, tol=2.0, colour="red")
    assert set(error.value.problems) == {"latent_dim", "tol", "colour"}


@pytest.mark.parametrize("text", ["", "{", "[1]", '"x"', "null"])
def test_what_is_no_json_object_is_a_config_error(text):
    with pytest.raises(ConfigError):
        RunConfig.from_json(text)


@given(st.text(max_size=60))
def test_no_text_makes_the_reader_fail_in_another_way(text):
    try:
        RunConfig.from_json(text)
    except ConfigError:
        return
    assert json.loads(text) is not None


def test_a_config_cannot_be_changed_in_place():
    with pytest.raises(ValueError):
        RunConfig.make().latent_dim = 3


def test_every_field_has_a_label_a_group_and_one_line():
    for name, field in fields().items():
        assert field["label"] and field["group"] in GROUPS, name
        assert 10 < len(field["help"]) < 130 and "\n" not in field["help"], name


def test_the_tutorial_preset_is_the_tutorials_dense_system():
    tutorial = preset("tutorial-dec").model_dump()
    assert tutorial == tutorial | {
        "dataset": "mnist", "n_samples": None, "hidden_units": (500, 500, 2000), "latent_dim": 10,
        "initializer": "variance_scaling", "pretrain_epochs": 300, "pretrain_optimizer": "sgd",
        "pretrain_learning_rate": 1.0, "momentum": 0.9, "batch_size": 256, "kmeans_n_init": 20,
        "cluster_optimizer": "sgd", "cluster_learning_rate": 0.01, "update_interval": 140, "tol": 0.001,
        "max_iterations": 8000, "alpha": 1.0, "n_clusters": 10, "deskew": False, "augment": False,
    }  # fmt: skip


def test_names_follow_from_configs():
    for name, config in PRESETS.items():
        assert name_of(config.changed(random_state=7)) == name
        assert name_of(config.changed(latent_dim=3)) == "custom"
    with pytest.raises(ValueError, match="first-look, fast"):
        preset("tutorial")


def test_of_every_field_it_is_said_where_it_applies():
    """In `APPLIES`: a field that is forgotten there would show, and count, with every method."""
    assert set(APPLIES) == set(RunConfig.model_fields)


class Watched:
    """A config that notes which of its fields are asked for."""

    def __init__(self, config: RunConfig, read: set[str]):
        self._config, self._read = config, read

    def __getattr__(self, name: str):
        self._read.add(name)
        return getattr(self._config, name)


def test_what_decides_where_other_fields_apply_is_drawn_first_in_sweeps():
    read = set()
    for method in METHODS:
        for values in ({}, {"first_target": "umap_gmm"}, {"pretrain_optimizer": "adam"}):
            watched = Watched(RunConfig.make(method=method, **values), read)
            for is_applied in APPLIES.values():
                is_applied(watched)
    assert read == set(SWITCHES)


def test_a_config_of_before_there_was_a_choice_of_centers_starts_from_kmeans():
    before = json.loads(RunConfig.make(random_state=3).to_json())
    del before["center_init"]
    assert RunConfig.from_json(json.dumps(before)) == RunConfig.make(random_state=3)
    assert RunConfig.make().center_init == "kmeans"


@pytest.mark.parametrize(
    ("method", "chooses", "kmeans"),
    [("dec", True, False), ("joint", True, False), ("autoencoder", False, True), ("kmeans", False, True),
     ("umap_gmm", False, False)],
)  # fmt: skip
def test_centers_are_chosen_where_they_are_trained_and_restarts_where_kmeans_places_them(method, chooses, kmeans):
    config = RunConfig.make(method=method, center_init="random")
    assert (applies("center_init", config), applies("kmeans_n_init", config)) == (chooses, kmeans)
    assert applies("kmeans_n_init", config.changed(center_init="kmeans")) == (method != "umap_gmm")


@pytest.mark.parametrize("name", RunConfig.model_fields)
def test_every_number_has_the_limits_that_a_sweep_keeps_within(name):
    annotation, described = RunConfig.model_fields[name].annotation, fields()[name]
    if annotation in (int, float, int | None):
        assert "minimum" in described, f"{name}: give it ge or gt"
    if annotation is float:
        assert "maximum" in described, f"{name}: give it le or lt"


FIRST = PRESETS["first-look"]


@pytest.mark.parametrize(
    "n_images, changes",
    [
        (70_000, {}),  # not smaller
        (1797, {"n_samples": None, "pretrain_epochs": 40}),  # 600 steps at most, 15 an epoch
        (600, {"n_samples": None, "pretrain_epochs": 120}),  # 5 an epoch
        (40, {"n_samples": None, "batch_size": 10, "pretrain_epochs": 150}),  # 4 an epoch
    ],
)
def test_a_preset_takes_as_many_steps_on_a_smaller_data_set(n_images, changes):
    assert fitted_to(FIRST, n_images) == changes


def test_a_long_pretraining_is_not_prolonged():
    assert fitted_to(PRESETS["tutorial-dec"], 1797) == {}
    assert fitted_to(PRESETS["fast"], 1797) == {"pretrain_epochs": 137}  # 4 epochs of 137 batches, in 4 an epoch
