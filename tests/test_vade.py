"""VaDE by worked numbers, against Keras, and what a run of it holds (Jiang, Zheng, Tan, Tang and Zhou 2017)."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from recorded_runs import recorded
from scipy.stats import multivariate_normal

from dec_core import DEC
from dec_core.analysis.assignment import PRIOR, mixture_assignment, q_by
from dec_core.figures.model import layer_table, model_figure
from dec_core.networks import MixtureLayer
from dec_core.presets import PRESETS
from dec_core.reading.placed import can_place, placed
from dec_core.reading.run import Run
from dec_core.training import TrainingState, cluster, train
from dec_core.training.events import CentersInitialized, ClusterProgress
from dec_core.training.methods.vade import prior_loss
from dec_core.work.prediction import predict

pytestmark = pytest.mark.slow

MEANS = np.array([[0.0, 0.0], [2.0, 0.0]])
VARIANCES = np.array([[1.0, 1.0], [4.0, 1.0]])
WEIGHTS = np.array([0.25, 0.75])


def test_gamma_is_the_share_of_each_component_in_the_density():
    """At (1, 0): .25 e^-1/2 against .75 / 2 e^-1/8, the second Gaussian being twice as wide."""
    shares = 0.25 * np.exp(-1 / 2), 0.75 / 2 * np.exp(-1 / 8)
    gamma = mixture_assignment(np.array([[1.0, 0.0]]), MEANS, WEIGHTS, VARIANCES)
    assert gamma[0] == pytest.approx(np.array(shares) / sum(shares))
    z = np.random.default_rng(0).normal(size=(50, 2))
    density = np.array(
        [w * multivariate_normal(m, np.diag(v)).pdf(z) for w, m, v in zip(WEIGHTS, MEANS, VARIANCES, strict=True)]
    )
    assert mixture_assignment(z, MEANS, WEIGHTS, VARIANCES) == pytest.approx((density / density.sum(axis=0)).T)


def mixture_layer() -> MixtureLayer:
    layer = MixtureLayer(2)
    layer.build((None, 2))
    layer.cluster_centers.assign(MEANS)
    layer.log_variances.assign(np.log(VARIANCES))
    layer.logits.assign(np.log(WEIGHTS) + 3)
    return layer


def test_the_layer_and_the_analysis_agree_far_out_too():
    layer, z = mixture_layer(), np.random.default_rng(0).normal(size=(50, 2)) * 30
    assert np.asarray(layer(z.astype("f"))) == pytest.approx(
        q_by("mixture", z, MEANS, 1.0, prior=layer.prior()), abs=1e-5
    )
    assert list(layer.prior()) == list(PRIOR) and layer.prior()["mixture_weights"] == pytest.approx(WEIGHTS)


def test_a_q_by_a_mixture_needs_the_mixture():
    with pytest.raises(
        ValueError, match=r"received \[\] with the centers, expected mixture_weights, mixture_variances"
    ):
        q_by("mixture", MEANS, MEANS, 1.0)


def test_the_layer_keeps_its_arguments_and_refuses_what_it_cannot_take():
    assert MixtureLayer.from_config(MixtureLayer(3, name="clustering").get_config()).n_clusters == 3
    with pytest.raises(ValueError, match="n_clusters: received 0"):
        MixtureLayer(0)
    with pytest.raises(ValueError, match="flatten it first"):
        MixtureLayer(2).build((None, 2, 2))


def kl(mean, variance, gamma, means=MEANS, variances=VARIANCES, weights=WEIGHTS) -> float:
    arrays = (mean, np.log(variance), gamma, means, np.log(variances), np.log(weights))
    return float(prior_loss(*(tf.constant(array, tf.float32) for array in arrays)))


def test_the_loss_is_nothing_where_z_is_drawn_as_the_prior_draws_it():
    """One component, and q(z | x) is that component."""
    assert kl([[2.0, 0.0]], [[4.0, 1.0]], [[1.0]], MEANS[1:], VARIANCES[1:], [1.0]) == pytest.approx(0, abs=1e-6)


def test_the_loss_of_one_component_is_the_divergence_of_two_gaussians():
    """KL(N(m, v) || N(mu, s)) = 1/2 sum (log(s / v) + (v + (m - mu)^2) / s - 1), and log 1/.75 for the component."""
    expected = 0.5 * ((np.log(4 / 2) + (2 + 1) / 4 - 1) + (np.log(1 / 0.5) + (0.5 + 9) / 1 - 1)) - np.log(0.75)
    assert kl([[1.0, 3.0]], [[2.0, 0.5]], [[0.0, 1.0]]) == pytest.approx(expected, rel=1e-5)


def test_the_loss_weighs_components_by_gamma_and_takes_the_mean_over_images():
    ends = [kl([[1.0, 3.0]], [[2.0, 0.5]], [gamma]) for gamma in ([1.0, 0.0], [0.0, 1.0])]
    both = 0.3 * ends[0] + 0.7 * ends[1] + 0.3 * np.log(0.3) + 0.7 * np.log(0.7)
    assert kl([[1.0, 3.0]], [[2.0, 0.5]], [[0.3, 0.7]]) == pytest.approx(both, rel=1e-5)
    halves = kl([[1.0, 3.0]] * 2, [[2.0, 0.5]] * 2, [[1.0, 0.0], [0.0, 1.0]])
    assert halves == pytest.approx(sum(ends) / 2, rel=1e-5)


@pytest.fixture(scope="module")
def config(small):
    return small.changed(
        method="vade", kl_weight=1e-3, gmm_n_init=2, cluster_optimizer="adam", cluster_learning_rate=0.002
    )


@pytest.fixture(scope="module")
def placed_state(config, digits):
    """A state whose mixture is just fitted."""
    state = TrainingState(config.changed(pretrain_epochs=2, max_iterations=1), (8, 8))
    for event in train(state, digits.x):
        if isinstance(event, CentersInitialized):
            return state, event.labels
    return None


def test_the_mixture_begins_as_the_one_of_the_pretrained_z(placed_state):
    from sklearn.mixture import GaussianMixture

    state, labels = placed_state
    fitted = GaussianMixture(10, covariance_type="diag", n_init=2, random_state=0).fit(state.z)
    assert np.mean(fitted.predict(state.z) == labels) > 0.999
    prior = state.clustering_layer.prior()
    assert prior["mixture_weights"] == pytest.approx(fitted.weights_, abs=1e-4)
    assert prior["mixture_variances"] == pytest.approx(fitted.covariances_, rel=1e-3)
    assert np.array_equal(state.q().argmax(axis=1), labels)


def test_one_step_descends_on_the_bound(placed_state, digits):
    ours = TrainingState.from_arrays(placed_state[0].config, (8, 8), placed_state[0].to_arrays())
    theirs = TrainingState.from_arrays(ours.config, (8, 8), placed_state[0].to_arrays())
    (event,) = [event for event in cluster(ours, digits.x) if isinstance(event, ClusterProgress)]

    x, layer = digits.x[:128].astype("f") / 255, theirs.clustering_layer
    variables = theirs.clustering_variables()
    with tf.GradientTape() as tape:
        mean, log_variance = theirs.variational_encoder(x)
        noise = tf.random.stateless_normal(mean.shape, [0, 0])
        z = mean + tf.exp(0.5 * log_variance) * noise
        error = tf.reduce_mean((theirs.decoder(z) - x) ** 2)
        divergence = prior_loss(
            mean, log_variance, layer(z), layer.cluster_centers, layer.log_variances, tf.nn.log_softmax(layer.logits)
        )
        loss = error + 1e-3 * divergence
    assert (event.loss, event.reconstruction_loss) == pytest.approx((float(divergence), float(error)), rel=1e-4)
    keras.optimizers.Adam(0.002).apply(tape.gradient(loss, variables), variables)
    for mine, other in zip(ours.clustering_variables(), variables, strict=True):
        assert np.asarray(mine) == pytest.approx(np.asarray(other), abs=1e-4)
    before = placed_state[0].clustering_variables()
    for mine, other in zip(ours.clustering_variables(), before, strict=True):
        assert not np.array_equal(mine, other)  # both heads and the whole mixture, too


@pytest.fixture(scope="module")
def run(config, tmp_path_factory):
    return recorded(tmp_path_factory.mktemp("vade"), config)


def test_snapshots_hold_the_mixture_and_give_the_labels(run):
    now = Run.open(run).at(-1)
    assert {"mixture_weights", "mixture_variances"} <= now.arrays.keys() and "q" not in now.arrays
    assert now.q.sum(axis=1) == pytest.approx(1, abs=1e-5)
    assert np.mean(now.q.argmax(axis=1) == now.labels) > 0.995  # z was kept in 16 bits


def test_new_images_are_placed_by_the_mixture_wherever_that_is_done(run, digits):
    now = Run.open(run).at(-1)
    assert can_place(now)
    answers = predict(run, digits.images[:40])
    assert np.mean(answers.q.argmax(axis=1) == now.labels[:40]) >= 0.975
    assert placed(now, digits.images[3]).q == pytest.approx(answers.q[3], abs=0.02)


def test_an_estimator_predicts_what_it_found_and_after_a_file_too(config, digits, tmp_path):
    model = DEC(config.changed(max_iterations=20)).fit(digits.images[:300])
    assert np.array_equal(model.predict(digits.images[:300]), model.labels_)
    model.save(tmp_path / "model")
    again = DEC.load(tmp_path / "model")
    assert np.array_equal(again.predict_proba(digits.images[:9]), model.predict_proba(digits.images[:9]))


def test_its_diagram_has_the_mixture_and_the_variances_of_z():
    config = PRESETS["vade"]
    said = [text.get_text() for text in model_figure(config, (28, 28)).findobj() if hasattr(text, "get_text")]
    assert {"Gaussian mixture", "β · KL(q(z,c)‖p(z,c))"} <= set(said)
    table = {row["layer"]: row["parameters"] for row in layer_table(config, (28, 28))}
    assert table["log_variance"] == table["z"] and table["clustering"] == 10 + 2 * 10 * config.latent_dim
