"""Keras models as a researcher would bring them, and a config that trains them in a second."""

import keras
import numpy as np
from keras import layers

from dec_core import RunConfig

SHORT = RunConfig.make(
    dataset="digits", hidden_units=(8,), latent_dim=2, pretrain_epochs=2, pretrain_optimizer="adam",
    pretrain_learning_rate=0.01, batch_size=64, n_clusters=4, kmeans_n_init=1, update_interval=5, max_iterations=10,
    cluster_learning_rate=0.01, tol=0.0,
)  # fmt: skip


@keras.saving.register_keras_serializable(package="tests")
class Scale(layers.Layer):
    """x times a weight for each of its columns."""

    def build(self, shape):
        self.factor = self.add_weight(shape=(shape[-1],), initializer="ones", name="factor")

    def call(self, x):
        return x * self.factor


class Unregistered(Scale):
    pass


def dense(n_z=3, *inner, shape=(64,)):
    return keras.Sequential([keras.Input(shape), layers.Flatten(), *inner, layers.Dense(n_z)])


def back(n_z=3, shape=(64,)):
    return keras.Sequential([keras.Input((n_z,)), layers.Dense(64), layers.Reshape(shape)])


def convolutional(scale=Scale):
    """Convolutions, batch normalization, dropout, an own layer, two branches and a nested model."""
    x = keras.Input((8, 8, 1))
    inner = keras.Sequential([keras.Input((8, 8, 1)), layers.Conv2D(4, 3, activation="relu"), layers.Dropout(0.3)])
    h = layers.Flatten()(layers.BatchNormalization()(inner(x)))
    z = layers.Dense(3, name="clustering")(layers.concatenate([scale()(h), layers.Flatten()(x)]))
    return keras.Model(x, z, name="decoder"), back(shape=(8, 8, 1))


def values(*models):
    return [np.array(v) for model in models for v in model.variables]


def same(some, others):
    return len(some) == len(others) and all(np.array_equal(a, b) for a, b in zip(some, others, strict=True))
