"""The compiled inner loops: many batches in one call, of images that stay where they lie, in memory or in a file.

A Python loop over `train_on_batch` spends more time around the arithmetic than in it. Here the rows of a stretch of
batches are gathered and a `tf.function` does the rest: it scales them to 0..1, takes gradients and applies them,
without returning to Python. TensorFlow holds one stretch of images at a time, never all of them.
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


def as_images(x: np.ndarray, input_shape: Sequence[int]) -> np.ndarray:
    """Rows as the encoder takes them: of their dtype, shape (n, *input_shape). A view, also of a memory map."""
    return x.reshape(-1, *input_shape)


def _scaled(rows: tf.Tensor) -> tf.Tensor:
    """What the networks see, float32 of the same shape: the rule of `dec_core.analysis.features.pixels`."""
    return tf.cast(rows, tf.float32) / 255.0 if rows.dtype == tf.uint8 else rows


def pretrain_steps(
    autoencoder: keras.Model,
    optimizer: keras.optimizers.Optimizer,
    images: np.ndarray,
    batch_size: int,
    distort: Distortion | None = None,
) -> Callable[[np.ndarray, int, int, int], tf.Tensor]:
    """A function (order, first, last, before) that trains on batches first..last-1 of `order`; returns their loss.

    The losses are summed over the batches. `before` counts the steps of the epochs before: `distort`
    draws by the number of the step, and what it gives is both seen and to be reconstructed.
    """

    @tf.function(input_signature=[_rows_of(images), _spec(None), _spec()])
    def steps(rows, bounds, step):
        total = tf.constant(0.0)
        for i in tf.range(tf.size(bounds) - 1):
            x = _scaled(rows[bounds[i] : bounds[i + 1]])
            if distort is not None:
                x = distort(x, step + i)
            with tf.GradientTape() as tape:
                loss = tf.reduce_mean(tf.math.squared_difference(autoencoder(x, training=True), x))
            variables = autoencoder.trainable_variables
            optimizer.apply(tape.gradient(loss, variables), variables)
            total += loss
        return total

    def pretrain_batches(order: np.ndarray, first: int, last: int, before: int) -> tf.Tensor:
        index = order[first * batch_size : last * batch_size]
        bounds = np.minimum(np.arange(last - first + 1) * batch_size, len(index))
        return steps(images[index], bounds.astype(np.int32), before + first)

    return pretrain_batches


def cluster_steps(
    state: TrainingState, images: np.ndarray, distort: Distortion | None = None
) -> Callable[[np.ndarray, int, int, int], tuple[np.ndarray, int]]:
    """A function (p, next_batch, iteration, n_steps) -> (losses, next_batch), in the tutorial's batch order.

    Batches run through the data in order and wrap to the first after the last, smaller one. The
    losses are summed over the steps: KL(p || q), and where the decoder is trained on the mean squared
    error of the reconstruction, else 0. `distort` changes the images of a batch; it gets the
    iteration to draw from.
    """
    n, batch_size, joint = len(images), state.config.batch_size, METHODS[state.config.method].trains_decoder
    n_batches = -(-n // batch_size)
    kl_divergence = keras.losses.KLDivergence()
    optimizer = state.start_optimizer("clustering", state.config.max_iterations)
    variables = state.clustering_variables()

    def losses(x: tf.Tensor, p: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        z = state.encoder(x, training=True)  # (batch, latent_dim)
        kl = kl_divergence(p, state.clustering_layer(z))  # (batch, n_clusters) each
        error = tf.reduce_mean(tf.math.squared_difference(state.decoder(z, training=True), x)) if joint else 0.0
        return kl, tf.convert_to_tensor(error)

    @tf.function(input_signature=[_rows_of(images), tf.TensorSpec((None, None), tf.float32), _spec(None), _spec()])
    def steps(rows, p, bounds, iteration):
        total = tf.zeros(2)
        for i in tf.range(tf.size(bounds) - 1):
            x = _scaled(rows[bounds[i] : bounds[i + 1]])
            if distort is not None:
                x = distort(x, iteration + i)
            with tf.GradientTape() as tape:
                kl, error = losses(x, p[bounds[i] : bounds[i + 1]])
                loss = state.config.gamma * kl + error if joint else kl
            optimizer.apply(tape.gradient(loss, variables), variables)
            total += tf.stack([kl, error])
        return total

    def cluster_batches(p: np.ndarray, next_batch: int, iteration: int, n_steps: int) -> tuple[np.ndarray, int]:
        numbers = (next_batch + np.arange(n_steps)) % n_batches
        batches = [slice(i * batch_size, min((i + 1) * batch_size, n)) for i in numbers]
        bounds = np.cumsum([0, *(batch.stop - batch.start for batch in batches)])
        rows, targets = (np.concatenate([array[batch] for batch in batches]) for array in (images, p))
        total = steps(rows, targets, bounds.astype(np.int32), iteration)
        return total.numpy(), (next_batch + n_steps) % n_batches

    return cluster_batches


class Embedder:
    """z of all images, in large compiled batches. Follows the encoder as its weights change."""

    def __init__(self, encoder: keras.Model, images: np.ndarray):
        @tf.function(input_signature=[_rows_of(images)])
        def batch(rows):
            return encoder(_scaled(rows), training=False)

        self._batch, self._images = batch, images

    def __call__(self) -> np.ndarray:
        """z, float32, shape (n, latent_dim)."""
        firsts = range(0, len(self._images), EMBED_BATCH)
        return np.concatenate([self._batch(self._images[i : i + EMBED_BATCH]).numpy() for i in firsts])


def _rows_of(images: np.ndarray) -> tf.TensorSpec:
    return tf.TensorSpec((None, *images.shape[1:]), images.dtype)


def _spec(*shape: int | None) -> tf.TensorSpec:
    return tf.TensorSpec(shape, tf.int32)
