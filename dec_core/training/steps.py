"""The compiled inner loops: many batches in one call, the images in memory as uint8.

A Python loop over `train_on_batch` spends more time around the arithmetic than in it. Here a
`tf.function` runs a stretch of batches: it gathers rows, scales them to 0..1, takes gradients and
applies them, without returning to Python.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import keras
import numpy as np
import tensorflow as tf

from dec_core.methods import METHODS

if TYPE_CHECKING:
    from dec_core.training.state import TrainingState

EMBED_BATCH = 2048

# Each run compiles its functions anew, as it has a new network. From the fifth run of a process on,
# TensorFlow takes that for a mistake and logs a warning.
COMPILED = ("pretrain_steps.", "cluster_steps.", "Embedder.")
tf.get_logger().addFilter(
    lambda record: not any(f"calls to <function {name}" in record.getMessage() for name in COMPILED)
)

Distortion = Callable[[tf.Tensor, tf.Tensor], tf.Tensor]  # (rows, number of the step) -> rows


def as_tensor(x: np.ndarray, input_shape: Sequence[int]) -> tf.Tensor:
    """The images where the arithmetic happens, still uint8, shape (n, *input_shape)."""
    return tf.constant(x.reshape(-1, *input_shape))


def _rows(images: tf.Tensor, index: tf.Tensor) -> tf.Tensor:
    """Some of the images as float32 in 0..1, shape (batch, *input_shape)."""
    return tf.cast(tf.gather(images, index), tf.float32) / 255.0


def pretrain_steps(
    autoencoder: keras.Model,
    optimizer: keras.optimizers.Optimizer,
    images: tf.Tensor,
    batch_size: int,
    distort: Distortion | None = None,
) -> Callable[[np.ndarray, int, int, int], tf.Tensor]:
    """A function (order, first, last, before) that trains on batches first..last-1 of `order`; returns their loss.

    The losses are summed over the batches. `before` counts the steps of the epochs before: `distort`
    draws by the number of the step, and what it gives is both seen and to be reconstructed.
    """
    n = images.shape[0]

    @tf.function(input_signature=[_spec(n), _spec(), _spec(), _spec()])
    def steps(order, first, last, before):
        total = tf.constant(0.0)
        for i in tf.range(first, last):
            x = _rows(images, order[i * batch_size : tf.minimum((i + 1) * batch_size, n)])
            if distort is not None:
                x = distort(x, before + i)
            with tf.GradientTape() as tape:
                loss = tf.reduce_mean(tf.math.squared_difference(autoencoder(x, training=True), x))
            variables = autoencoder.trainable_variables
            optimizer.apply(tape.gradient(loss, variables), variables)
            total += loss
        return total

    def pretrain_batches(order: np.ndarray, first: int, last: int, before: int) -> tf.Tensor:
        return steps(tf.constant(order, tf.int32), first, last, before)

    return pretrain_batches


def cluster_steps(
    state: TrainingState, images: tf.Tensor, distort: Distortion | None = None
) -> Callable[[np.ndarray, int, int, int], tuple[np.ndarray, int]]:
    """A function (p, next_batch, iteration, n_steps) -> (losses, next_batch), in the tutorial's batch order.

    Batches run through the data in order and wrap to the first after the last, smaller one. The
    losses are summed over the steps: KL(p || q), and where the decoder is trained on the mean squared
    error of the reconstruction, else 0. `distort` changes the images of a batch; it gets the
    iteration to draw from.
    """
    n, batch_size, joint = images.shape[0], state.config.batch_size, METHODS[state.config.method].trains_decoder
    n_batches = -(-n // batch_size)
    kl_divergence = keras.losses.KLDivergence()
    optimizer = state.start_optimizer("clustering", state.config.max_iterations)
    variables = state.clustering_variables()

    def losses(x: tf.Tensor, p: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        z = state.encoder(x, training=True)  # (batch, latent_dim)
        kl = kl_divergence(p, state.clustering_layer(z))  # (batch, n_clusters) each
        error = tf.reduce_mean(tf.math.squared_difference(state.decoder(z, training=True), x)) if joint else 0.0
        return kl, tf.convert_to_tensor(error)

    @tf.function(input_signature=[tf.TensorSpec((n, None), tf.float32), _spec(), _spec(), _spec()])
    def steps(p, batch, iteration, n_steps):
        total = tf.zeros(2)
        for i in tf.range(n_steps):
            first, last = batch * batch_size, tf.minimum((batch + 1) * batch_size, n)
            x = _rows(images, tf.range(first, last))
            if distort is not None:
                x = distort(x, iteration + i)
            with tf.GradientTape() as tape:
                kl, error = losses(x, p[first:last])
                loss = state.config.gamma * kl + error if joint else kl
            optimizer.apply(tape.gradient(loss, variables), variables)
            total += tf.stack([kl, error])
            batch = (batch + 1) % n_batches
        return total, batch

    def cluster_batches(p: np.ndarray, next_batch: int, iteration: int, n_steps: int) -> tuple[np.ndarray, int]:
        total, batch = steps(p, next_batch, iteration, n_steps)
        return total.numpy(), int(batch)

    return cluster_batches


class Embedder:
    """z of all images, in large compiled batches. Follows the encoder as its weights change."""

    def __init__(self, encoder: keras.Model, images: tf.Tensor):
        n = images.shape[0]

        @tf.function(input_signature=[_spec(), _spec()])
        def batch(first, last):
            return encoder(_rows(images, tf.range(first, last)), training=False)

        self._parts = lambda: [batch(i, min(i + EMBED_BATCH, n)) for i in range(0, n, EMBED_BATCH)]

    def __call__(self) -> np.ndarray:
        """z, float32, shape (n, latent_dim)."""
        return tf.concat(self._parts(), axis=0).numpy()


def _spec(*shape: int) -> tf.TensorSpec:
    return tf.TensorSpec(shape, tf.int32)
