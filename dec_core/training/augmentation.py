"""Small random distortions of images, inside the compiled loop (DEC with data augmentation).

Guo, Zhu, Liu and Yin, *Deep Embedded Clustering with Data Augmentation*, 2018: the target p is that
of the clean image, q that of a distorted one, so that a digit keeps its cluster when it is turned a
little. Each image gets its own rotation, shear, scale and shift, sampled bilinearly.
"""

from __future__ import annotations

from collections.abc import Sequence

import tensorflow as tf

ROTATION = 0.1  # radians to either side
SHEAR = 0.1  # pixels to the side for each pixel down
SCALE = 0.1  # logarithm of the size
SHIFT = 1 / 28  # of the image's width


def distort(x: tf.Tensor, image_shape: Sequence[int], seed: tf.Tensor, strength: float = 1.0) -> tf.Tensor:
    """Distort a batch of images.

    Parameters
    ----------
    x : tensor of float32, shape (batch, height * width * channels) or (batch, height, width, channels)
    image_shape : (height, width) or (height, width, channels)
    seed : tensor of int32, shape (2,)
        The same seed gives the same distortions, so that a resumed run repeats itself.
    strength : float
        Factor of all of them.

    Returns
    -------
    tensor of float32, shape of x
    """
    height, width = image_shape[:2]
    rows = tf.reshape(x, (-1, height * width, *image_shape[2:]))  # channels move together
    n = tf.shape(rows)[0]
    draws = tf.random.stateless_uniform((5, n), seed, -strength, strength)
    turn, shear, size = ROTATION * draws[0], SHEAR * draws[1], tf.exp(SCALE * draws[2])
    shift_x, shift_y = SHIFT * width * draws[3], SHIFT * height * draws[4]
    v, u = tf.meshgrid(_centred(height), _centred(width), indexing="ij")  # (height, width)
    u, v = tf.reshape(u, (1, -1)), tf.reshape(v, (1, -1))  # (1, pixels)
    cos, sin = size * tf.cos(turn), size * tf.sin(turn)
    column = cos[:, None] * u + (shear - sin)[:, None] * v + shift_x[:, None] + (width - 1) / 2
    row = sin[:, None] * u + cos[:, None] * v + shift_y[:, None] + (height - 1) / 2
    return tf.reshape(_bilinear(rows, column, row, height, width), tf.shape(x))


def _centred(length: int) -> tf.Tensor:
    return tf.range(float(length)) - (length - 1) / 2


def _bilinear(rows: tf.Tensor, x: tf.Tensor, y: tf.Tensor, height: int, width: int) -> tf.Tensor:
    """Values of rows (batch, pixels[, channels]) at x, y (batch, pixels); beyond the border, the border's."""
    x, y = tf.clip_by_value(x, 0.0, width - 1.001), tf.clip_by_value(y, 0.0, height - 1.001)
    column, row = tf.floor(x), tf.floor(y)
    right, down = x - column, y - row
    if len(rows.shape) == 3:
        right, down = right[:, :, None], down[:, :, None]  # the same for all channels
    corner = tf.cast(row * width + column, tf.int32)

    def at(offset: int) -> tf.Tensor:
        return tf.gather(rows, corner + offset, batch_dims=1)

    upper = at(0) * (1 - right) + at(1) * right
    lower = at(width) * (1 - right) + at(width + 1) * right
    return upper * (1 - down) + lower * down
