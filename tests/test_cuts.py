"""A run that is cut after any of its events, saved, loaded and resumed ends as one that was not."""

import numpy as np
import pytest

from dec_core import DEC, RunConfig
from dec_core.analysis.umap_gmm import UmapGmm
from dec_core.data import load
from dec_core.runs.folder import RunFolder
from dec_core.training import TrainingState, train
from dec_core.training.events import CentersInitialized, Finished, TargetUpdated
from dec_core.training.mixture import Mixture
from dec_core.work.recorder import record

pytestmark = pytest.mark.slow

TINY = {
    "dataset": "own-x", "hidden_units": (8,), "latent_dim": 3, "pretrain_epochs": 2, "pretrain_optimizer": "adam",
    "pretrain_learning_rate": 0.01, "batch_size": 16, "n_clusters": 3, "kmeans_n_init": 1, "update_interval": 5,
    "cluster_learning_rate": 0.02, "max_iterations": 30, "tol": 0.3,
}  # fmt: skip
MIXTURE = {"first_target": "umap_gmm", "first_target_steps": 10}
RUNS = {
    "dec": {},
    "joint": {"method": "joint"},
    "no convergence": {"tol": 0.0, "max_iterations": 12},
    "a mixture's target": MIXTURE,
    "dcn": {"method": "dcn"},
    "vade": {"method": "vade", "gmm_n_init": 1, "kl_weight": 0.001},
    "autoencoder": {"method": "autoencoder"},
    "kmeans": {"method": "kmeans"},
    "umap_gmm": {"method": "umap_gmm"},
}


@pytest.fixture(scope="module")
def x():
    return load("digits", 60).x


@pytest.fixture(autouse=True)
def groups_at_once(monkeypatch):
    """Some groups as those of the mixture: what UMAP finds is no matter here, and it has to be compiled first."""
    rng = np.random.default_rng(0)
    groups = UmapGmm(rng.normal(size=(60, 10)).astype("f"), rng.dirichlet([0.3] * 3, 60).astype("f"))
    monkeypatch.setattr(Mixture, "_best", lambda *_: groups)


def steps_of(events) -> list:
    """What is the same however long a mixture is waited for."""
    return [type(event) for event in events if type(event).__name__ != "TargetProgress"]


@pytest.mark.parametrize("values", RUNS.values(), ids=RUNS)
def test_after_every_event(values, x):
    config = RunConfig.make(**TINY | values)
    state, states, whole = TrainingState(config, (8, 8)), [], []
    for event in train(state, x):
        whole.append(event)
        states.append(state.to_arrays())
    assert isinstance(whole[-1], Finished)
    for number, arrays in enumerate(states):
        resumed = TrainingState.from_arrays(config, (8, 8), arrays)
        rest = list(train(resumed, x))
        assert steps_of([*whole[: number + 1], *rest]) == steps_of(whole), f"cut after event {number}"
        assert resumed.iteration == state.iteration and resumed.n_updates == state.n_updates
        assert np.array_equal(resumed.labels, state.labels)
        assert np.array_equal(resumed.cluster_centers, state.cluster_centers)


def test_the_runs_above_end_by_tol_before_their_last_step(x):
    end = list(train(TrainingState(RunConfig.make(**TINY), (8, 8)), x))[-1]
    assert end.reason == "tol" and 0 < end.n_iterations < 30


@pytest.mark.parametrize("values", [{}, MIXTURE, RUNS["dcn"], RUNS["vade"]], ids=["k-means", "mixture", "dcn", "vade"])
def test_an_estimator_is_saved_and_loaded_after_every_event(values, x, tmp_path):
    config = RunConfig.make(**TINY | values)
    model, resumed = DEC(config), {}
    for event in model.iter_fit(x):
        model.save(tmp_path / "model")
        again = DEC.load(tmp_path / "model")
        kept, loaded = model.state_.to_arrays(), again.state_.to_arrays()
        assert kept.keys() == loaded.keys() and all(np.array_equal(kept[name], loaded[name]) for name in kept)
        if isinstance(event, CentersInitialized | TargetUpdated) and type(event) not in resumed:
            resumed[type(event)] = again
            for _ in again.iter_fit(x, resume=True):
                pass
    assert resumed.keys() == {CentersInitialized, TargetUpdated}
    for again in resumed.values():
        assert again.n_iter_ == model.n_iter_ and np.array_equal(again.labels_, model.labels_)


def test_a_run_on_disk_stopped_at_the_update_that_satisfies_tol(tmp_path):
    """What Step, Stop, Resume does in the app."""
    config = RunConfig.make(**TINY | {"dataset": "digits", "n_samples": 60})
    whole = RunFolder.create(tmp_path, config, "running")
    records = list(record(whole))
    end = next(item for item in records if item["event"] == "Finished")
    assert end["reason"] == "tol"
    stopped = RunFolder.create(tmp_path, config, "running")
    recording = record(stopped)
    while (item := next(recording))["event"] != "TargetUpdated" or item["iteration"] != end["n_iterations"]:
        pass
    recording.close()
    resumed = [item["event"] for item in record(stopped)]
    assert resumed[:2] == ["Resumed", "Finished"] and stopped.status.state == "finished"
    last = [run.load_arrays(_last(run)) for run in (whole, stopped)]
    assert np.array_equal(last[0]["labels"], last[1]["labels"])


def _last(run: RunFolder) -> str:
    return f"snapshots/{max(path.name for path in (run.path / 'snapshots').glob('*.npz'))}"


# -- what is no state of a run


@pytest.fixture(scope="module")
def saved(x, tmp_path_factory):
    """For a phase: the arrays of a model saved in it."""
    model, path, arrays = DEC(RunConfig.make(**TINY)), tmp_path_factory.mktemp("saved") / "model", {}
    for _ in model.iter_fit(x):
        model.save(path)
        with np.load(path) as file:
            arrays[model.state_.phase] = dict(file)
    return arrays


@pytest.mark.parametrize("value", [-5, 2**62])
@pytest.mark.parametrize(
    "name", ["epoch", "batch", "iteration", "next_batch", "updated_at", "n_updates", "optimizer_0"]
)
@pytest.mark.parametrize("phase", ["pretraining", "clustering", "finished"])
def test_a_counter_out_of_range_is_refused(phase, name, value, saved, tmp_path):
    np.savez(tmp_path / "model.npz", **saved[phase] | {name: np.asarray(value)})
    with pytest.raises(ValueError, match=r"received no model \(\w+: received"):
        DEC.load(tmp_path / "model.npz")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("iteration", 1), ("n_updates", 4), ("updated_at", 3), ("epoch", 1.5), ("iteration", True),
        ("delta_label", 1.5),
        ("delta_label", np.nan), ("loss_sum", -1.0), ("optimizer_steps", 0), ("optimizer_phase", "centers"),
    ],
)  # fmt: skip
def test_counters_at_odds_with_one_another_are_refused(name, value, saved, tmp_path):
    np.savez(tmp_path / "model.npz", **saved["finished"] | {name: np.asarray(value)})
    with pytest.raises(ValueError, match="received no model"):
        DEC.load(tmp_path / "model.npz")


def test_a_file_from_before_the_change_of_labels_was_kept_still_opens(saved, x, tmp_path):
    arrays = {name: array for name, array in saved["finished"].items() if name != "delta_label"}
    np.savez(tmp_path / "model.npz", **arrays)
    assert DEC.load(tmp_path / "model.npz").predict(x).shape == (60,)
