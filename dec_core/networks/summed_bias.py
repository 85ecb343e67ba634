"""Keras's layers, with the gradients of their biases computed another way.

Keras adds a bias by TensorFlow's BiasAdd. The gradient of that is a sum over the batch, and in convolutions over all
places of the images, which TensorFlow takes in the precision of its inputs: in bfloat16, with 8 bits of mantissa, a sum
of thousands stops growing where a summand is less than half of its last bit. Here a bias is added by broadcasting. The
gradient of that is a sum, too, but one that is taken in float32; and it is the faster one (`docs/performance.md`).

Weights are those of Keras's layers.
"""

from __future__ import annotations

import keras
import tensorflow as tf
from keras import ops

registered = keras.saving.register_keras_serializable(package="dec_core")


class SummedBias:
    """activation(products + bias), for a Keras layer whose `products` are what comes before the bias."""

    def call(self, inputs, training=None):
        """What Keras's layer gives."""
        h = self.products(inputs)
        return self.activation(tf.add(h, tf.convert_to_tensor(self.bias)) if self.use_bias else h)


@registered
class SummedBiasDense(SummedBias, keras.layers.Dense):
    """(batch, inputs) -> (batch, units)."""

    def products(self, inputs):
        """inputs @ kernel, shape (batch, units)."""
        return ops.matmul(inputs, self.kernel)


@registered
class SummedBiasConv2D(SummedBias, keras.layers.Conv2D):
    """(batch, height, width, channels) -> (batch, height', width', filters)."""

    def products(self, inputs):
        """inputs * kernel, shape (batch, height', width', filters)."""
        return self.convolution_op(inputs, self.kernel)


@registered
class SummedBiasConv2DTranspose(SummedBias, keras.layers.Conv2DTranspose):
    """(batch, height, width, channels) -> (batch, height', width', filters)."""

    def products(self, inputs):
        """The transposed convolution, shape (batch, height', width', filters)."""
        return ops.conv_transpose(inputs, self.kernel, list(self.strides), self.padding)
