import io
import json
import pickle
import warnings
import zipfile

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.datasets import load_digits, make_blobs
from sklearn.exceptions import ConvergenceWarning, NotFittedError
from sklearn.metrics import adjusted_rand_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, MinMaxScaler
from sklearn.utils import estimator_checks

import dec_core
from dec_core import DEC, ConfigError, RunConfig, presets
from dec_core.analysis.assignment import soft_assignment
from dec_core.analysis.umap_gmm import umap_gmm
from dec_core.data.deskew import deskew
from dec_core.training import TrainingState, train
from dec_core.training.events import CentersInitialized, Diverged, Finished, PretrainProgress, TargetUpdated

pytestmark = pytest.mark.slow

TINY = RunConfig.make(
    dataset="digits",
    hidden_units=(8,),
    latent_dim=2,
    pretrain_epochs=2,
    pretrain_optimizer="adam",
    pretrain_learning_rate=0.01,
    batch_size=64,
    n_clusters=2,
    kmeans_n_init=1,
    update_interval=5,
    max_iterations=10,
    momentum=0.0,
)  # trains in less than half a second

# -- scikit-learn's own checks

ONE_CLUSTER = "it asks for one cluster, and a clustering has two or more; runs below with two"
NEGATIVE = "it does not heed the tag that values are not negative; its claims are tested below on scaled blobs"
OF_ONE_CLUSTER = dict.fromkeys(
    ("check_dont_overwrite_parameters", "check_methods_subset_invariance", "check_fit2d_1feature",
     "check_fit2d_predict1d"), ONE_CLUSTER,
)  # fmt: skip


class AtLeastTwo(DEC):
    """DEC that hears two where it is asked for one cluster."""

    @property
    def n_clusters(self):
        return self._n_clusters

    @n_clusters.setter
    def n_clusters(self, n):
        self._n_clusters = 2 if n == 1 else n


def checks(model: DEC, not_applicable: dict[str, str]):
    return estimator_checks.estimator_checks_generator(
        model, expected_failed_checks=not_applicable, mark="xfail", xfail_strict=True
    )


CHECKS = [
    *checks(DEC(TINY), OF_ONE_CLUSTER | {"check_clustering": NEGATIVE}),
    *checks(DEC(TINY.changed(pretrain_epochs=20), standardize=True), OF_ONE_CLUSTER),
]


@pytest.mark.night  # half a minute; what fit, predict, labels and parameters promise is tested below
@pytest.mark.parametrize(
    ("estimator", "check"), CHECKS, ids=lambda it: "DEC" if isinstance(it, DEC) else it.func.__name__
)
@pytest.mark.filterwarnings("ignore")
def test_scikit_learns_checks(estimator, check):
    check(estimator)


@pytest.mark.parametrize("name", OF_ONE_CLUSTER)
@pytest.mark.filterwarnings("ignore")
def test_scikit_learns_checks_of_one_cluster_pass_with_two(name):
    getattr(estimator_checks, name)("DEC", AtLeastTwo(TINY))


def test_what_check_clustering_claims_holds_for_values_that_are_not_negative():
    x, y = make_blobs(50, random_state=1)
    x = MinMaxScaler().fit_transform(x)
    model = DEC(TINY.changed(pretrain_epochs=100, kmeans_n_init=5), n_clusters=3)
    labels = model.fit(x.tolist()).labels_
    assert labels.shape == (50,) and labels.dtype.kind == "i" and set(labels) == {0, 1, 2}
    assert adjusted_rand_score(y, labels) > 0.4
    assert np.array_equal(model.fit_predict(x), labels)


def test_routing_takes_no_argument_for_metadata():
    assert not hasattr(DEC, "set_fit_request") and not hasattr(DEC, "set_predict_request")


# -- fitting


@pytest.fixture(scope="module")
def trained(small, digits):
    """A trained model and how many events it took, to read only."""
    model = DEC(small)
    return model, len([*model.iter_fit(digits.images)])


@pytest.fixture(scope="module")
def model(trained) -> DEC:
    return trained[0]


@pytest.fixture(scope="module")
def tiny(digits) -> DEC:
    """A hastily trained one, to read only."""
    return DEC(TINY).fit(digits.images[:100])


def test_it_is_exported_on_demand():
    assert dec_core.DEC is DEC
    with pytest.raises(AttributeError, match="no attribute 'DECK'"):
        dec_core.DECK  # noqa: B018


def test_fit_is_the_training(model, small, digits):
    state = TrainingState(small, (8, 8))
    last = [*train(state, digits.x)][-1]
    assert np.array_equal(model.labels_, last.labels)
    assert np.array_equal(model.cluster_centers_, state.cluster_centers)
    assert (model.n_iter_, model.n_features_in_, model.input_shape_, model.scale_) == (60, 64, (8, 8), 1)


def test_answers_have_the_shapes_and_meaning_that_are_stated(model, digits):
    z, q = model.transform(digits.images), model.predict_proba(digits.images)
    assert z.shape == (1797, 10) and z.dtype == np.float32
    assert q.shape == (1797, 10) and q.sum(axis=1) == pytest.approx(1)
    assert q == pytest.approx(soft_assignment(z, model.cluster_centers_, model.config_.alpha))
    assert np.array_equal(model.predict(digits.images), q.argmax(axis=1))
    seen = model.reconstruct(digits.images)
    assert seen.shape == (1797, 8, 8)
    assert np.mean((seen - digits.images / 255) ** 2) < np.var(digits.images / 255) / 2
    assert np.array_equal(model.decode(z[:5]), seen[:5])
    assert model.decode(model.cluster_centers_).shape == (10, 8, 8)


def test_umap_and_a_mixture_are_an_estimator_that_has_no_place_for_new_samples(digits, tmp_path):
    x = digits.images[:300]
    model = DEC(TINY.changed(method="umap_gmm"), n_clusters=5)
    z = model.fit_transform(x)
    of_core = umap_gmm(x.reshape(300, 64), 5)
    assert np.array_equal(z, of_core.z) and np.array_equal(model.embedding_, z) and z.shape == (300, 10)
    assert np.array_equal(model.q_, of_core.responsibilities)
    assert np.array_equal(model.labels_, model.q_.argmax(axis=1)) and set(model.labels_) == {0, 1, 2, 3, 4}
    assert np.array_equal(clone(model).fit_predict(x), model.labels_)
    model.save(tmp_path / "model")
    loaded = DEC.load(tmp_path / "model")
    assert np.array_equal(loaded.labels_, model.labels_) and np.array_equal(loaded.q_, model.q_)
    frame = clone(model).set_output(transform="pandas").fit_transform(x)
    assert list(frame.columns) == [f"dec{i}" for i in range(10)] and np.array_equal(frame, z)


@pytest.mark.parametrize("name", ["predict", "predict_proba", "transform", "reconstruct", "decode"])
def test_what_umap_cannot_do_it_has_not_and_says_why(name, digits):
    model = DEC(TINY.changed(method="umap_gmm"), n_clusters=5)
    assert hasattr(DEC(TINY), name)
    with pytest.raises(AttributeError) as error:
        getattr(model, name)(digits.images)
    reason = error.value.__cause__
    assert "no place for others" in str(reason) and "fit_predict" in str(reason)


@pytest.mark.parametrize(
    "system",
    [
        {},
        {"method": "joint"},
        {"method": "autoencoder"},
        {"method": "kmeans"},
        {"autoencoder": "conv_transpose", "filters": (4, 6)},
        {"tol": 0.5},
        {"deskew": True},
    ],
    ids=str,
)
def test_predict_agrees_with_labels_in_every_system(system, digits, tmp_path):
    x = digits.images[:200]
    model = DEC(TINY.changed(**system), n_clusters=4).fit(x)
    assert np.array_equal(model.predict(x), model.labels_)
    assert model.reconstruct(x).shape == x.shape
    model.save(tmp_path / "model")
    assert np.array_equal(DEC.load(tmp_path / "model").predict_proba(x), model.predict_proba(x))


def test_y_is_not_looked_at(tiny, digits):
    assert np.array_equal(DEC(TINY).fit(digits.images[:100], object()).labels_, tiny.labels_)


def test_the_config_is_changed_by_the_parameters_and_by_the_data_only(digits):
    model = DEC(presets["first-look"].changed(pretrain_epochs=1, max_iterations=1), n_clusters=np.int64(3))
    again = clone(model).set_params(random_state=7)
    assert again.config == model.config and hash(again.config) == hash(model.config)
    with pytest.warns(ConvergenceWarning, match="collapsed"):  # after a single step
        config = again.fit(digits.images[:60]).config_
    assert (config.n_clusters, config.random_state, config.batch_size, config.n_samples) == (3, 7, 60, None)
    changed = {"n_clusters": 3, "random_state": 7, "batch_size": 60, "n_samples": None, "dataset": config.dataset}
    assert config == model.config.changed(**changed)
    assert (model.config.n_clusters, model.config.batch_size) == (10, 128)


def test_the_seed_decides(tiny, digits):
    z = [DEC(TINY, random_state=seed).fit_transform(digits.images[:100]) for seed in (0, 5)]
    assert np.array_equal(z[0], tiny.transform(digits.images[:100])) and not np.array_equal(*z)


def test_the_config_sets_upright_what_is_fitted_and_what_is_predicted(digits):
    x = digits.images[:100]
    state = TrainingState(TINY, (8, 8))
    for _ in train(state, deskew(x).reshape(100, 64)):
        pass
    model = DEC(TINY.changed(deskew=True)).fit(x)
    assert np.array_equal(model.labels_, state.labels)
    assert np.array_equal(model.transform(x), state.embed(deskew(x).reshape(100, 64)))


def test_a_pipeline_and_a_frame_are_served(digits):
    flat = FunctionTransformer(lambda images: images.reshape(len(images), -1) / 255.0)
    pipeline = make_pipeline(flat, DEC(TINY)).fit(digits.images[:100])
    assert np.array_equal(pipeline.predict(digits.images[:100]), pipeline[-1].labels_)
    z = DEC(TINY).set_output(transform="pandas").fit_transform(digits.images[:100])
    assert isinstance(z, pd.DataFrame) and list(z.columns) == ["dec0", "dec1"]


# -- events


def test_iter_fit_yields_the_trainings_events_and_the_model_follows(small, digits):
    model, seen = DEC(small.changed(pretrain_epochs=1, max_iterations=20)), []
    for event in model.iter_fit(digits.images):
        seen.append(type(event))
        if isinstance(event, PretrainProgress):
            assert model.transform(digits.images[:3]).shape == (3, 10)
            assert model.reconstruct(digits.images[:3]).shape == (3, 8, 8)
            assert not hasattr(model, "labels_") and not hasattr(model, "cluster_centers_")
            with pytest.raises(NotFittedError):
                model.predict(digits.images)
        elif isinstance(event, CentersInitialized | TargetUpdated | Finished):
            assert np.array_equal(model.labels_, event.labels)
            assert np.array_equal(model.predict(digits.images), event.labels)
    assert seen[0] is PretrainProgress and seen[-1] is Finished and TargetUpdated in seen


def test_a_model_stopped_saved_and_resumed_ends_as_one_that_was_not(trained, small, digits, tmp_path):
    """In the midst of an epoch; elsewhere: test_cuts."""
    model, n_events = trained
    stopped = DEC(small)
    training = stopped.iter_fit(digits.images)
    seen = [next(training) for _ in range(3)]
    training.close()
    stopped.save(tmp_path / "run.dec")
    resumed = DEC.load(tmp_path / "run.dec")
    seen += resumed.iter_fit(digits.images, resume=True)
    assert len(seen) == n_events
    assert np.array_equal(resumed.labels_, model.labels_)
    assert np.array_equal(resumed.cluster_centers_, model.cluster_centers_)


def test_resume_without_a_detour_and_after_the_end(tiny, digits):
    x = digits.images[:100]
    model = DEC(TINY)
    for event in model.iter_fit(x):
        if isinstance(event, TargetUpdated):
            break
    assert model.n_iter_ == 0
    assert isinstance([*model.iter_fit(x, resume=True)][-1], Finished)
    assert np.array_equal(model.labels_, tiny.labels_)
    assert [*model.iter_fit(x, resume=True)] == []


def test_resume_wants_something_to_resume_and_the_same_images(tiny, digits):
    with pytest.raises(NotFittedError, match="nothing to go on with"):
        next(DEC(TINY).iter_fit(digits.images, resume=True))
    for other in (digits.images[1:101], digits.images[:99], digits.images[99::-1]):
        with pytest.raises(ValueError, match="other images than those that training began with"):
            next(tiny.iter_fit(other, resume=True))


DIVERGING = {"pretrain_optimizer": "sgd", "pretrain_learning_rate": 10.0, "momentum": 0.99, "pretrain_epochs": 30}


def test_training_that_diverges_is_an_error_of_fit_and_an_event_of_iter_fit(digits):
    config = TINY.changed(hidden_units=(16,), latent_dim=3, **DIVERGING)
    with pytest.raises(
        ValueError, match=r"the learning rate 10 for sgd in pretraining \(pretrain_learning_rate\); try 1"
    ):
        DEC(config).fit(digits.images[:300])
    model = DEC(config)
    assert isinstance([*model.iter_fit(digits.images[:300])][-1], Diverged)
    for use in (model.transform, model.predict, model.reconstruct):
        with pytest.raises(NotFittedError):
            use(digits.images)


# -- what comes in


def test_the_same_images_in_any_form_are_the_same(digits):
    config, images = TINY.changed(method="kmeans"), digits.images[:100]  # of which z are the pixels
    rows, z = images.reshape(100, 64), DEC(config).fit_transform(images)
    forms = [
        images[..., None],
        rows,
        images / 255,
        rows.astype(np.float64),
        rows.tolist(),
        np.asfortranarray(rows.astype(np.int32)),
        rows.astype(object),
    ]
    for form in forms:
        assert np.array_equal(DEC(config).fit_transform(form), z)


def test_a_model_takes_what_it_was_fitted_on_or_rows(tiny, digits):
    x = digits.images[:5]
    assert np.array_equal(tiny.transform(x.reshape(5, 64)), tiny.transform(x))
    assert tiny.predict(x[:1]).shape == (1,)
    for other in (x[..., None], x.reshape(5, 4, 16)):
        with pytest.raises(ValueError, match=r"received images of .* expected \(8, 8\) as in fit"):
            tiny.predict(other)
    with pytest.raises(ValueError, match="X has 49 features, but DEC is expecting 64"):
        tiny.predict(x[:, :7, :7])


@pytest.mark.parametrize("shape", [(8, 6, 3), (8, 6, 4), (3, 8, 6)], ids=["colour", "opacity", "channels first"])
def test_images_in_colour(shape):
    x = np.random.default_rng(0).integers(0, 256, (20, *shape)).astype(np.uint8)
    model = DEC(TINY).fit(x)
    assert model.n_features_in_ == np.prod(shape) and model.reconstruct(x).shape == (20, 8, 6, 3)
    assert np.array_equal(model.predict(x.reshape(20, -1)), model.labels_)
    with pytest.raises(ConfigError, match="only gray ones can be deskewed"):
        DEC(TINY.changed(deskew=True)).fit(x)


def test_the_scale_is_decided_in_fit(digits):
    whole, dark = digits.images[:100] / 255.0, digits.images[:10] / 2000.0
    model = DEC(TINY).fit(whole)
    assert model.scale_ == 255
    assert np.array_equal(model.transform(dark), model.state_.embed(dark.reshape(10, 64).astype(np.float32)))
    with pytest.raises(ValueError, match=r"values from 0 to 255, expected 0 to 1 as in fit"):
        model.predict(digits.images)
    assert DEC(TINY).fit(whole > 0.5).scale_ == 255


def test_values_up_to_one_after_levels_up_to_255_are_taken_as_levels_with_a_warning(tiny, digits):
    dark = digits.images[:10] / 255.0
    whole = np.round(dark).astype(np.uint8)
    for x, seen in ((dark, (dark / 255).astype(np.float32)), (whole, whole)):
        with pytest.warns(UserWarning, match="brightest value is 1 of 255"):
            z = tiny.transform(x)
        assert np.array_equal(z, tiny.state_.embed(seen.reshape(10, 64)))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        tiny.transform(np.zeros((1, 8, 8)))  # black is black on either scale


def test_dark_images_are_fitted_with_a_warning():
    with pytest.warns(UserWarning, match="brightest value is 16 of 255"):
        DEC(TINY).fit(load_digits().images[:50])


def with_value(value):
    x = np.random.default_rng(0).random((20, 64)) * 255
    x[3, 5] = value
    return x


@pytest.mark.parametrize(
    ("bad", "said"),
    [
        (with_value(np.nan), "contains NaN"),
        (with_value(np.inf), "contains infinity"),
        (with_value(-1), "Negative values in data: received values from -1 to .*standardize=True"),
        (with_value(300), r"received values from .* to 300, expected 0 to 1 or 0 to 255.*standardize=True"),
        (np.zeros((0, 8, 8), np.uint8), "0 sample"),
        (np.zeros((20, 0)), "0 feature"),
        (np.zeros((1, 8, 8), np.uint8), r"1 sample\(s\).* minimum of 8"),
        (np.zeros(64), "Reshape your data"),
        (np.zeros((20, 8, 8, 5)), "received 5 channels"),
        (np.zeros((20, 2, 2, 2, 2)), "received shape"),
        ([["a", "b"]] * 20, "could not convert|not compatible"),
        ([[1, 2], [3]] * 10, "inhomogeneous"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_is_no_image_is_refused(bad, said, tiny):
    with pytest.raises(ValueError, match=said):
        DEC(TINY).fit(bad)
    if len(bad) == 20:
        with pytest.raises(ValueError):
            tiny.predict(bad)


def test_fractions_that_just_miss_0_to_1_are_refused_in_fit_and_dark_images_taken_after_it(digits):
    near_1 = digits.images[:20] / 255 * 1.001
    with pytest.raises(ValueError, match=r"received values from 0 to 1.001, expected 0 to 1 or 0 to 255.*standardize"):
        DEC(TINY).fit(near_1)
    of_gray_levels = DEC(TINY).fit(digits.images[:20] * 1.0)
    assert of_gray_levels.scale_ == 1 and len(of_gray_levels.predict(digits.images[:3] / 255 * 1.3)) == 3


def test_few_images(digits):
    model = DEC(TINY, n_clusters=8).fit(digits.images[:8])
    assert model.config_.batch_size == 8 and set(model.labels_) <= set(range(8))
    with pytest.raises(ConfigError, match=r"n_clusters: received 10, but there are only 9 images") as caught:
        DEC(TINY, n_clusters=10).fit(digits.images[:9])
    assert set(caught.value.problems) == {"n_clusters"}


def test_images_that_are_all_alike_end_in_one_cluster():
    alike = np.full((20, 8, 8), 200, np.uint8)
    with pytest.warns(ConvergenceWarning):
        model = DEC(TINY).fit(alike)
    assert set(model.labels_) == {0} and np.isfinite(model.predict_proba(alike)).all()


@pytest.mark.parametrize(
    ("parameters", "said"),
    [
        ({"config": "first-look"}, r"config: received 'first-look', expected a RunConfig"),
        ({"n_clusters": 1}, "n_clusters: received 1"),
        ({"n_clusters": 2.5}, "n_clusters: received 2.5"),
        ({"random_state": -1}, "random_state: received -1"),
        ({"config": TINY.changed(autoencoder="conv_transpose", filters=(4, 6, 8))}, "cannot return to that size"),
    ],
)
def test_parameters_that_cannot_be_are_refused_in_fit(parameters, said, digits):
    model = DEC(**{"config": TINY, **parameters})
    with pytest.raises(ValueError, match=said):
        model.fit(digits.images[:, :6, :6])


def test_a_fit_that_fails_leaves_no_half_of_the_one_before(digits):
    model = DEC(TINY).fit(digits.images[:50])
    with pytest.raises(ConfigError):
        model.set_params(n_clusters=51).fit(digits.images[:50, :7, :7])
    with pytest.raises(NotFittedError):
        model.predict(digits.images)


@pytest.mark.parametrize("z", [np.zeros(2), np.zeros((3, 5)), np.full((3, 2), np.nan)])
def test_decode_refuses_what_is_no_z(z, tiny):
    with pytest.raises(ValueError):
        tiny.decode(z)


# -- files


def test_a_loaded_model_is_the_saved_one(model, digits, tmp_path):
    model.save(str(tmp_path / "run.dec"))
    again = DEC.load(str(tmp_path / "run.dec"))
    assert again.get_params() == model.get_params() and again.config_ == model.config_
    for method in ("transform", "predict_proba", "predict", "reconstruct"):
        assert np.array_equal(getattr(again, method)(digits.images), getattr(model, method)(digits.images))
    for name in ("labels_", "cluster_centers_", "n_iter_", "n_features_in_", "input_shape_", "scale_"):
        assert np.array_equal(getattr(again, name), getattr(model, name))
    assert [path.name for path in tmp_path.iterdir()] == ["run.dec"]


@pytest.mark.parametrize("method", ["dec", "vade"])
def test_the_mean_image_is_kept(method, digits, tmp_path):
    model = DEC(TINY.changed(centered=True, method=method)).fit(255 - digits.images[:50])
    model.save(tmp_path / "model")
    again = DEC.load(tmp_path / "model")
    mean = np.asarray(again.encoder_.get_layer("minus_mean").mean)
    assert mean == pytest.approx((255 - digits.x[:50]).mean(axis=0) / 255, abs=1e-6)
    for name in ("transform", "predict_proba", "reconstruct"):
        assert np.array_equal(getattr(again, name)(digits.images), getattr(model, name)(digits.images))


def test_parameters_columns_and_scale_are_kept(digits, tmp_path):
    frame = pd.DataFrame(digits.x[:50] / 255.0, columns=[f"pixel {i}" for i in range(64)])
    DEC(TINY, n_clusters=np.int64(3), random_state=1).fit(frame).save(tmp_path / "model")
    model = DEC.load(tmp_path / "model")
    given = {"config": TINY, "n_clusters": 3, "random_state": 1, "standardize": False, "verbose": 0}
    own = {"encoder": None, "decoder": None, "weights": "given", "initial": None, "added_loss": None}
    assert model.get_params(deep=False) == given | own | {"added_loss_weight": 1.0} and model.scale_ == 255
    assert np.array_equal(model.predict(frame), model.labels_)
    with pytest.raises(ValueError, match="feature names should match"):
        model.predict(frame.rename(columns={"pixel 0": "other"}))


def test_only_what_has_begun_can_be_saved_and_a_failure_leaves_the_file_before(tiny, tmp_path, monkeypatch):
    with pytest.raises(NotFittedError):
        DEC(TINY).save(tmp_path / "model")
    tiny.save(tmp_path / "model")
    before = (tmp_path / "model").read_bytes()

    def fail(file, **arrays):
        file.write(b"half")
        raise OSError("disk full")

    monkeypatch.setattr(np, "savez", fail)
    with pytest.raises(OSError, match="disk full"):
        tiny.save(tmp_path / "model")
    assert [path.read_bytes() for path in tmp_path.iterdir()] == [before]
    with pytest.raises(FileNotFoundError):
        DEC.load(tmp_path / "none")


@pytest.fixture(scope="module")
def saved(tiny, tmp_path_factory) -> dict[str, np.ndarray]:
    """The arrays of a good file."""
    path = tmp_path_factory.mktemp("saved") / "model"
    tiny.save(path)
    with np.load(path) as arrays:
        return dict(arrays)


def packed(arrays, save=np.savez) -> bytes:
    file = io.BytesIO()
    save(file, **arrays)
    return file.getvalue()


def told(saved, **changes) -> dict[str, np.ndarray]:
    """The arrays, with other things said about them; `a__b` is b of a."""
    about = json.loads(str(saved["about"]))
    for name, value in changes.items():
        *within, last = name.split("__")
        inner = about[within[0]] if within else about
        inner[last] = value
    return saved | {"about": np.asarray(json.dumps(about))}


def bomb() -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("about.npy", b"\0" * 50_000_000)
    return file.getvalue()


def boastful() -> bytes:
    """An array that claims to be of 8 TB."""
    file, header = io.BytesIO(), io.BytesIO()
    np.lib.format.write_array_header_1_0(header, {"descr": "<f8", "fortran_order": False, "shape": (10**12,)})
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("about.npy", header.getvalue())
    return file.getvalue()


class Burglar:
    def __reduce__(self):
        return pytest.fail, ("a pickle was opened",)


GIANT = {"config__hidden_units": [4096] * 6, "input_shape": [500, 500]}
FOREIGN = {
    "nothing": lambda saved: b"",
    "text": lambda saved: b"This is no model.",
    "pickle": lambda saved: pickle.dumps({"about": 1}),
    "pickle inside": lambda saved: packed(saved | {"about": np.asarray([Burglar()], dtype=object)}),
    "pickle among": lambda saved: packed(saved | {"weight_0": np.asarray([Burglar()], dtype=object)}),
    "other arrays": lambda saved: packed({"x": np.zeros(3)}),
    "truncated": lambda saved: packed(saved)[:-100],
    "half": lambda saved: packed(saved)[: len(packed(saved)) // 2],
    "flipped": lambda saved: packed(saved).replace(saved["weight_0"].tobytes()[:8], b"\1" * 8),
    "bomb": lambda saved: bomb(),
    "boastful": lambda saved: boastful(),
    "compressed": lambda saved: packed(saved, np.savez_compressed),
    "no JSON": lambda saved: packed(saved | {"about": np.asarray("{")}),
    "deep JSON": lambda saved: packed(saved | {"about": np.asarray("[" * 100_000)}),
    "another format": lambda saved: packed(told(saved, format="dec_core.DEC 99")),
    "another scale": lambda saved: packed(told(saved, scale=3)),
    "unknown field": lambda saved: packed(told(saved, config__colour="red")),
    "unknown parameter": lambda saved: packed(told(saved, params__colour="red")),
    "another architecture": lambda saved: packed(told(saved, config__hidden_units=[9])),
    "more clusters": lambda saved: packed(told(saved, config__n_clusters=3)),
    "giant": lambda saved: packed(told(saved, **GIANT)),
    "giant images": lambda saved: packed(told(saved, input_shape=[10**9, 10**9])),
    "no images": lambda saved: packed(told(saved, input_shape=[-8, -8])),
    "another phase": lambda saved: packed(saved | {"phase": np.asarray("dreaming")}),
    "phase at odds": lambda saved: packed(saved | {"phase": np.asarray("pretraining")}),
    "no labels": lambda saved: packed({name: a for name, a in saved.items() if name != "labels"}),
    "wrong labels": lambda saved: packed(saved | {"labels": saved["labels"] + 1}),
    "fewer labels": lambda saved: packed(saved | {"labels": saved["labels"][1:]}),
    "text for weights": lambda saved: packed(saved | {"weight_0": saved["weight_0"].astype(str)}),
    "turned weights": lambda saved: packed(saved | {"weight_0": saved["weight_0"].T}),
    "NaN": lambda saved: packed(saved | {"weight_0": saved["weight_0"] * np.nan}),
    "text for a counter": lambda saved: packed(saved | {"epoch": np.asarray("one")}),
    "text in the optimizer": lambda saved: packed(saved | {"optimizer_0": np.asarray("one")}),
}


@pytest.mark.parametrize("make", FOREIGN.values(), ids=FOREIGN)
def test_other_files_are_refused(make, saved, tmp_path):
    path = tmp_path / "model"
    path.write_bytes(make(saved))
    with pytest.raises(ValueError, match=r"received no model .* expected a file that DEC.save wrote"):
        DEC.load(path)


def test_the_good_file_is_not_refused(saved, tiny, digits, tmp_path):
    (tmp_path / "model").write_bytes(packed(saved))
    assert np.array_equal(DEC.load(tmp_path / "model").predict(digits.images), tiny.predict(digits.images))


def test_pickle_and_copy_keep_a_model_that_is_not_finished(digits):
    model = DEC(TINY)
    for _, _event in zip(range(2), model.iter_fit(digits.images[:100]), strict=False):
        pass
    again = pickle.loads(pickle.dumps(model))
    assert np.array_equal(again.transform(digits.images), model.transform(digits.images))
    assert isinstance([*again.iter_fit(digits.images[:100], resume=True)][-1], Finished)


# -- the number of clusters, looked for


def test_auto_looks_for_the_number_of_clusters_and_says_what_it_found(digits):
    chosen = digits.images[np.isin(digits.y, [0, 4, 6])]  # which every seed tells apart
    model = DEC(TINY, n_clusters="auto", random_state=1).fit(chosen)
    assert model.config_.n_clusters == model.how_many_.n_clusters == len(model.cluster_centers_) == 3
    assert clone(model).n_clusters == "auto"
    model.set_params(n_clusters=4).fit(chosen)
    assert model.config_.n_clusters == 4 and not hasattr(model, "how_many_")


def test_a_model_that_looked_is_saved_with_its_number(digits, tmp_path):
    model = DEC(TINY, n_clusters="auto").fit(digits.images[np.isin(digits.y, [0, 6])])
    model.save(tmp_path / "model.dec")
    loaded = DEC.load(tmp_path / "model.dec")
    assert loaded.n_clusters == "auto" and loaded.config_.n_clusters == model.config_.n_clusters
    assert np.array_equal(loaded.labels_, model.labels_)


@pytest.mark.parametrize("n_clusters", ["many", "10 "])
def test_no_other_word_is_a_number_of_clusters(digits, n_clusters):
    with pytest.raises(ConfigError, match=r"n_clusters: received '.*', expected a valid integer"):
        DEC(TINY, n_clusters=n_clusters).fit(digits.images[:100])


def test_a_model_without_a_place_for_new_images_has_no_transform_and_says_why():
    model = DEC(RunConfig.make(dataset="own-x", method="umap_gmm"))
    assert not hasattr(model, "transform") and hasattr(DEC(TINY), "transform")
    with pytest.raises(AttributeError, match="'DEC' has no attribute 'transform'") as error:
        model.transform(np.zeros((1, 64)))
    assert "lays out the samples of fit" in str(error.value.__cause__)
