"""`DEC(initial=…, added_loss=…)`: centers from any clusterer, a loss of one's own, and what files keep of them."""

from types import SimpleNamespace

import keras
import numpy as np
import pytest
import tensorflow as tf
from sklearn.base import BaseEstimator, ClusterMixin, clone
from sklearn.cluster import DBSCAN, AgglomerativeClustering, Birch, KMeans, SpectralClustering
from sklearn.mixture import BayesianGaussianMixture, GaussianMixture
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from dec_core import DEC, RunConfig
from dec_core.model_parts import NotSaved
from dec_core.training.events import CentersInitialized, ClusterProgress, PretrainProgress, TargetUpdated
from dec_core.training.given_centers import given_centers

pytestmark = pytest.mark.slow

SHORT = RunConfig.make(
    dataset="digits", hidden_units=(8,), latent_dim=2, pretrain_epochs=2, pretrain_optimizer="adam",
    pretrain_learning_rate=0.01, batch_size=64, n_clusters=4, kmeans_n_init=1, update_interval=5, max_iterations=20,
    cluster_learning_rate=0.01, tol=0.0,
)  # fmt: skip


@pytest.fixture(scope="module")
def x(digits):
    return digits.images[:200]


class Labels(ClusterMixin, BaseEstimator):
    """A clusterer that gives these labels."""

    def __init__(self, labels=(), random_state=None):
        self.labels = labels
        self.random_state = random_state

    def fit_predict(self, X, y=None):
        seen.append(self.random_state)
        return np.asarray(self.labels)


seen = []  # the seeds that it was fitted with

# -- centers

POINTS = np.float32([[0, 0], [2, 0], [0, 4], [0, 6], [100, 100]])


def test_centers_are_the_means_of_each_label_and_noise_counts_for_none():
    config = SHORT.changed(n_clusters=2)
    centers = given_centers(Labels([7, 7, 3, 3, -1]), config, POINTS)
    assert centers.tolist() == [[0, 5], [1, 0]] and centers.dtype == np.float32


def test_centers_of_its_own_come_before_means():
    """Those of k-means on one point more than the labels tell of."""
    kmeans = KMeans(2, n_init=1, init=POINTS[[0, 4]], max_iter=1)
    centers = given_centers(kmeans, SHORT.changed(n_clusters=2), POINTS)
    assert centers.tolist() == kmeans.fit(POINTS).cluster_centers_.tolist()
    fixed = type("Fixed", (Labels,), {"cluster_centers_": np.ones((2, 2))})
    assert given_centers(fixed([0, 0, 1, 1, 1]), SHORT.changed(n_clusters=2), POINTS).tolist() == [[1, 1], [1, 1]]


def test_a_clusterer_without_a_seed_gets_that_of_the_run_and_stays_as_it_is():
    seen.clear()
    for clusterer in (Labels([0, 1, 2, 3, 3]), Labels([0, 1, 2, 3, 3], random_state=5)):
        given_centers(clusterer, SHORT.changed(random_state=9), POINTS)
    assert seen == [9, 5] and Labels().random_state is None


def test_a_clusterer_without_parameters_needs_no_set_params():
    class Bare:
        def get_params(self, deep=True):
            return {}

        def fit_predict(self, z):
            return [0, 1, 2, 3, 3]

    assert given_centers(Bare(), SHORT, POINTS).tolist() == [[0, 0], [2, 0], [0, 4], [50, 53]]


def test_a_clusterer_inside_a_pipeline_gets_the_seed_too():
    points = np.random.default_rng(0).normal(size=(300, 2)).astype(np.float32)
    pipeline = make_pipeline(StandardScaler(), KMeans(4, n_init=1, init="random", max_iter=1))
    centers = [given_centers(pipeline, SHORT.changed(random_state=seed), points) for seed in (0, 0, 0, 1)]
    assert np.array_equal(centers[0], centers[1]) and np.array_equal(centers[0], centers[2])
    assert not np.array_equal(centers[0], centers[3])


@pytest.mark.parametrize(
    "initial",
    [SpectralClustering(4, n_components=8), Birch(n_clusters=KMeans(4)), BayesianGaussianMixture(n_components=8)],
    ids=lambda value: type(value).__name__,
)
def test_what_is_no_number_of_clusters_is_not_taken_for_one(initial, x):
    assert isinstance(next(DEC(SHORT, initial=initial).iter_fit(x)), PretrainProgress)


@pytest.mark.parametrize(
    ("initial", "method"),
    [
        (AgglomerativeClustering(4), "dec"),
        (GaussianMixture(4), "autoencoder"),
        (SpectralClustering(4, n_neighbors=20), "dcn"),
        (KMeans(4), "autoencoder"),
    ],
    ids=lambda value: value if isinstance(value, str) else type(value).__name__,
)
def test_training_begins_with_centers_of_any_clusterer(initial, method, x):
    model = DEC(SHORT.changed(method=method), initial=initial, random_state=1)
    for event in model.iter_fit(x):
        if isinstance(event, CentersInitialized):
            z = model.transform(x)
            seed = {"random_state": 1} if "random_state" in initial.get_params() else {}
            labels = clone(initial).set_params(**seed).fit_predict(z)
            means = np.array([z[labels == i].mean(axis=0) for i in range(4)])
            assert model.cluster_centers_ == pytest.approx(means, abs=1e-3)
            assert np.array_equal(model.predict(x), event.labels)
    assert np.array_equal(model.labels_, model.predict(x)) and not hasattr(initial, "labels_")


def test_another_number_of_clusters_is_said_after_pretraining_and_can_be_mended(x):
    model = DEC(SHORT, initial=DBSCAN(eps=1e9))
    with pytest.raises(ValueError, match="initial: DBSCAN found 1 clusters among the z, expected n_clusters=4"):
        model.fit(x)
    model.set_params(initial=AgglomerativeClustering(4))
    assert not any(isinstance(event, PretrainProgress) for event in model.iter_fit(x, resume=True))
    assert np.array_equal(model.labels_, DEC(SHORT, initial=AgglomerativeClustering(4)).fit(x).labels_)


def test_parts_that_cannot_be_are_said_where_training_goes_on_too(x):
    model = DEC(SHORT, initial=DBSCAN(eps=1e9))
    with pytest.raises(ValueError, match="DBSCAN found 1"):
        model.fit(x)
    for wrong in (KMeans, "kmeans", KMeans(3)):
        with pytest.raises(ValueError, match=r"initial: received .*expected"):
            next(model.set_params(initial=wrong).iter_fit(x, resume=True))
    with pytest.raises(ValueError, match="added_loss: received 'entropy', expected a function"):
        next(model.set_params(initial=None, added_loss="entropy").iter_fit(x, resume=True))


@pytest.mark.parametrize("labels", [np.zeros((5, 4)), [0.0, 1.0, 2.0, 3.0, 3.0], [0, 1, 2, 3]], ids=str)
def test_what_are_no_labels(labels):
    with pytest.raises(ValueError, match=r"initial: Labels gave .* expected whole numbers of shape \(5,\)"):
        given_centers(Labels(labels), SHORT, POINTS)


def test_centers_that_are_no_numbers_are_said(x):
    class Undecided(KMeans):
        def fit_predict(self, X, y=None, sample_weight=None):
            labels = super().fit_predict(X)
            self.cluster_centers_[0, 0] = np.nan
            return labels

    with pytest.raises(ValueError, match="initial: Undecided has cluster_centers_ with values that are no numbers"):
        DEC(SHORT, initial=Undecided(4)).fit(x)


@pytest.mark.parametrize(
    ("initial", "said"),
    [
        (KMeans(4), r"with n_clusters=4 beside n_clusters=\"auto\""),
        (KMeans, "expected a clusterer"),
        ("x", "'x', expected a clusterer"),
    ],
)
def test_a_clusterer_that_is_told_a_number_and_a_search_for_it_exclude_each_other(initial, said, x, monkeypatch):
    with monkeypatch.context() as patch, pytest.raises(ValueError, match=f"initial: .*{said}"):
        patch.setattr("dec_core.estimator.how_many", None)  # which takes long, and is not begun
        next(DEC(SHORT, n_clusters="auto", initial=initial).iter_fit(x))
    monkeypatch.setattr("dec_core.estimator.how_many", lambda *given: SimpleNamespace(at_least_two=lambda: 4))
    assert next(DEC(SHORT, n_clusters="auto", initial=DBSCAN()).iter_fit(x))


@pytest.mark.parametrize(
    ("initial", "method", "said"),
    [
        (AgglomerativeClustering(5), "dec", "initial: received AgglomerativeClustering with n_clusters=5, expected 4"),
        (GaussianMixture(3), "dec", "initial: received GaussianMixture with n_components=3, expected 4"),
        (KMeans, "dec", "initial: received <class .*expected a clusterer of scikit-learn's kind"),
        ("kmeans", "dec", "initial: received 'kmeans', expected a clusterer"),
        (KMeans(4), "vade", "initial: received a clusterer for the method 'vade'.*choose dec, joint, dcn"),
        (KMeans(4), "umap_gmm", "initial: received a clusterer for the method 'umap_gmm'"),
    ],
)
def test_a_clusterer_that_cannot_be_is_said_before_the_first_event(initial, method, said, x):
    with pytest.raises(ValueError, match=said):
        next(DEC(SHORT.changed(method=method), initial=initial).iter_fit(x))


def test_its_parameters_are_nested():
    model = DEC(SHORT, initial=KMeans(4)).set_params(initial__n_init=7, config__latent_dim=3)
    assert model.initial.n_init == model.get_params()["initial__n_init"] == 7 and model.config.latent_dim == 3
    assert not any(name.startswith("initial__") for name in DEC(SHORT).get_params())


# -- a loss


def near_zero(x, z, q):
    return tf.reduce_mean(tf.square(z))


@pytest.mark.parametrize("method", ["dec", "joint", "dcn", "vade"])
def test_a_loss_is_minimised_along_and_its_value_told(method, x):
    config = SHORT.changed(method=method)
    events = [*DEC(config, added_loss=near_zero, added_loss_weight=2.0).iter_fit(x)]
    values = [event.added_loss for event in events if isinstance(event, ClusterProgress)]
    without = DEC(config, added_loss=near_zero, added_loss_weight=0.0).fit(x)
    unweighed = [row["added_loss"] for row in without.history_ if "added_loss" in row]
    assert len(values) == len(unweighed) == 4
    assert 0 < values[-1] < min(values[0], unweighed[-1]) / 2


def test_a_loss_of_weight_0_changes_nothing(x):
    plain = DEC(SHORT).fit(x)
    nothing = DEC(SHORT, added_loss=near_zero, added_loss_weight=0.0).fit(x)
    assert nothing.transform(x) == pytest.approx(plain.transform(x), abs=1e-6)
    assert plain.history_[-1].keys() == {"phase", "iteration", "loss"}


def test_a_step_with_a_loss_is_that_of_keras(x):
    """sgd without momentum: centers and weights move by the gradient of both losses."""
    config = SHORT.changed(max_iterations=1, batch_size=200, momentum=0.0)
    loss = lambda x, z, q: keras.ops.mean(x) * keras.ops.mean(q[:, 0] * z[:, 0])  # noqa: E731
    model = DEC(config, added_loss=loss, added_loss_weight=3.0)
    for event in model.iter_fit(x):
        if isinstance(event, TargetUpdated):
            break
    state, rows = model.state_, (x / 255).reshape(200, -1).astype(np.float32)
    variables = [v.value for v in state.clustering_variables()]
    with tf.GradientTape() as tape:
        z = state.encoder(rows)
        q = state.clustering_layer(z)
        total = keras.losses.KLDivergence()(state.p, q) + 3.0 * loss(rows, z, q)
    expected = [v - 0.01 * gradient for v, gradient in zip(variables, tape.gradient(total, variables), strict=True)]
    value = float(loss(rows, z, q))
    (told,) = [event.added_loss for event in model.iter_fit(x, resume=True) if isinstance(event, ClusterProgress)]
    assert told == pytest.approx(value, rel=1e-4)
    for variable, end in zip(state.clustering_variables(), expected, strict=True):
        assert np.asarray(variable) == pytest.approx(np.asarray(end), abs=1e-6)


def test_a_loss_is_given_float32_whatever_keras_computes_in(x):
    given = []
    keras.config.set_dtype_policy("mixed_float16")
    try:
        model = DEC(SHORT, added_loss=lambda *batch: given.extend(batch) or tf.reduce_mean(batch[2])).fit(x)
    finally:
        keras.config.set_dtype_policy("float32")
    assert {tensor.dtype for tensor in given} == {tf.float32} and model.labels_.shape == (200,)


def test_another_type_of_weights_is_refused(x):
    keras.config.set_floatx("float64")
    try:
        with pytest.raises(ValueError, match=r"keras.config.floatx\(\): received 'float64', expected 'float32'"):
            next(DEC(SHORT).iter_fit(x))
    finally:
        keras.config.set_floatx("float32")


@pytest.mark.parametrize("method", ["dec", "dcn"])
@pytest.mark.parametrize("end", [{"max_iterations": 1}, {"update_interval": 1}], ids=["end", "update"])
def test_a_gradient_that_is_no_number_is_told_before_anything_is_made_of_it(method, end, x):
    """The loss of the first step is one still: the root of 0 has no derivative."""
    model = DEC(SHORT.changed(method=method, **end), added_loss=lambda x, z, q: tf.reduce_mean(tf.sqrt(0 * z)))
    events = [*model.iter_fit(x)]
    assert "Or added_loss, or its gradient, is no number" in events[-1].message
    assert sum(isinstance(event, TargetUpdated) for event in events) == 1 and not hasattr(model, "state_")


@pytest.mark.parametrize(
    ("loss", "said"),
    [
        ("entropy", "added_loss: received 'entropy', expected a function"),
        (lambda x, z: 0.0, r"added_loss: it raised TypeError .*3 were given"),
        (lambda x, z, q: z, r"added_loss: it returned float32 of shape \(None, 2\), expected one float"),
        (lambda x, z, q: tf.argmax(q[0]), r"added_loss: it returned int64 of shape \(\), expected one float"),
        (lambda x, z, q: None, "added_loss: it returned None, expected a scalar tensor"),
        (lambda x, z, q: tf.reduce_mean(x + z), r"added_loss: it raised .* \(None, 64\), \(None, 2\), \(None, 4\)"),
    ],
)
def test_a_loss_that_cannot_be_is_said_before_the_first_event(loss, said, x):
    model = DEC(SHORT.changed(max_iterations=1)).fit(x).set_params(added_loss=loss)
    with pytest.raises(ValueError, match=said):
        next(model.iter_fit(x))
    assert not hasattr(model, "state_") and not hasattr(model, "history_")


def test_a_loss_where_nothing_is_trained_after_the_centers(x):
    with pytest.raises(
        ValueError, match=r"added_loss: .*'autoencoder', which ends with its centers; choose dec, joint"
    ):
        DEC(SHORT.changed(method="autoencoder"), added_loss=near_zero).fit(x)
    with pytest.raises(ValueError, match="added_loss_weight: received nan, expected a finite number"):
        DEC(SHORT, added_loss=near_zero, added_loss_weight=float("nan")).fit(x)


def test_a_loss_that_is_no_number_is_told_of(x):
    with pytest.raises(ValueError, match="Or added_loss, or its gradient, is no number"):
        DEC(SHORT, added_loss=lambda x, z, q: tf.reduce_mean(tf.math.log(z - z - 1.0))).fit(x)


# -- files


def test_a_weight_of_numpys_is_kept(x, tmp_path):
    DEC(SHORT, added_loss_weight=np.float32(0.5)).fit(x).save(tmp_path / "model")
    assert DEC.load(tmp_path / "model").added_loss_weight == 0.5


def test_files_keep_no_functions_and_the_model_asks_for_them(x, tmp_path):
    parts = {"initial": AgglomerativeClustering(4), "added_loss": near_zero, "added_loss_weight": 0.01}
    whole, model = DEC(SHORT, **parts).fit(x), DEC(SHORT, **parts)
    for event in model.iter_fit(x):
        if isinstance(event, ClusterProgress):
            break
    for name in ("once", "twice"):
        model.save(tmp_path / name)
        model = DEC.load(tmp_path / name)
    assert model.initial == NotSaved("AgglomerativeClustering") and model.added_loss == NotSaved("near_zero")
    assert model.added_loss_weight == 0.01 and model.predict(x).shape == (200,)
    asked = r"received a model from a file.*'(near_zero|AgglomerativeClustering)': set_params"
    with pytest.raises(ValueError, match=asked):
        next(model.iter_fit(x, resume=True))
    with pytest.raises(ValueError, match=asked):
        DEC.load(tmp_path / "once").fit(x)
    model.set_params(added_loss=near_zero)  # centers are placed: the clusterer is not asked for
    for _ in model.iter_fit(x, resume=True):
        pass
    assert np.array_equal(model.transform(x), whole.transform(x))


def test_a_finished_model_of_a_file_answers_without_them(x, tmp_path):
    model = DEC(SHORT, added_loss=near_zero, added_loss_weight=0.01).fit(x)
    model.save(tmp_path / "model")
    loaded = DEC.load(tmp_path / "model")
    assert np.array_equal(loaded.predict_proba(x), model.predict_proba(x))
    assert [*loaded.iter_fit(x, resume=True)] == [] and loaded.history_ == []
