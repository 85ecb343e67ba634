"""The mean image, subtracted before the encoder and added again after the decoder.

A gradient of the first layer's weights is a sum over images of error times pixel. Where most pixels are far from 0, as
on bright paper, those sums go where the mean image points, whatever the images differ in, and training crawls (LeCun,
Bottou, Orr and Müller 1998, *Efficient BackProp*, section 4.3). Around the mean image, what they differ in is all that
is left.
"""

from __future__ import annotations

import keras

from dec_core.networks.summed_bias import registered


class _MeanImage(keras.layers.Layer):
    """Has the mean image as a weight that no gradient moves: zeros, until it is given."""

    def build(self, input_shape):
        """One number for each of a sample's."""
        self.mean = self.add_weight(shape=input_shape[1:], initializer="zeros", trainable=False, name="mean")


@registered
class SubtractMean(_MeanImage):
    """x -> x - mean, (batch, *shape of a sample)."""

    def call(self, inputs):
        """What a sample has that the mean image has not."""
        return inputs - self.mean


@registered
class AddMean(_MeanImage):
    """x -> x + mean, (batch, *shape of a sample)."""

    def call(self, inputs):
        """A sample again."""
        return inputs + self.mean
