"""Every preset, trained for real and for a short while; what joint training adds; shared autoencoders."""

import numpy as np
import pytest

from dec_core.analysis.assignment import target_distribution
from dec_core.data import load
from dec_core.methods import METHODS
from dec_core.presets import PRESETS
from dec_core.runs.folder import RunFolder
from dec_core.runs.history import RunReader
from dec_core.training import TrainingState, train
from dec_core.training.events import ClusterProgress, Finished, PretrainProgress
from dec_core.work.recorder import record

pytestmark = pytest.mark.slow

N = 300
SHORT = {
    "n_samples": N,
    "pretrain_epochs": 2,
    "batch_size": 100,
    "kmeans_n_init": 1,
    "gmm_n_init": 1,
    "max_iterations": 20,
}


@pytest.fixture(scope="module")
def mnist():
    return load("mnist", N)


DAILY = ("first-look", "umap-gmm", "tutorial-dec", "tutorial-conv-upsampling", "tutorial-conv-joint", "dcn", "vade")


@pytest.mark.parametrize(  # the others train what one of these does, longer or larger
    "name", [name if name in DAILY else pytest.param(name, marks=pytest.mark.night) for name in PRESETS]
)
def test_every_preset_trains_on_mnist(name, mnist):
    config = PRESETS[name].changed(**SHORT, update_interval=10)
    state = TrainingState(config, (28, 28))
    weights = [np.array(w) for w in state.autoencoder.get_weights()]
    events = list(train(state, mnist.x))
    losses = [event.loss for event in events if isinstance(event, PretrainProgress) and event.epoch_ended]
    assert isinstance(events[-1], Finished) and state.labels.shape == (N,)
    if config.method == "umap_gmm":
        assert not losses and state.z.shape == (N, 10) and np.array_equal(state.q().argmax(axis=1), state.labels)
        means = [np.average(mnist.x / 255, axis=0, weights=state.p[:, j]) for j in range(10)]
        assert np.allclose(state.cluster_centers, means, atol=1e-5)
    elif config.method == "kmeans":
        assert not losses and state.z.shape == (N, 784)
        nearest = np.square(mnist.x[:, None] / 255 - state.cluster_centers).sum(axis=2).argmin(axis=1)
        assert np.mean(nearest == state.labels) > 0.99
    else:
        assert losses[1] < losses[0] and state.z.shape == (N, 10)
        assert any(not np.array_equal(a, b) for a, b in zip(weights, state.autoencoder.get_weights(), strict=True))
    clustered = [event for event in events if isinstance(event, ClusterProgress)]
    method = METHODS[config.method]
    assert bool(clustered) == method.trains_centers
    assert all((event.reconstruction_loss is not None) == method.trains_decoder for event in clustered)
    assert state.reconstruct(mnist.x[:3]).shape == (3, 784)


def joint_state(small, digits, **values):
    """A state that stands before its first clustering step, with centers from some of the z."""
    state = TrainingState(small.changed(method="joint", cluster_learning_rate=0.1, **values), (8, 8))
    state.phase, state.labels = "clustering", np.zeros(len(digits.x), int)
    state.cluster_centers = state.embed(digits.x[:10])
    return state


def test_one_joint_step_descends_on_gamma_times_kl_plus_squared_error(small, digits):
    """Against a step of Keras, as the tutorial compiles it: losses kld and mse, weights 0.1 and 1."""
    import keras

    values = {"gamma": 0.1, "max_iterations": 1, "batch_size": 64}
    ours, theirs = (joint_state(small, digits, **values) for _ in range(2))
    events = [event for event in train(ours, digits.x) if isinstance(event, ClusterProgress)]

    x = digits.x.astype("float32") / 255
    q = theirs.clustering_model(x)
    p = target_distribution(np.asarray(q, dtype=float))
    z = theirs.encoder.output
    model = keras.Model(theirs.encoder.input, [theirs.clustering_layer(z), theirs.decoder(z)])
    optimizer = keras.optimizers.SGD(0.1, small.momentum)
    model.compile(optimizer, loss=["kld", "mse"], loss_weights=[0.1, 1])
    losses = model.train_on_batch(x[:64], [p[:64], x[:64]], return_dict=True)
    assert 0.1 * events[0].loss + events[0].reconstruction_loss == pytest.approx(losses["loss"], rel=1e-4)
    for a, b in zip(ours.autoencoder.get_weights(), theirs.autoencoder.get_weights(), strict=True):
        assert a == pytest.approx(b, abs=1e-5)
    assert ours.cluster_centers == pytest.approx(theirs.cluster_centers, abs=1e-5)


def test_without_weight_clustering_leaves_the_centers_where_they_are(small, digits):
    state = joint_state(small, digits, gamma=0.0, max_iterations=10)
    before, decoder = state.cluster_centers, [np.array(w) for w in state.decoder.get_weights()]
    list(train(state, digits.x))
    assert np.array_equal(state.cluster_centers, before)
    assert any(not np.array_equal(a, b) for a, b in zip(decoder, state.decoder.get_weights(), strict=True))


def test_a_joint_run_can_be_taken_apart_and_go_on(small, digits):
    whole = joint_state(small, digits, max_iterations=40)
    list(train(whole, digits.x))
    state = joint_state(small, digits, max_iterations=40)
    for event in train(state, digits.x):
        if isinstance(event, ClusterProgress) and event.iteration == 20:
            break
    again = TrainingState.from_arrays(state.config, (8, 8), state.to_arrays())
    list(train(again, digits.x))
    assert np.array_equal(again.labels, whole.labels)


def trained(folder):
    for _ in record(folder):
        pass
    return folder


def test_systems_can_share_an_autoencoder(tmp_path, small):
    first = trained(RunFolder.create(tmp_path, small, "running"))
    second = RunFolder.create(tmp_path, small.changed(method="joint"), "running")
    second.begin_with(first)
    alone = trained(RunFolder.create(tmp_path, small.changed(method="joint"), "running"))
    trained(second)
    shared, unshared = RunReader(second).refresh(), RunReader(alone).refresh()
    assert [r["loss"] for r in shared.pretrain] == [r["loss"] for r in unshared.pretrain]
    assert second.status.outcome == alone.status.outcome and second.status.state == "finished"
    assert second.status.seconds["pretraining"] == first.status.seconds["pretraining"]


def test_an_autoencoder_of_another_kind_is_not_shared(tmp_path, small):
    first = trained(RunFolder.create(tmp_path, small, "running"))
    other = RunFolder.create(tmp_path, small.changed(latent_dim=4), "running")
    with pytest.raises(ValueError, match="latent_dim: received 4, but the autoencoder was pretrained with 10"):
        other.begin_with(first)
    fresh = RunFolder.create(tmp_path, small, "running")
    with pytest.raises(ValueError, match="has no pretrained autoencoder"):
        RunFolder.create(tmp_path, small, "running").begin_with(fresh)


def test_a_run_without_labels_is_scored_without_them(tmp_path, small, digits):
    from dec_core.data import Dataset, own

    name = own.keep(Dataset("mine.npz", digits.images[:400], None), tmp_path)
    folder = trained(RunFolder.create(tmp_path, small.changed(dataset=name, batch_size=50), "running"))
    outcome = folder.status.outcome
    assert set(outcome) == {"silhouette", "confidence"} and -1 <= outcome["silhouette"] <= 1
    assert 0.1 <= outcome["confidence"] <= 1


def test_colour_images_of_another_size_train_by_convolutions(tmp_path):
    images = np.random.default_rng(0).integers(0, 255, (120, 16, 24, 3), dtype=np.uint8)
    values = {"dataset": "own-test", "filters": (4, 6), "batch_size": 40, "n_samples": None, "augment": True}
    for name in ("tutorial-conv-dec", "tutorial-conv-upsampling"):
        state = TrainingState(PRESETS[name].changed(**{**SHORT, **values}), images.shape[1:])
        assert isinstance(list(train(state, images.reshape(120, -1)))[-1], Finished)
