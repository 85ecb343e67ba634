"""The compiled inner loops: many batches in one call, of images that stay where they lie, in memory or in a file.

A Python loop over `train_on_batch` spends more time around the arithmetic than in it. Here the rows of a stretch of
batches are gathered and a `tf.function` does the rest: it scales them to 0..1, takes gradients and applies them,
without returning to Python. TensorFlow holds one stretch of images at a time, never all of them.

The loops are TensorFlow's own: AutoGraph, which makes such loops of Python's, would first rewrite what is here, in
every process that trains.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import keras
import numpy as np
import tensorflow as tf

from dec_core.networks.own import penalties

if TYPE_CHECKING:
    from dec_core.training.objective import Objective

EMBED_BATCH = 2048

# Each run compiles its functions anew, as it has a new network. From the fifth run of a process on,
# TensorFlow takes that for a mistake and logs a warning.
COMPILED = ("pretrain_steps.", "cluster_steps.", "Embedder.")
tf.get_logger().addFilter(
    lambda record: not any(f"calls to <function {name}" in record.getMessage() for name in COMPILED)
)

Distortion = Callable[[tf.Tensor, tf.Tensor], tf.Tensor]  # (rows, number of the step) -> rows
ClusterSteps = Callable[[np.ndarray, int, int, int], tuple[np.ndarray, int]]


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

    @tf.function(input_signature=[_rows_of(images), _spec(None), _spec()], autograph=False)
    def steps(rows, bounds, step):
        def train_on_batch(i):
            x = _scaled(rows[bounds[i] : bounds[i + 1]])
            if distort is not None:
                x = distort(x, step + i)
            with tf.GradientTape() as tape:
                loss = tf.reduce_mean(tf.math.squared_difference(autoencoder(x, training=True), x))
                minimised = tf.add_n([loss, *penalties(autoencoder)])
            variables = autoencoder.trainable_variables
            optimizer.apply(tape.gradient(minimised, variables), variables)
            return loss

        return _sum_over_batches(train_on_batch, bounds, tf.constant(0.0))

    def pretrain_batches(order: np.ndarray, first: int, last: int, before: int) -> tf.Tensor:
        index = order[first * batch_size : last * batch_size]
        bounds = np.minimum(np.arange(last - first + 1) * batch_size, len(index))
        return steps(images[index], bounds.astype(np.int32), before + first)

    return pretrain_batches


def cluster_steps(objective: Objective, images: np.ndarray, distort: Distortion | None = None) -> ClusterSteps:
    """A function (targets, next_batch, iteration, n_steps) -> (losses, next_batch), in the tutorial's batch order.

    Batches run through the data in order and wrap to the first after the last, smaller one. The two losses of the
    objective, and the one that is added to them or 0, are summed over the steps, shape (3,). `distort` changes the
    images of a batch; it gets the iteration to draw from.
    """
    state, own = objective.state, objective.state.own
    n, batch_size = len(images), state.config.batch_size
    n_batches = -(-n // batch_size)
    optimizer = state.start_optimizer("clustering", state.config.max_iterations)
    variables = state.clustering_variables()

    @tf.function(input_signature=[_rows_of(images), objective.target_spec, _spec(None), _spec()], autograph=False)
    def steps(rows, targets, bounds, iteration):
        def train_on_batch(i):
            x, target = _scaled(rows[bounds[i] : bounds[i + 1]]), targets[bounds[i] : bounds[i + 1]]
            if distort is not None:
                x = distort(x, iteration + i)
            with tf.GradientTape() as tape:
                clustering, reconstruction, z = objective.losses(x, target, iteration + i)
                added = own.loss(x, z, state.clustering_layer(z)) if own.added_loss is not None else tf.constant(0.0)
                terms = [] if own.added_loss is None else [own.added_loss_weight * added]
                loss = tf.add_n([objective.loss(clustering, reconstruction), *terms, *state.clustering_penalties()])
            optimizer.apply(tape.gradient(loss, variables), variables)
            objective.after_step(x, target)
            return tf.stack([clustering, reconstruction, added])

        return _sum_over_batches(train_on_batch, bounds, tf.zeros(3))

    def cluster_batches(targets: np.ndarray, next_batch: int, iteration: int, n_steps: int) -> tuple[np.ndarray, int]:
        numbers = (next_batch + np.arange(n_steps)) % n_batches
        batches = [slice(i * batch_size, min((i + 1) * batch_size, n)) for i in numbers]
        bounds = np.cumsum([0, *(batch.stop - batch.start for batch in batches)])
        rows, of_rows = (np.concatenate([array[batch] for batch in batches]) for array in (images, targets))
        total = steps(rows, of_rows, bounds.astype(np.int32), iteration)
        return total.numpy(), (next_batch + n_steps) % n_batches

    return cluster_batches


class Embedder:
    """z of all images, in large compiled batches. Follows the encoder as its weights change."""

    def __init__(self, encoder: keras.Model, images: np.ndarray):
        @tf.function(input_signature=[_rows_of(images)], autograph=False)
        def batch(rows):
            return encoder(_scaled(rows), training=False)

        self._batch, self._images = batch, images

    def __call__(self) -> np.ndarray:
        """z, float32, shape (n, latent_dim)."""
        firsts = range(0, len(self._images), EMBED_BATCH)
        return np.concatenate([self._batch(self._images[i : i + EMBED_BATCH]).numpy() for i in firsts])


def _sum_over_batches(
    train_on_batch: Callable[[tf.Tensor], tf.Tensor], bounds: tf.Tensor, zero: tf.Tensor
) -> tf.Tensor:
    """The sum of what `train_on_batch` gives for the number of each batch, one after the other."""
    n_batches = tf.size(bounds) - 1
    return tf.while_loop(
        lambda i, total: i < n_batches, lambda i, total: (i + 1, total + train_on_batch(i)), [tf.constant(0), zero]
    )[1]


def _rows_of(images: np.ndarray) -> tf.TensorSpec:
    return tf.TensorSpec((None, *images.shape[1:]), images.dtype)


def _spec(*shape: int | None) -> tf.TensorSpec:
    return tf.TensorSpec(shape, tf.int32)
