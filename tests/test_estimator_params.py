"""What DEC's parameters do beside the config: nested fields, a drawn seed, lines in a terminal; and a collapse."""

import re
import warnings

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import GridSearchCV

from dec_core import DEC, ConfigError, RunConfig, presets, training
from dec_core.training import train
from dec_core.training.events import TargetProgress

pytestmark = pytest.mark.slow

SHORT = RunConfig.make(
    dataset="digits",
    hidden_units=(8,),
    latent_dim=2,
    pretrain_epochs=3,
    pretrain_optimizer="adam",
    pretrain_learning_rate=0.01,
    batch_size=64,
    n_clusters=3,
    kmeans_n_init=1,
    update_interval=5,
    max_iterations=10,
    tol=0.0,
)


# -- fields of the config as nested parameters


def test_fields_of_the_config_are_nested_parameters():
    model = DEC(SHORT)
    assert model.get_params()["config__latent_dim"] == 2 and "config__latent_dim" not in model.get_params(deep=False)
    model.set_params(config__latent_dim=np.int64(5), config__hidden_units=(16, 8), n_clusters=4)
    assert model.config == SHORT.changed(latent_dim=5, hidden_units=(16, 8)) and model.n_clusters == 4
    assert SHORT.latent_dim == 2
    assert clone(model).get_params() == model.get_params()
    assert DEC().set_params(config__latent_dim=5).config == RunConfig.make(latent_dim=5)
    given = {"config": presets["fast"], "config__latent_dim": 7}  # in one call, the config first
    assert DEC().set_params(**given).config == presets["fast"].changed(latent_dim=7)


def test_a_field_that_is_none_and_a_config_that_is_none_are_refused():
    with pytest.raises(ConfigError, match="latent_dims: there is no such field"):
        DEC().set_params(config__latent_dims=5)
    with pytest.raises(ConfigError, match="latent_dim: received 0"):
        DEC().set_params(config__latent_dim=0)
    with pytest.raises(ValueError, match="expected a RunConfig"):
        DEC("first-look").set_params(config__latent_dim=5)
    assert "config__latent_dim" not in DEC("first-look").get_params()


def test_a_grid_search_varies_them(digits):
    search = GridSearchCV(DEC(SHORT), {"config__latent_dim": [1, 6]}, scoring="adjusted_rand_score", cv=2)
    search.fit(digits.images[:200], digits.y[:200])
    assert [params["config__latent_dim"] for params in search.cv_results_["params"]] == [1, 6]
    best = search.best_params_["config__latent_dim"]
    assert search.best_estimator_.transform(digits.images[:5]).shape == (5, best)


# -- random_state


def test_a_random_state_draws_a_seed_at_each_fit(digits, tmp_path):
    x = digits.images[:100]
    seeds = np.random.RandomState(3).randint(2**31 - 1, size=2)
    model = DEC(SHORT, random_state=np.random.RandomState(3))
    assert [model.fit(x).config_.random_state for _ in range(2)] == [*seeds]
    model.save(tmp_path / "model")
    again = DEC.load(tmp_path / "model")
    assert again.random_state == seeds[1] and np.array_equal(again.fit(x).labels_, model.labels_)


def test_what_is_no_random_state_is_refused(digits):
    with pytest.raises(ValueError, match="cannot be used to seed"):
        DEC(SHORT, random_state="7").fit(digits.images[:100])


# -- verbose


def test_verbose_is_a_line_for_each_epoch_and_each_update(digits, capsys):
    DEC(SHORT).fit(digits.images[:100])
    assert capsys.readouterr() == ("", "")
    DEC(SHORT, verbose=1).fit(digits.images[:100])
    lines = capsys.readouterr().out.splitlines()
    expected = [
        *(rf"\[DEC\] epoch {i} of 3: mean squared error 0\.\d+" for i in (1, 2, 3)),
        r"\[DEC\] centers placed: inertia [\d.e-]+",
        r"\[DEC\] update 1 at step 0 of at most 10: 0\.00 % changed cluster, KL\(p \|\| q\) [\d.e-]+",
        r"\[DEC\] update 2 at step 5 of at most 10: .* % changed cluster, .*",
        r"\[DEC\] finished after 10 steps: max_iterations",
    ]
    assert len(lines) == len(expected)
    assert all(re.fullmatch(pattern, line) for pattern, line in zip(expected, lines, strict=True)), lines


def test_verbose_says_once_what_is_waited_for(digits, capsys, monkeypatch):
    def waits(state, x):
        yield from [TargetProgress("images are compared")] * 3
        yield TargetProgress("UMAP lays the images out")
        yield from train(state, x)

    monkeypatch.setattr(training, "train", waits)
    DEC(SHORT, verbose=1).fit(digits.images[:100])
    lines = capsys.readouterr().out.splitlines()
    assert lines[:2] == ["[DEC] images are compared", "[DEC] UMAP lays the images out"] and "epoch 1" in lines[2]


# -- collapse


def test_a_collapse_is_warned_of_with_what_to_try(digits):
    far = SHORT.changed(
        n_clusters=10,
        cluster_optimizer="adam",
        cluster_learning_rate=10.0,
        max_iterations=200,
        update_interval=50,
        tol=0.0,
    )
    said = r"Clustering has collapsed: \d of 10 clusters are empty.*\(cluster_learning_rate: received 10, try 1\)"
    with pytest.warns(ConvergenceWarning, match=said):
        DEC(far).fit(digits.images[:300])


def test_a_clustering_that_has_not_collapsed_is_not_warned_of(digits):
    with warnings.catch_warnings():
        warnings.simplefilter("error", ConvergenceWarning)
        DEC(SHORT).fit(digits.images[:300])
