"""Layer tables against the tutorial's own, and which sizes of images an architecture can reproduce."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dec_core.architecture import architecture
from dec_core.config import ConfigError, RunConfig
from dec_core.config.applicability import applies
from dec_core.presets import PRESETS


def rows(layers):
    return [(layer.kind, layer.shape, layer.n_parameters) for layer in layers]


def test_conv2dtranspose_as_the_tutorial_prints_it():
    described = architecture(PRESETS["tutorial-conv-dec"], (28, 28))
    assert rows(described.encoder) == [
        ("Conv2D", (14, 14, 32), 832),
        ("Conv2D", (7, 7, 64), 51264),
        ("Conv2D", (3, 3, 128), 73856),
        ("Flatten", (1152,), 0),
        ("Dense", (10,), 11530),
    ]
    assert rows(described.decoder) == [
        ("Dense", (1152,), 12672),
        ("Reshape", (3, 3, 128), 0),
        ("Conv2DTranspose", (7, 7, 64), 73792),
        ("Conv2DTranspose", (14, 14, 32), 51232),
        ("Conv2DTranspose", (28, 28, 1), 801),
    ]
    assert described.n_parameters == 275_979


def test_upsampling_as_the_tutorial_builds_it():
    described = architecture(PRESETS["tutorial-conv-upsampling"], (28, 28))
    assert [layer.shape for layer in described.encoder] == [(14, 14, 16), (7, 7, 8), (4, 4, 8), (128,), (10,)]
    assert [layer.shape for layer in described.decoder] == [
        (128,), (4, 4, 8), (4, 4, 8), (8, 8, 8), (8, 8, 8), (16, 16, 8), (14, 14, 16), (28, 28, 16), (28, 28, 1)
    ]  # fmt: skip
    activations = {layer.name: layer.options.get("activation") for layer in (*described.encoder, *described.decoder)}
    assert activations["z"] == "relu" and activations["reconstruction"] == "sigmoid"


def test_dense_as_the_tutorial_builds_it():
    described = architecture(PRESETS["tutorial-dec"], (28, 28))
    units = [784, 500, 500, 2000, 10, 2000, 500, 500, 784]
    assert described.n_parameters == sum((a + 1) * b for a, b in pairwise(units))


def test_the_mean_is_subtracted_first_and_added_last_where_the_end_is_linear():
    for autoencoder in ("dense", "conv_transpose"):
        plain, around = (
            architecture(RunConfig.make(autoencoder=autoencoder, centered=centered), (28, 28))
            for centered in (False, True)
        )
        shape = plain.input_shape
        assert rows(around.encoder) == [("SubtractMean", shape, 784), *rows(plain.encoder)]
        assert rows(around.decoder) == [*rows(plain.decoder), ("AddMean", shape, 784)]
        assert around.n_parameters == plain.n_parameters + 2 * 784
    sigmoid = [architecture(RunConfig.make(autoencoder="conv_upsampling", centered=c), (28, 28)) for c in (True, False)]
    assert sigmoid[0] == sigmoid[1]  # what is above 0 cannot go below the mean
    assert not applies("centered", RunConfig.make(autoencoder="conv_upsampling"))
    assert not applies("centered", RunConfig.make(method="kmeans")) and applies("centered", RunConfig.make())


@given(
    kind=st.sampled_from(["conv_transpose", "conv_upsampling"]),
    filters=st.lists(st.integers(1, 8), min_size=1, max_size=4).map(tuple),
    height=st.integers(2, 70),
    width=st.integers(2, 70),
    channels=st.sampled_from([1, 3]),
)
def test_a_size_comes_back_or_is_refused_with_sizes_that_do(kind, filters, height, width, channels):
    config = RunConfig.make(dataset="own-test", autoencoder=kind, filters=filters)
    try:
        described = architecture(config, (height, width, channels))
    except ValueError as error:
        suggested = str(error).split("sizes that can: ")[1].split(";")[0].split(", ")
        for side in (int(size.split("×")[0]) for size in suggested):
            assert architecture(config, (side, side)).decoder[-1].shape == (side, side, 1)
    else:
        assert described.decoder[-1].shape == (height, width, channels)


def test_the_config_refuses_a_size_at_the_field():
    config = RunConfig.make(dataset="own-test", autoencoder="conv_transpose")
    with pytest.raises(ConfigError) as caught:
        config.check_images(1000, (30, 30))
    assert "30×30" in caught.value.problems["autoencoder"] and "28×28, 32×32" in caught.value.problems["autoencoder"]
    config.changed(autoencoder="dense").check_images(1000, (30, 30))
