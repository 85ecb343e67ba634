"""DEC of what is no image: numbers of any sign and size, standardized; and floats that stay floats."""

import numpy as np
import pytest
from alone import ended_with_most
from hypothesis import given
from hypothesis import strategies as st
from sklearn.cluster import KMeans
from sklearn.datasets import make_blobs
from sklearn.metrics import adjusted_rand_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler, StandardScaler

from dec_core import DEC, ConfigError, RunConfig
from dec_core.data.values import Standardization

pytestmark = pytest.mark.slow

VECTORS = RunConfig.make(
    dataset="digits",
    hidden_units=(64, 32),
    latent_dim=5,
    pretrain_epochs=30,
    pretrain_optimizer="adam",
    pretrain_learning_rate=0.003,
    batch_size=64,
    n_clusters=6,
    kmeans_n_init=5,
    update_interval=20,
    cluster_optimizer="adam",
    cluster_learning_rate=0.001,
    max_iterations=100,
)
SHORT = VECTORS.changed(pretrain_epochs=1, max_iterations=20)


@pytest.fixture(scope="module")
def blobs():
    """Six groups in 20 dimensions, around zero, and columns of very different units; one is constant."""
    x, y = make_blobs(900, n_features=20, centers=6, cluster_std=1.5, random_state=4)
    x = x * np.geomspace(1e-3, 1e6, 20) + np.linspace(-1e3, 1e3, 20)
    x[:, 7] = -12.5
    return x, y


@pytest.fixture(scope="module")
def fitted(blobs) -> DEC:
    """To read only."""
    return DEC(VECTORS, standardize=True).fit(blobs[0])


# -- standardized


def test_blobs_that_kmeans_solves_dec_solves(blobs, fitted):
    x, y = blobs
    kmeans = KMeans(6, n_init=5, random_state=0).fit(StandardScaler().fit_transform(x))
    assert x.min() < 0 and adjusted_rand_score(y, kmeans.labels_) > 0.95
    assert adjusted_rand_score(y, fitted.labels_) > 0.95
    assert np.array_equal(fitted.predict(x), fitted.labels_)


def test_columns_are_those_of_fit_also_for_what_is_predicted(blobs, fitted):
    x, _ = blobs
    assert fitted.scale_ is None and fitted.std_[7] == 0
    assert fitted.mean_ == pytest.approx(x.mean(axis=0)) and fitted.std_ == pytest.approx(x.std(axis=0), abs=1e-9)
    some = x[:40] + 0.1 * x.std(axis=0)
    some[:, 7] = 1e6  # says nothing, since it said nothing in fit
    rows = (some - x.mean(axis=0)) / np.where(x.std(axis=0) > 1e-9, x.std(axis=0), np.inf)
    assert fitted.transform(some) == pytest.approx(fitted.state_.embed(rows.astype(np.float32)), abs=1e-4)


def test_reconstructions_have_the_units_and_the_shape_of_x(blobs, fitted):
    x, _ = blobs
    seen = fitted.reconstruct(x)
    assert seen.shape == x.shape and seen[:, 7] == pytest.approx(-12.5)
    varies = x.std(axis=0) > 0
    error = np.mean(((seen - x)[:, varies] / x.std(axis=0)[varies]) ** 2)
    assert error < 0.2  # of a variance of one
    assert seen.min() < -1 and seen.max() > 1e5  # nothing holds them within 0..1
    assert fitted.decode(fitted.cluster_centers_).shape == (6, 20)


def test_kmeans_centers_are_standardized_columns(blobs):
    x, _ = blobs
    model = DEC(VECTORS.changed(method="kmeans"), standardize=True).fit(x)
    means = np.array([model.transform(x)[model.labels_ == k].mean(axis=0) for k in range(6)])
    assert model.cluster_centers_ == pytest.approx(means, abs=1e-4)


def test_a_saved_model_predicts_the_same_bit_for_bit(blobs, fitted, tmp_path):
    x, _ = blobs
    fitted.save(tmp_path / "model")
    again = DEC.load(tmp_path / "model")
    assert again.standardize and again.scale_ is None
    for name in ("mean_", "std_", "labels_", "cluster_centers_"):
        assert np.array_equal(getattr(again, name), getattr(fitted, name))
    for method in ("transform", "predict_proba", "reconstruct"):
        assert np.array_equal(getattr(again, method)(x), getattr(fitted, method)(x))


def test_a_model_that_was_stopped_goes_on_standardized(blobs, tmp_path):
    x, _ = blobs
    whole, model = DEC(SHORT, standardize=True).fit(x), DEC(SHORT, standardize=True)
    training = model.iter_fit(x)
    next(training)
    training.close()
    model.save(tmp_path / "model")
    again = DEC.load(tmp_path / "model")
    for _ in again.iter_fit(x, resume=True):
        pass
    assert np.array_equal(again.labels_, whole.labels_)


@pytest.mark.parametrize(
    "damage",
    [{"mean": np.zeros(3)}, {"std": np.full(20, np.nan)}, {"mean": np.zeros(20, np.float32)}, {"std": None}],
    ids=str,
)
def test_a_file_whose_columns_are_damaged_is_refused(damage, fitted, tmp_path):
    fitted.save(tmp_path / "model")
    with np.load(tmp_path / "model") as arrays:
        changed = dict(arrays) | damage
    with (tmp_path / "model").open("wb") as file:
        np.savez(file, **{name: array for name, array in changed.items() if array is not None})
    with pytest.raises(ValueError, match="received no model"):
        DEC.load(tmp_path / "model")


NEEDS_IMAGES = {
    "deskew": {"deskew": True},
    "pretrain_augment": {"pretrain_augment": True},
    "augment": {"augment": True},
    "autoencoder": {"autoencoder": "conv_transpose", "filters": (4, 6)},
    "features": {"first_target": "umap_gmm", "features": "gradients"},
    "compare_distorted": {"first_target": "umap_gmm", "compare_distorted": True},
}


@pytest.mark.parametrize("field", NEEDS_IMAGES)
@pytest.mark.parametrize("shape", [(64,), (63,), (8, 8)], ids=str)
def test_what_needs_images_is_refused_before_the_first_event(field, shape):
    x = np.random.default_rng(0).normal(size=(100, *shape))
    model = DEC(SHORT.changed(**NEEDS_IMAGES[field]), standardize=True)
    with pytest.raises(ConfigError, match=r"vector|one line") as caught:
        next(model.iter_fit(x))
    assert set(caught.value.problems) == {field} and not hasattr(model, "state_")


def test_a_mixture_of_their_umap_can_be_the_first_target_of_vectors(blobs):
    x, y = blobs
    config = VECTORS.changed(first_target="umap_gmm", first_target_steps=60, gmm_n_init=2)
    assert adjusted_rand_score(y, DEC(config, standardize=True).fit(x).labels_) > 0.95


@pytest.mark.parametrize("method", ["joint", "dcn", "vade", "autoencoder"])
def test_other_methods_take_vectors_too(method, blobs, tmp_path):
    x, y = blobs
    model = DEC(VECTORS.changed(method=method), standardize=True).fit(x)
    assert adjusted_rand_score(y, model.labels_) > 0.95 and np.array_equal(model.predict(x), model.labels_)
    model.save(tmp_path / "model")
    assert np.array_equal(DEC.load(tmp_path / "model").reconstruct(x), model.reconstruct(x))


def test_a_fit_without_standardize_after_one_with_it_forgets_the_columns(blobs):
    model = DEC(SHORT, standardize=True).fit(blobs[0])
    model.set_params(standardize=False).fit(np.random.default_rng(0).random((100, 20)))
    assert model.scale_ == 255 and not hasattr(model, "mean_") and not hasattr(model, "std_")


numbers = st.floats(-1e6, 1e6, width=32)


@given(st.lists(st.tuples(numbers, numbers, st.just(0.1)), min_size=2, max_size=30))
def test_standardizing_is_undone(rows):
    x = np.array(rows)
    found = Standardization.of(x)
    standardized = found.apply(x)
    assert standardized.dtype == np.float32 and not standardized[:, 2].any()
    assert np.abs(standardized.mean(axis=0)).max() < 1e-5 and standardized.std(axis=0).max() < 1 + 1e-5
    assert found.undo(standardized) == pytest.approx(x, abs=1e-5 * max(1, np.abs(x).max()))


def test_a_variance_that_is_no_number_is_refused():
    with pytest.raises(ValueError, match=r"from -1e\+300 to 1e\+300, whose variance is too large"):
        DEC(SHORT, standardize=True).fit(np.repeat([[1e300, 0.0], [-1e300, 1.0]], 50, axis=0))


# -- floats that stay floats


def test_a_scaler_that_ends_a_little_above_one_makes_no_image_black_and_white(digits):
    x = digits.x[:300] / 255
    x[0, 20] = 1.0000000000000002
    model = DEC(SHORT.changed(method="kmeans"), n_clusters=4)
    assert model.fit(x).scale_ == 255
    assert model.transform(x) == pytest.approx(x)
    pipeline = make_pipeline(MinMaxScaler(), DEC(SHORT)).fit(digits.x[:300])
    assert pipeline[-1].scale_ == 255 and np.array_equal(pipeline.predict(digits.x[:300]), pipeline[-1].labels_)


def test_floats_are_not_cut_into_levels():
    x = 0.5 + np.random.default_rng(0).uniform(-1e-3, 1e-3, (100, 16))
    z = DEC(SHORT.changed(method="kmeans"), n_clusters=2).fit_transform(x)
    assert np.array_equal(z, x.astype(np.float32))
    x[0, 0] = 1.0
    z = DEC(SHORT.changed(method="kmeans"), n_clusters=2).fit_transform(255 * x)
    assert z == pytest.approx(x, abs=1e-7)


@pytest.mark.parametrize("bad, said", [(1.01, "0 to 1 as in fit"), (-0.01, "Negative .* 0 to 1 as in fit")])
def test_what_lies_outside_the_scale_of_fit_is_refused(bad, said, digits):
    x = digits.x[:100] / 255
    model = DEC(SHORT.changed(method="kmeans")).fit(x)
    x[3, 3] = bad
    with pytest.raises(ValueError, match=f"{said}; rescale them, or fit with standardize=True"):
        model.predict(x)


@pytest.mark.parametrize(("to", "copies"), [(1, 0), (255, 1)])
def test_float32_is_copied_once_at_most(to, copies):
    x = np.random.default_rng(0).random((20_000, 100), dtype=np.float32) * to
    is_shared, most = ended_with_most(samples_share_memory, x)
    assert is_shared == (copies == 0) and most < (copies + 0.2) * x.nbytes


def samples_share_memory(x):
    """Whether what `fit` trains on lies where x lies."""
    return np.shares_memory(DEC(SHORT.changed(method="kmeans", batch_size=4096))._samples(x, reset=True), x)


def test_vectors_too_far_from_those_of_fit_are_refused(blobs):
    model = DEC(SHORT, standardize=True).fit(blobs[0])
    with pytest.raises(ValueError, match=r"expected numbers within 32 bits.*rescale"):
        model.predict(blobs[0] * 1e45)
