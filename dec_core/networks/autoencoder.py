"""The dense autoencoder of DEC (Xie, Girshick and Farhadi 2016, section 3.2), as the tutorial builds it.

    x -> hidden_units[0] -> ... -> hidden_units[-1] -> z -> hidden_units[-1] -> ... -> hidden_units[0] -> x

ReLU everywhere except at z and at the output, which are linear.
"""

from __future__ import annotations

from collections.abc import Sequence

import keras

INITIALIZERS = {
    "variance_scaling": lambda seed: keras.initializers.VarianceScaling(
        scale=1 / 3, mode="fan_in", distribution="uniform", seed=seed
    ),
    "glorot_uniform": lambda seed: keras.initializers.GlorotUniform(seed=seed),
}


def dense_autoencoder(
    n_features: int,
    hidden_units: Sequence[int] = (500, 500, 2000),
    latent_dim: int = 10,
    initializer: str = "variance_scaling",
    random_state: int = 0,
) -> tuple[keras.Model, keras.Model]:
    """Build encoder and decoder; the autoencoder is `decoder(encoder(x))`.

    Parameters
    ----------
    n_features : int
        Length of one flattened image.
    hidden_units : sequence of int
        Units of the encoder's hidden layers; the decoder mirrors them.
    latent_dim : int
        Length of z.
    initializer : {"variance_scaling", "glorot_uniform"}
    random_state : int
        Every layer draws its own weights from it, so a layer's start does not depend on global state.

    Returns
    -------
    encoder : keras.Model, (batch, n_features) -> (batch, latent_dim)
    decoder : keras.Model, (batch, latent_dim) -> (batch, n_features)
    """
    seeds = iter(range(1000 * random_state, 1000 * random_state + 1000))

    def dense(units: int, name: str, activation: str | None = "relu") -> keras.layers.Dense:
        kernel = INITIALIZERS[initializer](next(seeds))
        return keras.layers.Dense(units, activation=activation, kernel_initializer=kernel, name=name)

    x = keras.Input((n_features,), name="x")
    h = x
    for i, units in enumerate(hidden_units):
        h = dense(units, f"encoder_{i}")(h)
    encoder = keras.Model(x, dense(latent_dim, "z", None)(h), name="encoder")

    z = keras.Input((latent_dim,), name="z_in")
    h = z
    for i, units in reversed(list(enumerate(hidden_units))):
        h = dense(units, f"decoder_{i}")(h)
    decoder = keras.Model(z, dense(n_features, "reconstruction", None)(h), name="decoder")
    return encoder, decoder
