import keras
import numpy as np
import pytest
import tensorflow as tf

from dec_core.analysis.assignment import soft_assignment
from dec_core.architecture import architecture
from dec_core.config import RunConfig
from dec_core.networks import ClusteringLayer, autoencoder, summed_bias
from dec_core.networks.saving import load_model, save_model
from dec_core.networks.transposed import SubPixelConv2DTranspose, phases

pytestmark = pytest.mark.slow


def test_the_layer_computes_the_t_kernel_by_hand():
    layer = ClusteringLayer(2, alpha=1.0)
    layer.build((None, 2))
    layer.cluster_centers.assign([[1.0, 0.0], [0.0, 2.0]])
    assert np.asarray(layer(np.zeros((1, 2), "float32"))) == pytest.approx(np.array([[5 / 7, 2 / 7]]), abs=1e-6)


@pytest.mark.parametrize("alpha", [0.5, 1.0, 4.0])
def test_the_layer_and_the_analysis_agree(alpha):
    rng = np.random.default_rng(0)
    z, centers = rng.normal(size=(20, 5)).astype("float32"), rng.normal(size=(7, 5)).astype("float32")
    layer = ClusteringLayer(7, alpha=alpha)
    layer.build((None, 5))
    layer.cluster_centers.assign(centers)
    assert np.asarray(layer(z)) == pytest.approx(soft_assignment(z, centers, alpha), abs=1e-5)


def layer_with(centers, alpha):
    layer = ClusteringLayer(len(centers), alpha=alpha)
    layer.build((None, len(centers[0])))
    layer.cluster_centers.assign(centers)
    return layer


@pytest.mark.parametrize("distance", [28.0, 1e4, 1e8])
def test_far_from_all_centers_q_of_a_large_alpha_is_finite_and_so_are_its_gradients(distance):
    # (1 + 28^2/100)^-50.5 is 0 in 32 bits; of centers at d and 1.1 d, the nearer one has all but nothing
    layer = layer_with([[distance, 0.0], [0.0, 1.1 * distance]], alpha=100.0)
    z, p = tf.zeros((1, 2)), tf.constant([[0.1, 0.9]])
    with tf.GradientTape() as tape:
        tape.watch(z)
        q = layer(z)
        loss = keras.losses.KLDivergence()(p, q)
    squared = np.array([1.0, 1.21]) * distance**2
    ratio = ((1 + squared[1] / 100) / (1 + squared[0] / 100)) ** -50.5
    assert np.asarray(q)[0] == pytest.approx([1 / (1 + ratio), ratio / (1 + ratio)], rel=1e-3)
    assert np.isfinite(loss)
    assert all(np.isfinite(each).all() for each in tape.gradient(loss, [z, layer.cluster_centers.value]))


@pytest.mark.parametrize("scale", [1e-4, 1.0, 1e4])
@pytest.mark.parametrize("alpha", [0.1, 1.0, 2.0, 100.0])
def test_q_is_finite_for_every_alpha_that_is_allowed_and_every_scale_and_so_are_its_gradients(alpha, scale):
    rng = np.random.default_rng(0)
    z, centers = (scale * rng.normal(size=(n, 5)).astype("float32") for n in (40, 200))
    layer, p = layer_with(centers, alpha), tf.constant(rng.dirichlet(np.ones(200), 40).astype("float32"))
    with tf.GradientTape() as tape:
        tape.watch(rows := tf.constant(z))
        loss = keras.losses.KLDivergence()(p, layer(rows))
    gradients = tape.gradient(loss, [rows, layer.cluster_centers.value])
    assert np.isfinite(loss) and all(np.isfinite(each).all() for each in gradients)
    q = soft_assignment(z, centers, alpha)
    assert q.sum(axis=1) == pytest.approx(1) and np.asarray(layer(z)) == pytest.approx(q, abs=1e-4)


def test_the_loss_of_a_q_that_is_zero_is_finite_and_so_are_its_gradients():
    layer = layer_with([[0.0], [1e6]], alpha=100.0)
    z, p = tf.zeros((1, 1)), tf.constant([[0.5, 0.5]])
    with tf.GradientTape() as tape:
        tape.watch(z)
        q = layer(z)
        loss = keras.losses.KLDivergence()(p, q)
    assert q[0, 1] == 0 and np.isfinite(loss)
    assert all(np.isfinite(each).all() for each in tape.gradient(loss, [z, layer.cluster_centers.value]))


def test_q_of_one_degree_of_freedom_is_the_papers_to_the_last_bit():
    rng = np.random.default_rng(0)
    z, centers = rng.normal(size=(200, 5)).astype("float32"), 3 * rng.normal(size=(7, 5)).astype("float32")
    squared = tf.reduce_sum(tf.square(z[:, None, :] - tf.constant(centers)), axis=2)
    weight = (1.0 + squared / 1.0) ** (-(1.0 + 1.0) / 2.0)
    q = weight / tf.reduce_sum(weight, axis=1, keepdims=True)
    assert (np.asarray(layer_with(centers, 1.0)(z)) == q.numpy()).all()


def test_get_config_has_every_argument():
    layer = ClusteringLayer(4, alpha=2.5, name="here")
    again = ClusteringLayer.from_config(layer.get_config())
    assert (again.n_clusters, again.alpha, again.name) == (4, 2.5, "here")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [((0,), "n_clusters"), ((2.5,), "n_clusters"), (("3",), "n_clusters"), ((3, 0.0), "alpha"), ((3, -1.0), "alpha"),
     ((3, float("nan")), "alpha"), ((3, float("inf")), "alpha")],
)  # fmt: skip
def test_the_layer_refuses_impossible_arguments(arguments, said):
    with pytest.raises(ValueError, match=said):
        ClusteringLayer(*arguments)


def test_the_layer_refuses_images():
    with pytest.raises(ValueError, match="flatten"):
        ClusteringLayer(3)(np.zeros((2, 4, 4), "float32"))


def build(image_shape=(4, 4), random_state=0, **values):
    """Encoder and decoder of a small dense config, or of what `values` say."""
    config = RunConfig.make(**{"dataset": "own-test", "hidden_units": (8,), "latent_dim": 3, **values})
    return autoencoder(architecture(config, image_shape), config.initializer, random_state)


def test_the_tutorials_network_layer_by_layer():
    encoder, decoder = build((28, 28), hidden_units=(500, 500, 2000), latent_dim=10)
    dense = [layer for model in (encoder, decoder) for layer in model.layers if isinstance(layer, keras.layers.Dense)]
    assert [layer.units for layer in dense] == [500, 500, 2000, 10, 2000, 500, 500, 784]
    linear = [layer.name for layer in dense if layer.activation.__name__ == "linear"]
    assert linear == ["z", "reconstruction"]
    for layer in dense:
        bound = (3 * (1 / 3) / layer.kernel.shape[0]) ** 0.5  # uniform of variance (1/3) / fan_in
        values = np.asarray(layer.kernel)
        assert np.abs(values).max() <= bound and np.abs(values).max() > 0.98 * bound


def test_weights_depend_on_the_seed_alone():
    first, again, other = (build(random_state=s)[0].get_weights() for s in (1, 1, 2))
    assert all(np.array_equal(a, b) for a, b in zip(first, again, strict=True))
    assert not np.array_equal(first[0], other[0])


def test_save_and_load_give_the_same_answers(tmp_path):
    encoder, decoder = build()
    layer = ClusteringLayer(4, alpha=2.0, name="clustering")
    z = encoder(np.random.default_rng(0).random((5, 16)).astype("float32"))
    q = layer(z)
    save_model(tmp_path / "model.keras", encoder, decoder, layer)
    encoder_2, decoder_2, layer_2 = load_model(tmp_path / "model.keras")
    x = np.random.default_rng(0).random((5, 16)).astype("float32")
    assert np.asarray(layer_2(encoder_2(x))) == pytest.approx(np.asarray(q))
    assert np.asarray(decoder_2(encoder_2(x))) == pytest.approx(np.asarray(decoder(z)))
    assert layer_2.alpha == 2.0


SYSTEMS = {
    "dense": {},
    "conv_transpose": {"autoencoder": "conv_transpose", "filters": (4, 6, 8)},
    "conv_upsampling": {"autoencoder": "conv_upsampling", "filters": (4, 3)},
    "kmeans": {"method": "kmeans"},
    "dense, around the mean": {"centered": True},
    "conv_transpose, around the mean": {"autoencoder": "conv_transpose", "filters": (4, 6, 8), "centered": True},
}


@pytest.mark.parametrize("values", SYSTEMS.values(), ids=SYSTEMS)
@pytest.mark.parametrize("image_shape", [(8, 8), (12, 20, 3)])
def test_what_is_built_is_what_was_described(values, image_shape, tmp_path):
    values = values | ({"filters": (4, 6)} if image_shape == (12, 20, 3) and "filters" in values else {})
    config = RunConfig.make(dataset="own-test", hidden_units=(8, 6), latent_dim=3, **values)
    described = architecture(config, image_shape)
    encoder, decoder = build(image_shape, **{"hidden_units": (8, 6), **values})
    built = {layer.name: layer for model in (encoder, decoder) for layer in model.layers}
    for layer in (*described.encoder, *described.decoder):
        assert built[layer.name].output.shape[1:] == layer.shape
        assert built[layer.name].count_params() == layer.n_parameters
    assert decoder.output.shape == encoder.input.shape
    layer = ClusteringLayer(4, name="clustering")
    x = np.random.default_rng(0).random((5, *described.input_shape)).astype("float32")
    before = np.asarray(layer(encoder(x))), np.asarray(decoder(encoder(x)))
    save_model(tmp_path / "model.keras", encoder, decoder, layer)
    encoder, decoder, layer = load_model(tmp_path / "model.keras")
    assert np.array_equal(np.asarray(layer(encoder(x))), before[0])
    assert np.array_equal(np.asarray(decoder(encoder(x))), before[1])


def test_the_layer_works_under_mixed_precision_and_round_trips(tmp_path):
    x = np.random.default_rng(1).random((6, 5)).astype("float32")
    inputs = keras.Input((5,))
    z = keras.layers.Dense(3, dtype="mixed_bfloat16")(inputs)
    model = keras.Model(inputs, ClusteringLayer(4, alpha=3.0, dtype="mixed_bfloat16", name="q")(z))
    q = keras.ops.convert_to_numpy(keras.ops.cast(model(x), "float32"))
    assert q.sum(axis=1) == pytest.approx(1, abs=0.02)
    model.save(tmp_path / "model.keras")
    again = keras.saving.load_model(tmp_path / "model.keras")
    assert np.array_equal(keras.ops.convert_to_numpy(keras.ops.cast(again(x), "float32")), q)
    assert again.get_layer("q").alpha == 3.0 and again.get_layer("q").dtype_policy.name == "mixed_bfloat16"


@pytest.mark.parametrize("kind", ["dense", "conv_transpose", "conv_upsampling"])
def test_all_but_z_computes_in_bfloat16_and_comes_out_as_float32(kind, tmp_path):
    config = RunConfig.make(autoencoder=kind, hidden_units=(8, 6), filters=(4, 4, 4))
    described = architecture(config, (28, 28))
    encoder, decoder = autoencoder(described, precision="bfloat16")
    *hidden, last = [layer for layer in encoder.layers if layer.weights]
    assert last.name == "z" and last.compute_dtype == "float32"
    assert {layer.compute_dtype for layer in (*hidden, *decoder.layers[1:])} == {"bfloat16"}
    assert {variable.dtype for variable in (*encoder.weights, *decoder.weights)} == {"float32"}
    x = np.random.default_rng(0).random((3, *encoder.input_shape[1:])).astype(np.float32)
    z = np.asarray(encoder(x))
    reconstruction = np.asarray(decoder(z))
    assert z.dtype == reconstruction.dtype == np.float32
    layer = ClusteringLayer(10, name="clustering")
    layer(z)
    save_model(tmp_path / "model.keras", encoder, decoder, layer)
    again = load_model(tmp_path / "model.keras")
    assert np.array_equal(np.asarray(again[0](x)), z)
    assert np.array_equal(np.asarray(again[1](z)), reconstruction)


def test_another_model_is_refused(tmp_path):
    keras.Sequential([keras.Input((3,)), keras.layers.Dense(2)]).save(tmp_path / "other.keras")
    with pytest.raises(ValueError, match="expected one that save_model wrote"):
        load_model(tmp_path / "other.keras")


def gradients(layer, x):
    """The layer's outputs, and the gradients of their squares' sum to x and to each of its weights."""
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = layer(x)
        loss = tf.reduce_sum(tf.square(y))
    return [y, *tape.gradient(loss, [x, *layer.trainable_variables])]


BIASED = {
    "Dense": ({"units": 4}, (33, 7)),
    "Conv2D": ({"filters": 3, "kernel_size": 3, "strides": 2, "padding": "same"}, (2, 6, 5, 4)),
    "Conv2DTranspose": ({"filters": 3, "kernel_size": 3, "strides": 2, "padding": "valid"}, (2, 6, 5, 4)),
}


@pytest.mark.parametrize("kind", BIASED)
def test_layers_give_what_keras_gives_and_its_gradients(kind):
    given, shape = BIASED[kind]
    given = given | {"activation": "tanh", "bias_initializer": "ones"}
    plain, ours = getattr(keras.layers, kind)(**given), getattr(summed_bias, f"SummedBias{kind}")(**given)
    x = tf.constant(np.random.default_rng(1).normal(size=shape), tf.float32)
    plain.build(shape)
    ours.build(shape)
    ours.set_weights(plain.get_weights())
    for one, other in zip(gradients(plain, x), gradients(ours, x), strict=True):
        assert np.asarray(other) == pytest.approx(np.asarray(one), rel=1e-4, abs=1e-5)


def test_in_bfloat16_the_gradient_of_a_bias_is_the_whole_sum():
    """1.5 at each of 16 x 40 x 40 places: in bfloat16 a sum stops growing long before."""
    layer = summed_bias.SummedBiasConv2D(8, 1, dtype="mixed_bfloat16")
    x = tf.zeros((16, 40, 40, 1))
    layer.build(x.shape)

    @tf.function
    def gradient():
        with tf.GradientTape() as tape:
            loss = tf.reduce_sum(1.5 * tf.cast(layer(x), tf.float32))
        return tape.gradient(loss, layer.bias.value)

    assert float(gradient()[0]) == pytest.approx(1.5 * 16 * 40 * 40, rel=0.01)


@pytest.mark.parametrize("size", [1, 2, 3, 4, 5, 6, 7, (3, 5)])
def test_sub_pixels_give_what_a_transposed_convolution_gives_and_its_gradients(size):
    given = {"kernel_size": size, "strides": 2, "padding": "same", "activation": "tanh", "bias_initializer": "ones"}
    plain, ours = keras.layers.Conv2DTranspose(3, **given), SubPixelConv2DTranspose(3, **given)
    x = tf.constant(np.random.default_rng(0).normal(size=(2, 6, 5, 4)), tf.float32)
    plain.build(x.shape)
    ours.build(x.shape)
    ours.set_weights(plain.get_weights())
    for one, other in zip(gradients(plain, x), gradients(ours, x), strict=True):
        assert np.asarray(other) == pytest.approx(np.asarray(one), rel=1e-4, abs=1e-4)


def test_phases_in_worked_numbers():
    even, odd = phases(5).argmax(axis=2).T  # which row of the kernel meets the neighbours before, at and after
    assert even.tolist() == [3, 1, 0] and odd.tolist() == [4, 2, 0]
    assert phases(5)[2, 0].sum() == 0  # an even row sees none after


@pytest.mark.parametrize("changes", [{"strides": 1}, {"padding": "valid"}])
def test_sub_pixels_refuse_what_they_cannot(changes):
    with pytest.raises(ValueError, match="expected strides 2"):
        SubPixelConv2DTranspose(1, **({"kernel_size": 3, "strides": 2, "padding": "same"} | changes))


def test_a_network_with_sub_pixels_is_saved_and_loaded(tmp_path):
    encoder, decoder = build((28, 28), autoencoder="conv_transpose", filters=(2, 3, 4))
    assert isinstance(decoder.layers[-1], SubPixelConv2DTranspose) and decoder.output_shape == (None, 28, 28, 1)
    clustering_layer = ClusteringLayer(2, name="clustering")
    save_model(tmp_path / "m.keras", encoder, decoder, clustering_layer)
    again = load_model(tmp_path / "m.keras")[1]
    z = np.random.default_rng(0).normal(size=(4, 3)).astype("float32")
    assert np.asarray(again(z)) == pytest.approx(np.asarray(decoder(z)))
