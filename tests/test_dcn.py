"""DCN by worked numbers, against Keras, and on the screens (Yang, Fu, Sidiropoulos and Hong 2017)."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from dec_core import DEC
from dec_core.analysis.assignment import soft_assignment
from dec_core.figures.model import layer_table, model_figure
from dec_core.methods import METHODS, loss_weight, weighed_loss
from dec_core.presets import PRESETS
from dec_core.training import TrainingState, cluster
from dec_core.training.event_lines import event_line
from dec_core.training.events import ClusterProgress, TargetUpdated
from dec_core.training.methods.dcn import kmeans_loss, moved_centers, nearest

pytestmark = pytest.mark.slow

CENTERS = np.array([[0.0, 0.0], [10.0, 0.0], [50.0, 50.0]], "f")
COUNTS = np.array([2, 0, 7])
Z, ASSIGNED = np.array([[3.0, 0.0], [0.0, 6.0], [4.0, 4.0]], "f"), np.array([0, 0, 1], np.int32)


def test_the_loss_is_half_the_mean_squared_distance():
    own = tf.constant([[1.0, 0.0], [0.0, 0.0]])
    assert float(kmeans_loss(tf.constant([[0.0, 0.0], [3.0, 4.0]]), own)) == (1 + 25) / 2 / 2


def test_each_z_goes_to_the_nearest_center():
    assert nearest(tf.constant(Z), tf.constant(CENTERS)).numpy().tolist() == [0, 0, 0]
    assert nearest(tf.constant([[6.0, 0.0], [49.0, 0.0]]), tf.constant(CENTERS)).numpy().tolist() == [1, 1]


def test_a_center_is_the_mean_of_all_that_were_assigned_to_it():
    """(2 (0, 0) + (3, 0) + (0, 6)) / 4; the first that a center gets takes it all; nobody came to the third."""
    centers, counts = moved_centers(*map(tf.constant, (CENTERS, COUNTS, Z, ASSIGNED)))
    assert centers.numpy().tolist() == [[0.75, 1.5], [4.0, 4.0], [50.0, 50.0]]
    assert counts.numpy().tolist() == [4, 1, 7]


def test_a_batch_moves_centers_as_its_samples_one_by_one():
    rng = np.random.default_rng(0)
    z, assigned = rng.normal(size=(40, 2)).astype("f"), rng.integers(0, 3, 40).astype(np.int32)
    centers, counts = CENTERS.astype(float), COUNTS.copy()
    for point, k in zip(z, assigned, strict=True):
        counts[k] += 1
        centers[k] -= (centers[k] - point) / counts[k]
    moved = moved_centers(*map(tf.constant, (CENTERS, COUNTS, z, assigned)))
    assert moved[0].numpy() == pytest.approx(centers, abs=1e-4) and moved[1].numpy().tolist() == counts.tolist()


def dcn_state(small, digits, **values):
    """A state before its first clustering step, with z of some images as centers."""
    values = {"kmeans_weight": 0.3, "cluster_learning_rate": 0.1, "batch_size": 64} | values
    state = TrainingState(small.changed(method="dcn", **values), (8, 8))
    state.phase, state.cluster_centers = "clustering", state.embed(digits.x[:10])
    state.z = state.embed(digits.x)
    state.labels = state.q().argmax(axis=1)
    return state


def test_one_step_is_that_of_keras_then_assignment_then_centers(small, digits):
    ours, theirs = (dcn_state(small, digits, max_iterations=1) for _ in range(2))
    (event,) = [event for event in cluster(ours, digits.x) if isinstance(event, ClusterProgress)]

    x, k = digits.x[:64].astype("f") / 255, 10
    m, s = theirs.cluster_centers, theirs.labels
    variables = [*theirs.encoder.trainable_variables, *theirs.decoder.trainable_variables]
    with tf.GradientTape() as tape:
        z = theirs.encoder(x)
        apart = tf.reduce_mean(tf.reduce_sum((z - m[s[:64]]) ** 2, axis=1))
        error = tf.reduce_mean((theirs.decoder(z) - x) ** 2)
        loss = error + 0.3 / 2 * apart
    assert (event.loss, event.reconstruction_loss) == pytest.approx((float(apart) / 2, float(error)), rel=1e-5)
    keras.optimizers.SGD(0.1, small.momentum).apply(tape.gradient(loss, variables), variables)
    for a, b in zip(ours.autoencoder.get_weights(), theirs.autoencoder.get_weights(), strict=True):
        assert a == pytest.approx(b, abs=1e-5)

    z = theirs.embed(digits.x[:64])
    now = ((z[:, None] - m) ** 2).sum(axis=2).argmin(axis=1)
    counts = np.bincount(s, minlength=k)
    sums = np.array([z[now == j].sum(axis=0) for j in range(k)])
    added = np.bincount(now, minlength=k)
    expected = (counts[:, None] * m + sums) / (counts + added)[:, None]
    assert ours.cluster_centers == pytest.approx(expected, abs=1e-4)
    assert np.array_equal(ours.memory["assigned"], np.concatenate([now, s[64:]]))
    assert np.array_equal(ours.memory["counts"], counts + added)


def test_without_weight_the_network_learns_as_if_there_were_no_centers(small, digits):
    states = [dcn_state(small, digits, kmeans_weight=0.0, max_iterations=8) for _ in range(2)]
    states[1].cluster_centers = states[1].cluster_centers + 1
    for state in states:
        list(cluster(state, digits.x))
    for a, b in zip(*(state.autoencoder.get_weights() for state in states), strict=True):
        assert np.array_equal(a, b)
    assert not np.array_equal(states[0].cluster_centers, states[1].cluster_centers)


def test_it_draws_images_to_their_centers_and_says_so(small, digits):
    events = list(cluster(dcn_state(small, digits, max_iterations=60), digits.x))
    losses = [event.loss for event in events if isinstance(event, ClusterProgress)]
    assert losses[-1] < 0.9 * losses[0]
    updates = [event for event in events if isinstance(event, TargetUpdated)]
    assert updates and all(event.kl_divergence is None for event in updates)
    assert event_line(updates[0]).endswith("changed cluster")


def test_labels_are_those_of_the_nearest_center_and_q_shows_how_near_the_others_are(small, digits):
    model = DEC(small.changed(method="dcn", max_iterations=20)).fit(digits.images[:300])
    z = model.transform(digits.images[:300])
    assert np.array_equal(model.labels_, ((z[:, None] - model.cluster_centers_) ** 2).sum(axis=2).argmin(axis=1))
    assert model.predict_proba(digits.images[:9]) == pytest.approx(soft_assignment(z[:9], model.cluster_centers_))


def test_its_loss_has_a_name_a_weight_and_a_place_in_the_diagram():
    config = PRESETS["dcn"]
    assert (weighed_loss(config), loss_weight(config)) == ("λ · ½‖z − μ‖²", config.kmeans_weight)
    assert METHODS["dcn"].phases == ("pretraining", "centers", "clustering")
    said = [text.get_text() for text in model_figure(config, (28, 28)).findobj() if hasattr(text, "get_text")]
    assert f"λ = {config.kmeans_weight:g}" in "\n".join(said) and "Nearest center" in "\n".join(said)
    assert not any("KL" in text or "Student" in text for text in said)
    assert [row["parameters"] for row in layer_table(config, (28, 28)) if row["part"] == "clustering"] == [100]
