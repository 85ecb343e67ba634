"""The compiled inner loops: many batches in one call, the images resident as uint8.

A Python loop over `train_on_batch` spends more time around the arithmetic than in it. Here a
`tf.function` runs a stretch of batches: it gathers rows, scales them to 0..1, takes gradients and
applies them, without returning to Python.
"""

from __future__ import annotations

from collections.abc import Callable

import keras
import numpy as np
import tensorflow as tf

EMBED_BATCH = 2048

Distortion = Callable[[tf.Tensor, tf.Tensor], tf.Tensor]  # (rows, iteration) -> rows


def resident(x: np.ndarray) -> tf.Tensor:
    """The images where the arithmetic happens, still uint8, shape (n, n_features)."""
    return tf.constant(x)


def _rows(images: tf.Tensor, index: tf.Tensor) -> tf.Tensor:
    """Rows of the images as float32 in 0..1."""
    return tf.cast(tf.gather(images, index), tf.float32) / 255.0


def pretrain_steps(
    autoencoder: keras.Model, optimizer: keras.optimizers.Optimizer, images: tf.Tensor, batch_size: int
) -> Callable[[np.ndarray, int, int], tf.Tensor]:
    """A function (order, first, last) that trains on batches first..last-1 of `order`; returns their summed loss."""
    n = images.shape[0]

    @tf.function(input_signature=[_spec(n), _spec(), _spec()])
    def steps(order, first, last):
        total = tf.constant(0.0)
        for i in tf.range(first, last):
            x = _rows(images, order[i * batch_size : tf.minimum((i + 1) * batch_size, n)])
            with tf.GradientTape() as tape:
                loss = tf.reduce_mean(tf.math.squared_difference(autoencoder(x, training=True), x))
            variables = autoencoder.trainable_variables
            optimizer.apply(tape.gradient(loss, variables), variables)
            total += loss
        return total

    return lambda order, first, last: steps(tf.constant(order, tf.int32), first, last)


def cluster_steps(
    clustering_model: keras.Model,
    optimizer: keras.optimizers.Optimizer,
    images: tf.Tensor,
    batch_size: int,
    distort: Distortion | None = None,
) -> Callable[[np.ndarray, int, int, int], tuple[tf.Tensor, int]]:
    """A function (p, next_batch, iteration, n_steps) -> (summed loss, next_batch), in the tutorial's batch order.

    Batches run through the data in order and wrap to the first after the last, smaller one.
    `distort` changes the images of a batch; it gets the iteration to draw from.
    """
    n = images.shape[0]
    n_batches = -(-n // batch_size)
    kl_divergence = keras.losses.KLDivergence()

    @tf.function(input_signature=[tf.TensorSpec((n, None), tf.float32), _spec(), _spec(), _spec()])
    def steps(p, batch, iteration, n_steps):
        total = tf.constant(0.0)
        for i in tf.range(n_steps):
            first, last = batch * batch_size, tf.minimum((batch + 1) * batch_size, n)
            x = _rows(images, tf.range(first, last))
            if distort is not None:
                x = distort(x, iteration + i)
            with tf.GradientTape() as tape:
                q = clustering_model(x, training=True)
                loss = kl_divergence(p[first:last], q)  # (batch, n_clusters) each
            variables = clustering_model.trainable_variables
            optimizer.apply(tape.gradient(loss, variables), variables)
            total += loss
            batch = (batch + 1) % n_batches
        return total, batch

    def run(p: np.ndarray, next_batch: int, iteration: int, n_steps: int) -> tuple[tf.Tensor, int]:
        total, batch = steps(p, next_batch, iteration, n_steps)
        return total, int(batch)

    return run


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
