"""`DEC(encoder=…, decoder=…)`: own Keras models are checked, copied, and trained by the same loop."""

import random

import keras
import numpy as np
import pytest
from keras import layers
from own_networks import SHORT, Scale, Unregistered, back, convolutional, dense, same, values
from sklearn.base import clone

from dec_core import DEC
from dec_core.networks.own import copy_of, seeds_of
from dec_core.training import TrainingState
from dec_core.training.events import PretrainProgress
from dec_core.training.history import rows_of
from dec_core.training.own_parts import OwnParts

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def x(digits):
    return digits.images[:200]


# -- training


@pytest.mark.parametrize("method", ["dec", "joint", "dcn", "autoencoder"])
def test_any_layers_are_trained_and_what_is_given_stays_as_it_is(method, x):
    encoder, decoder = convolutional()
    before = values(encoder, decoder)
    model = DEC(SHORT.changed(method=method), encoder=encoder, decoder=decoder).fit(x)
    assert same(values(encoder, decoder), before) and not same(values(model.encoder_, model.decoder_), before)
    assert model.transform(x).shape == (200, 3) and model.config_.latent_dim == 3
    assert model.reconstruct(x).shape == (200, 8, 8)
    assert np.array_equal(model.predict(x), model.labels_)
    losses = [row["loss"] for row in model.history_ if row["phase"] == "pretraining"]
    assert len(losses) == 2 and losses[1] < losses[0]


def test_our_own_networks_given_as_own_are_trained_to_the_same_numbers(x):
    """The loop is the same: what comes of our networks does not depend on who brings them."""
    state = TrainingState(SHORT, (8, 8))
    ours = DEC(SHORT).fit(x)
    theirs = DEC(SHORT, encoder=state.encoder, decoder=state.decoder).fit(x)
    assert np.array_equal(theirs.transform(x), ours.transform(x))
    assert np.array_equal(theirs.cluster_centers_, ours.cluster_centers_)


def test_vectors_and_series_go_in_as_they_are():
    series = np.random.default_rng(0).normal(3, 5, (60, 10, 2))
    encoder = keras.Sequential([keras.Input((10, 2)), layers.Conv1D(4, 3), layers.Flatten(), layers.Dense(3)])
    decoder = keras.Sequential([keras.Input((3,)), layers.Dense(20), layers.Reshape((10, 2))])
    model = DEC(SHORT, encoder=encoder, decoder=decoder, standardize=True).fit(series)
    assert model.decode(model.cluster_centers_).shape == (4, 10, 2)
    assert model.predict(series.reshape(60, 20)).shape == (60,)


def test_what_is_frozen_stays_and_what_regularizes_is_minimised(x):
    regularized = layers.Dense(16, kernel_regularizer=keras.regularizers.L2(10.0), name="heavy")
    encoder = dense(3, layers.Dense(16, trainable=False, name="frozen"), regularized)
    model = DEC(SHORT.changed(pretrain_epochs=5), encoder=encoder, decoder=back()).fit(x)
    frozen, heavy = (
        [np.array(m.get_layer(name).kernel) for m in (model.encoder_, encoder)] for name in ("frozen", "heavy")
    )
    assert np.array_equal(*frozen)
    assert np.abs(heavy[0]).mean() < np.abs(heavy[1]).mean() / 2


def test_a_loss_of_a_layer_that_is_not_one_number_is_said(x):
    class Sparse(layers.Layer):
        def call(self, z):
            self.add_loss(keras.ops.abs(z))
            return z

    with pytest.raises(
        ValueError, match=r"a layer has added a loss of shape \(.*\), expected one number; take the mean"
    ):
        DEC(SHORT, encoder=dense(3, Sparse()), decoder=back()).fit(x)


# -- weights


def test_weights_that_are_given_are_where_training_begins():
    encoder, decoder = dense(), back()
    own = OwnParts(encoder, decoder)
    for seed in (0, 1):
        state = TrainingState(SHORT.changed(random_state=seed, latent_dim=3), (8, 8), own)
        assert same(values(state.encoder, state.decoder), values(encoder, decoder))


def test_pretrained_weights_are_not_pretrained_again(x):
    encoder, decoder = dense(), back()
    pretrained = DEC(SHORT, encoder=encoder, decoder=decoder, weights="pretrained")
    events = [*pretrained.iter_fit(x)]
    assert not any(isinstance(event, PretrainProgress) for event in events)
    ended = DEC(SHORT.changed(method="autoencoder"), encoder=encoder, decoder=decoder, weights="pretrained").fit(x)
    assert same(values(ended.encoder_), values(encoder)) and same(values(ended.decoder_), values(decoder))


def test_pretrained_weights_that_are_no_numbers_are_said(x):
    encoder = dense()
    encoder.set_weights([np.nan * weight for weight in encoder.get_weights()])
    with pytest.raises(ValueError, match=r"z: the encoder gives values that are no numbers.*weights"):
        DEC(SHORT, encoder=encoder, decoder=back(), weights="pretrained").fit(x)


def test_weights_are_drawn_by_the_seed():
    encoder, decoder = convolutional()
    own = OwnParts(encoder, decoder, weights="drawn")
    one, again, other = (values(*own.networks(seed)) for seed in (1, 1, 2))
    assert same(one, again)
    kernels = [i for i, value in enumerate(one) if value.ndim > 1]
    assert len(kernels) >= 3
    for i in kernels:
        assert not np.array_equal(one[i], other[i]) and not np.array_equal(one[i], values(encoder, decoder)[i])


def test_the_seed_decides_dropout_too(x):
    encoder, decoder = dense(3, layers.Dropout(0.5), layers.Dropout(0.5, seed=3)), back()
    own, before = OwnParts(encoder, decoder), random.getstate()
    one, again, other = ([np.array(v) for v in seeds_of(*own.networks(seed))] for seed in (0, 0, 1))
    assert len(one) == 2 and same(one, again) and len({tuple(state) for state in one + other}) == 4
    assert random.getstate() == before
    z = [DEC(SHORT, encoder=encoder, decoder=decoder).fit_transform(x) for _ in range(2)]
    assert np.array_equal(*z)


def adapted():
    """Its first layer standardizes by what it was adapted to; inside a layer of one's own, too."""
    first, second = layers.Normalization(), layers.Normalization()
    encoder = keras.Sequential([keras.Input((64,)), first, Around(second), layers.Dense(3)])
    rows = np.random.default_rng(0).normal(5, 2, (100, 64))
    first.adapt(rows)
    second.adapt(3 * rows)
    return encoder, rows


class Around(layers.Layer):
    """Calls the layer that it holds, and has a number whose name is that of Keras's list of layers."""

    def __init__(self, inner, layers=1, **kwargs):
        super().__init__(**kwargs)
        self.inner, self.layers = inner, layers

    def build(self, shape):
        if not self.inner.built:
            self.inner.build(shape)

    def call(self, x):
        return self.inner(x)

    def get_config(self):
        return {**super().get_config(), "inner": keras.saving.serialize_keras_object(self.inner), "layers": self.layers}

    @classmethod
    def from_config(cls, config):
        return cls(keras.saving.deserialize_keras_object(config.pop("inner")), **config)


def test_a_copy_answers_as_the_model_does_what_it_was_adapted_to_included():
    encoder, rows = adapted()
    assert np.array_equal(copy_of("encoder", encoder, draw=False)(rows), encoder(rows))


def test_what_is_frozen_or_adapted_is_not_drawn_anew():
    encoder, rows = adapted()
    frozen = keras.Sequential([keras.Input((64,)), *encoder.layers[:2], layers.Dense(8), layers.Dense(3)])
    frozen.layers[2].trainable = False
    drawn = copy_of("encoder", frozen, draw=True)
    of_hidden = [keras.Model(m.inputs, m.layers[2].output) for m in (frozen, drawn)]
    assert np.array_equal(*(model(rows) for model in of_hidden))
    assert not np.array_equal(drawn.layers[3].kernel, frozen.layers[3].kernel)


class Falling(layers.Layer):
    """Adds its one weight to the loss, so that each step takes the learning rate off it."""

    def build(self, shape):
        self.height = self.add_weight(shape=(), initializer="ones")

    def call(self, x):
        self.add_loss(1.0 * self.height)
        return x


@pytest.mark.parametrize(("method", "n_steps_of_decoder"), [("dec", 4), ("joint", 7), ("dcn", 7)])
def test_what_layers_add_to_the_loss_is_minimised_once_in_each_step(method, n_steps_of_decoder, x):
    """Of 4 steps of pretraining and 3 of clustering, at a rate of .01; "dec" leaves the decoder as it is."""
    config = SHORT.changed(method=method, pretrain_epochs=1, pretrain_optimizer="sgd", max_iterations=3, momentum=0.0)
    decoder = keras.Sequential([keras.Input((3,)), Falling(), layers.Dense(64)])
    model = DEC(config, encoder=dense(3, Falling()), decoder=decoder).fit(x)
    heights = [
        float(layer.height) for m in (model.encoder_, model.decoder_) for layer in m.layers if "height" in vars(layer)
    ]
    assert heights == pytest.approx([1 - 0.07, 1 - 0.01 * n_steps_of_decoder])


def test_penalties_in_half_precision_are_minimised_along(x):
    hidden = layers.Dense(8, dtype="mixed_bfloat16", activity_regularizer="l2")
    encoder = keras.Sequential([keras.Input((64,)), hidden, layers.Dense(3, dtype="float32")])
    assert DEC(SHORT.changed(method="joint"), encoder=encoder, decoder=back()).fit(x).history_


def test_history_has_a_row_for_each_epoch_that_has_ended():
    assert rows_of(PretrainProgress(1, 2, 10, 25, 0.5)) == []
    assert rows_of(PretrainProgress(1, 2, 25, 25, 0.5)) == [{"phase": "pretraining", "epoch": 1, "loss": 0.5}]


# -- scikit-learn


@pytest.mark.parametrize("scale", [Scale, Unregistered])
def test_clone_and_params(scale, x):
    encoder, decoder = convolutional(scale)
    model = DEC(SHORT, encoder=encoder, decoder=decoder, weights="given")
    assert model.get_params()["encoder"] is encoder and model.get_params()["decoder"] is decoder
    other = clone(model)
    assert other.encoder is not encoder and same(other.encoder.get_weights(), encoder.get_weights())
    assert isinstance(next(other.iter_fit(x)), PretrainProgress)


# -- what cannot be


def two_inputs():
    a, b = keras.Input((64,)), keras.Input((64,))
    return keras.Model([a, b], layers.Dense(3)(a + b))


def half(n_z=3):
    return keras.Sequential([keras.Input((64,)), layers.Dense(n_z, dtype="bfloat16")])


def whole_numbers(dtype):
    return keras.Sequential([keras.Input((64,), dtype=dtype), layers.Rescaling(1 / 255), layers.Dense(3)])


class Subclassed(keras.Model):
    def call(self, x):
        return x[:, :3]


SHARED = layers.Dense(64)


@pytest.mark.parametrize(
    ("encoder", "decoder", "said"),
    [
        (dense, lambda: None, "decoder: received None beside encoder"),
        (lambda: None, back, "encoder: received None beside decoder"),
        (lambda: "resnet", back, "encoder: received 'resnet', expected a Keras model"),
        (lambda: keras.Sequential([layers.Dense(3)]), back, "encoder: received a model whose shapes are not known yet"),
        (Subclassed, back, r"encoder: received a model whose shapes are not known yet.*keras.Model\(inputs, model"),
        (two_inputs, back, "encoder: received a model of 2 inputs, expected one"),
        (lambda: whole_numbers("uint8"), back, "encoder: received a model that takes uint8, expected float32"),
        (lambda: whole_numbers("int32"), back, "encoder: received a model that takes int32, expected float32"),
        (half, back, 'encoder: received a model that gives bfloat16, expected float32.*dtype="float32"'),
        (lambda: dense(3, shape=(49,)), lambda: keras.Sequential([keras.Input((3,)), layers.Dense(49)]),
         r"encoder: received an input of shape \(49,\), expected .* X: \(64,\) or \(8, 8\) or \(8, 8, 1\)"),
        (lambda: dense(shape=(4, 16)), lambda: back(shape=(4, 16)), r"encoder: received an input of shape \(4, 16\)"),
        (lambda: keras.Sequential([keras.Input((8, 8)), layers.Dense(3)]), lambda: back(shape=(8, 8)),
         r"encoder: received an output of shape \(8, 3\), expected one vector z"),
        (dense, lambda: back(4), r"decoder: received an input of shape \(4,\), expected \(3,\), as the encoder gives"),
        (dense, lambda: back(shape=(8, 8)), r"decoder: received an output of shape \(8, 8\), expected \(64,\)"),
        (lambda: keras.Sequential([keras.Input((64,)), SHARED, layers.Dense(64)]),
         lambda: keras.Sequential([keras.Input((64,)), SHARED]), "decoder: received a model that shares weights"),
        (lambda: dense(600), lambda: back(600), "latent_dim: received 600"),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_said_before_the_first_event(encoder, decoder, said, x):
    with pytest.raises(ValueError, match=said):
        next(DEC(SHORT, encoder=encoder(), decoder=decoder()).iter_fit(x))


@pytest.mark.parametrize(
    ("method", "said"),
    [("vade", "needs variances of z"), ("kmeans", "has no network"), ("umap_gmm", "has no network")],
)
def test_methods_that_have_no_place_for_an_own_encoder(method, said, x):
    with pytest.raises(ValueError, match=rf"encoder: .*{said}.*choose dec, joint, dcn, autoencoder"):
        DEC(SHORT.changed(method=method), encoder=dense(), decoder=back()).fit(x)


def test_weights_of_another_name(x):
    with pytest.raises(ValueError, match="weights: received 'new', expected one of given, drawn, pretrained"):
        DEC(SHORT, encoder=dense(), decoder=back(), weights="new").fit(x)
    with pytest.raises(ValueError, match="weights: received 'drawn' without encoder and decoder"):
        DEC(SHORT, weights="drawn").fit(x)


def test_a_layer_that_cannot_be_copied_says_what_it_needs():
    class NeedsMore(layers.Layer):
        def __init__(self, n):
            super().__init__()
            self.n = n

    model = keras.Sequential([keras.Input((4,)), NeedsMore(2), layers.Dense(2)])
    with pytest.raises(ValueError, match=r"encoder: received a model that Keras cannot copy.*get_config"):
        copy_of("encoder", model, draw=False)


@pytest.mark.parametrize("kind", ["Sequential", "Functional"])
def test_a_lambda_that_uses_a_module_says_that_it_cannot_be_copied(kind):
    doubled = layers.Lambda(lambda x: keras.ops.log1p(x))
    x = keras.Input((4,))
    model = keras.Model(x, doubled(x)) if kind == "Functional" else keras.Sequential([x, doubled])
    with pytest.raises(ValueError, match=r"encoder: received a model that Keras cannot copy.*Lambda.*import"):
        copy_of("encoder", model, draw=False)
