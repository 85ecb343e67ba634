"""Small random distortions of images, inside the compiled loop (DEC with data augmentation).

Guo, Zhu, Liu and Yin, *Deep Embedded Clustering with Data Augmentation*, 2018: the target p is that
of the clean image, q that of a distorted one, so that a digit keeps its cluster when it is turned a
little. Each image gets its own rotation, shear, scale and shift, sampled bilinearly; beyond its border lies the border.
"""

from __future__ import annotations

from collections.abc import Sequence

import keras
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
    images = tf.reshape(x, (-1, height, width, *(image_shape[2:] or (1,))))
    draws = tf.random.stateless_uniform((5, tf.shape(images)[0]), seed, -strength, strength)
    turn, shear, size = ROTATION * draws[0], SHEAR * draws[1], tf.exp(SCALE * draws[2])
    shift_x, shift_y = SHIFT * width * draws[3], SHIFT * height * draws[4]
    cos, sin = size * tf.cos(turn), size * tf.sin(turn)
    to_column = _about_the_middle(cos, shear - sin, shift_x, (width - 1) / 2, (height - 1) / 2, (width - 1) / 2)
    to_row = _about_the_middle(sin, cos, shift_y, (width - 1) / 2, (height - 1) / 2, (height - 1) / 2)
    affine = tf.stack([*to_column, *to_row, *[tf.zeros_like(cos)] * 2], axis=1)  # (batch, 8)
    moved = keras.ops.image.affine_transform(images, affine, "bilinear", "nearest", data_format="channels_last")
    return tf.reshape(moved, tf.shape(x))


def _about_the_middle(
    a: tf.Tensor, b: tf.Tensor, c: tf.Tensor, column: float, row: float, middle: float
) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
    """The coefficients of a * (x - column) + b * (y - row) + c + middle as one of x and y."""
    return a, b, c + middle - a * column - b * row
