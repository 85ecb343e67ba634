import keras
import numpy as np
import pytest

from dec_core.analysis.assignment import soft_assignment
from dec_core.networks import ClusteringLayer, dense_autoencoder
from dec_core.networks.saving import load_model, save_model


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


def test_get_config_has_every_argument():
    layer = ClusteringLayer(4, alpha=2.5, name="here")
    again = ClusteringLayer.from_config(layer.get_config())
    assert (again.n_clusters, again.alpha, again.name) == (4, 2.5, "here")


@pytest.mark.parametrize(("arguments", "said"), [((0,), "n_clusters"), ((3, 0.0), "alpha"), ((3, -1.0), "alpha")])
def test_the_layer_refuses_impossible_arguments(arguments, said):
    with pytest.raises(ValueError, match=said):
        ClusteringLayer(*arguments)


def test_the_layer_refuses_images():
    with pytest.raises(ValueError, match="flatten"):
        ClusteringLayer(3)(np.zeros((2, 4, 4), "float32"))


def test_the_tutorials_network_layer_by_layer():
    encoder, decoder = dense_autoencoder(784, (500, 500, 2000), 10)
    dense = [layer for model in (encoder, decoder) for layer in model.layers if isinstance(layer, keras.layers.Dense)]
    assert [layer.units for layer in dense] == [500, 500, 2000, 10, 2000, 500, 500, 784]
    linear = [layer.name for layer in dense if layer.activation.__name__ == "linear"]
    assert linear == ["z", "reconstruction"]
    for layer in dense:
        bound = (3 * (1 / 3) / layer.kernel.shape[0]) ** 0.5  # uniform of variance (1/3) / fan_in
        values = np.asarray(layer.kernel)
        assert np.abs(values).max() <= bound and np.abs(values).max() > 0.98 * bound


def test_weights_depend_on_the_seed_alone():
    first, again, other = (dense_autoencoder(16, (8,), 3, random_state=s)[0].get_weights() for s in (1, 1, 2))
    assert all(np.array_equal(a, b) for a, b in zip(first, again, strict=True))
    assert not np.array_equal(first[0], other[0])


def test_save_and_load_give_the_same_answers(tmp_path):
    encoder, decoder = dense_autoencoder(16, (8,), 3)
    layer = ClusteringLayer(4, alpha=2.0, name="clustering")
    z = encoder(np.random.default_rng(0).random((5, 16)).astype("float32"))
    q = layer(z)
    save_model(tmp_path / "model.keras", encoder, decoder, layer)
    encoder_2, decoder_2, layer_2 = load_model(tmp_path / "model.keras")
    x = np.random.default_rng(0).random((5, 16)).astype("float32")
    assert np.asarray(layer_2(encoder_2(x))) == pytest.approx(np.asarray(q))
    assert np.asarray(decoder_2(encoder_2(x))) == pytest.approx(np.asarray(decoder(z)))
    assert layer_2.alpha == 2.0


def test_another_model_is_refused(tmp_path):
    keras.Sequential([keras.Input((3,)), keras.layers.Dense(2)]).save(tmp_path / "other.keras")
    with pytest.raises(ValueError, match="expected one that save_model wrote"):
        load_model(tmp_path / "other.keras")
