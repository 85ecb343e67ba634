"""Keras networks from their description (`dec_core.architecture`)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import keras

from dec_core.architecture import MEAN_IMAGES, Architecture, Layer
from dec_core.networks import mean_image, summed_bias
from dec_core.networks.transposed import FEW, SubPixelConv2DTranspose

INITIALIZERS = {
    "variance_scaling": lambda seed: keras.initializers.VarianceScaling(
        scale=1 / 3, mode="fan_in", distribution="uniform", seed=seed
    ),
    "glorot_uniform": lambda seed: keras.initializers.GlorotUniform(seed=seed),
}


POLICIES = {"float32": "float32", "bfloat16": "mixed_bfloat16"}  # weights are float32 in both


def autoencoder(
    architecture: Architecture,
    initializer: str = "variance_scaling",
    random_state: int = 0,
    precision: str = "float32",
) -> tuple[keras.Model, keras.Model]:
    """Build encoder and decoder; the autoencoder is `decoder(encoder(x))`.

    Parameters
    ----------
    architecture : Architecture
    initializer : {"variance_scaling", "glorot_uniform"}
        Of all kernels.
    random_state : int
        Every layer draws its own weights from it, so a layer's start does not depend on global state.
    precision : {"float32", "bfloat16"}
        In which all layers but z's compute. z is computed in float32, the reconstruction comes out as float32, and the
        mean image is subtracted and added in it.

    Returns
    -------
    encoder : keras.Model, (batch, *input_shape) -> (batch, latent_dim)
    decoder : keras.Model, (batch, latent_dim) -> (batch, *input_shape)
    """
    seeds = iter(range(1000 * random_state, 1000 * random_state + 1000))

    def stack(name: str, shape: Sequence[int], layers: Sequence[Layer]) -> keras.Model:
        inputs = h = keras.Input(shape, name="x" if name == "encoder" else "z_in")
        for layer in layers:
            exact = layer.name == "z" or layer.kind in MEAN_IMAGES
            h = _keras_layer(layer, initializer, seeds, "float32" if exact else POLICIES[precision])(h)
        if h.dtype != "float32":
            h = keras.ops.cast(h, "float32")
        return keras.Model(inputs, h, name=name)

    encoder = stack("encoder", architecture.input_shape, architecture.encoder)
    return encoder, stack("decoder", (architecture.latent_dim,), architecture.decoder)


def with_heads(
    encoder: keras.Model, architecture: Architecture, initializer: str = "variance_scaling", random_state: int = 0
) -> tuple[keras.Model, list[keras.layers.Layer]]:
    """The encoder as x -> [z, what each head gives], with the encoder's own layers; and the heads, in float32.

    Their weights are drawn as those of `autoencoder`, by seeds that no other layer has.
    """
    seeds = iter(range(1000 * random_state + 900, 1000 * random_state + 1000))
    heads = [_keras_layer(layer, initializer, seeds, "float32") for layer in architecture.heads]
    before = encoder.get_layer("z").input
    return keras.Model(encoder.input, [encoder.output, *(head(before) for head in heads)], name="with_heads"), heads


def _keras_layer(layer: Layer, initializer: str, seeds: Iterator[int], policy: str) -> keras.Layer:
    options = dict(layer.options)
    if layer.has_kernel:
        options["kernel_initializer"] = INITIALIZERS[initializer](next(seeds))
    return _class_of(layer)(name=layer.name, dtype=policy, **options)


def _class_of(layer: Layer) -> type[keras.Layer]:
    """Keras's layer of that kind, or one of ours that computes the same in less time."""
    if layer.kind in MEAN_IMAGES:
        return getattr(mean_image, layer.kind)
    if _has_few_channels(layer):
        return SubPixelConv2DTranspose
    return getattr(summed_bias, f"SummedBias{layer.kind}") if layer.has_kernel else getattr(keras.layers, layer.kind)


def _has_few_channels(layer: Layer) -> bool:
    """Whether it is a transposed convolution that is faster as sub-pixels."""
    options = layer.options
    doubles = layer.kind == "Conv2DTranspose" and options["strides"] == 2 and options["padding"] == "same"
    return doubles and options["filters"] <= FEW
