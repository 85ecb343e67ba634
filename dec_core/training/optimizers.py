"""Keras's optimizers with each variable's step in one pass over memory.

Keras writes a step as a row of operations, each of which reads and writes arrays as large as the weights. TensorFlow
has the same arithmetic in one operation.

Keras also sums gradients over devices, of which there is one. For that it leaves a function with TensorFlow for good,
and with it all that a run has compiled: a process that trains many runs would grow with each.

This is the one place that uses private names of Keras, `PRIVATE`; `tests/test_private_names.py` says which version has
moved one.
"""

from __future__ import annotations

import keras
import tensorflow as tf

PRIVATE = ("_all_reduce_sum_gradients", "_get_variable_index", "_momentums", "_velocities")  # of Keras's Adam


class _OneDevice:
    """Gradients as they are, for the only device there is."""

    def _all_reduce_sum_gradients(self, grads_and_vars: list) -> list:
        return grads_and_vars


class Adadelta(_OneDevice, keras.optimizers.Adadelta):
    """Adadelta as Keras has it."""


class SGD(_OneDevice, keras.optimizers.SGD):
    """Stochastic gradient descent with momentum."""

    def update_step(self, gradient: tf.Tensor, variable: tf.Variable, learning_rate: tf.Tensor) -> None:
        """velocity = momentum * velocity - rate * gradient; variable += velocity."""
        if not self.momentum:
            super().update_step(gradient, variable, learning_rate)
            return
        tf.raw_ops.ResourceApplyKerasMomentum(
            var=variable.handle,
            accum=self.momentums[self._get_variable_index(variable)].value.handle,
            lr=tf.cast(learning_rate, variable.dtype),
            grad=tf.cast(gradient, variable.dtype),
            momentum=tf.cast(self.momentum, variable.dtype),
        )


class Adam(_OneDevice, keras.optimizers.Adam):
    """Adam (Kingma and Ba 2015, section 2, with the rate of its last paragraph)."""

    def update_step(self, gradient: tf.Tensor, variable: tf.Variable, learning_rate: tf.Tensor) -> None:
        """Moments of the gradient, decayed; the variable goes by their ratio."""
        kind, place = variable.dtype, self._get_variable_index(variable)
        beta_1, beta_2 = tf.cast(self.beta_1, kind), tf.cast(self.beta_2, kind)
        step = tf.cast(self.iterations + 1, kind)
        tf.raw_ops.ResourceApplyAdam(
            var=variable.handle,
            m=self._momentums[place].value.handle,
            v=self._velocities[place].value.handle,
            beta1_power=beta_1**step,
            beta2_power=beta_2**step,
            lr=tf.cast(learning_rate, kind),
            beta1=beta_1,
            beta2=beta_2,
            epsilon=tf.cast(self.epsilon, kind),
            grad=tf.cast(gradient, kind),
        )
