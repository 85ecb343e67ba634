"""What a method minimises while clustering, and what it does between steps and at updates.

A method is a subclass of `Objective` in a module of its own, `dec_core/training/methods/NAME.py`, which its entry in
`dec_core.methods.METHODS` names. `algorithm.cluster` calls it: it holds the method's mathematics and nothing of files,
screens or batches.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import keras
import numpy as np
import tensorflow as tf

from dec_core.analysis.metrics import fraction_changed
from dec_core.config import RunConfig
from dec_core.methods import METHODS
from dec_core.networks import ClusteringLayer
from dec_core.training.centers import first_centers
from dec_core.training.events import TargetUpdated
from dec_core.training.parts import blocks

if TYPE_CHECKING:
    from dec_core.training.state import TrainingState


class Objective:
    """A method's losses and updates, for one run. This one, of methods that end with their centers, has no losses.

    What must survive a pause is kept in the state, and only there between two events: in the weights of
    `state.clustering_layer`, in `state.p`, and in arrays of the method's own, `state.memory`.

    Parameters
    ----------
    state : TrainingState
        Whose phase is "clustering": centers are placed, `z` and `labels` are those of all samples.
    """

    target_spec: ClassVar[tf.TensorSpec] = tf.TensorSpec((None,), tf.int32)  # of those rows of `targets` in a batch

    def __init__(self, state: TrainingState):
        self.state = state

    # -- asked by the state, before there is anything to train

    @classmethod
    def layer(cls, config: RunConfig) -> keras.layers.Layer:
        """The layer that makes q of z. It has a weight `cluster_centers`, of shape (n_clusters, latent_dim)."""
        return ClusteringLayer(config.n_clusters, config.alpha, name="clustering", dtype="float32")

    @classmethod
    def n_weights(cls, config: RunConfig, latent_dim: int) -> int:
        """How many numbers the layer's weights are."""
        return config.n_clusters * latent_dim

    @classmethod
    def variables(cls, state: TrainingState) -> list:
        """What gradients move: encoder and centers, and the decoder where it is trained along."""
        decoder = state.decoder.trainable_variables if METHODS[state.config.method].trains_decoder else []
        return [*state.clustering_model.trainable_variables, *decoder]

    @classmethod
    def memory(cls, config: RunConfig, n: int) -> dict[str, tuple[type, tuple[int, ...]]]:
        """Type and shape of each array in `state.memory`, once there was an update, for a run of `n` samples."""
        return {}

    @classmethod
    def place(cls, state: TrainingState, z: np.ndarray) -> tuple[np.ndarray, float]:
        """Place the centers among the z of all samples, (n, latent_dim), when the network is pretrained.

        Returns the cluster of each, int, (n,), and the sum of squared distances to their centers.
        """
        state.cluster_centers, labels, inertia = first_centers(state.config, z, state.own.initial)
        return labels, inertia

    # -- what is trained on

    def part(self) -> np.ndarray | None:
        """Indices of the samples that are trained on; None for all."""
        return None

    def targets(self) -> np.ndarray:
        """What belongs to each sample that is trained on, first axis n: its number, int32, or a p."""
        return np.arange(len(self.state.labels), dtype=np.int32)

    # -- called inside the compiled loop

    def losses(self, x: tf.Tensor, target: tf.Tensor, step: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
        """Clustering loss and reconstruction loss of a batch, scalars, the latter 0 without a decoder; and its z.

        x: images as float32 in 0..1, (batch, *input_shape). target: its rows of `targets`. step: its number, by which
        random numbers are drawn.
        """
        raise NotImplementedError

    def loss(self, clustering: tf.Tensor, reconstruction: tf.Tensor) -> tf.Tensor:
        """What is minimised, of the two of `losses`."""
        raise NotImplementedError

    def after_step(self, x: tf.Tensor, target: tf.Tensor) -> None:
        """What follows a step of gradient descent on this batch."""

    # -- called between two compiled calls

    def keep(self) -> None:
        """Put into `state.memory` what the compiled loop has changed elsewhere."""

    def update(self, z: np.ndarray) -> TargetUpdated:
        """New labels at every `update_interval` steps, and how many differ. z: of all samples, (n, latent_dim)."""
        self.state.z = z
        return self.updated(np.concatenate([self.state.q(block).argmax(axis=1) for block in blocks(len(z))]))

    def updated(self, labels: np.ndarray, kl_divergence: float | None = None) -> TargetUpdated:
        """Count an update whose labels, (n,), are these."""
        state = self.state
        state.delta_label = fraction_changed(labels, state.labels)
        state.labels, state.updated_at, state.n_updates = labels, state.iteration, state.n_updates + 1
        return TargetUpdated(
            state.n_updates, state.iteration, state.config.max_iterations, labels, state.delta_label, kl_divergence
        )
