"""DEC: encoder and centers move so that q, Student's t, approaches p, which is q sharpened (DEC, section 3.1).

    L = KL(p || q)                                        equations 1 to 5; the mean over a batch, not the sum
    L = gamma * KL(p || q) + mean squared error           with the decoder trained along (IDEC; the tutorial, 9.8)

p is found at every update, of all samples, and stays fixed in between. A mixture's p may be held for some steps first.
"""

from __future__ import annotations

import keras
import numpy as np
import tensorflow as tf

from dec_core.analysis.assignment import target_distribution
from dec_core.even_part import part_of_many
from dec_core.methods import METHODS, held_steps
from dec_core.training.events import TargetUpdated
from dec_core.training.objective import Objective
from dec_core.training.parts import blocks
from dec_core.training.state import TrainingState


class TowardTarget(Objective):
    """KL(p || q), alone or weighed beside the reconstruction's error."""

    target_spec = tf.TensorSpec((None, None), tf.float32)  # p, (batch, n_clusters)

    def __init__(self, state: TrainingState):
        super().__init__(state)
        self.joint = METHODS[state.config.method].trains_decoder
        self.kl_divergence = keras.losses.KLDivergence()

    def part(self) -> np.ndarray | None:
        """Of very many samples, those on which a target was found that is held."""
        p, n = self.state.p, len(self.state.labels)
        return None if p is None or len(p) == n else part_of_many(n)

    def targets(self) -> np.ndarray:
        """p, float32, shape (n, n_clusters), where `part` is not all of them its length."""
        return self.state.p

    def losses(self, x: tf.Tensor, p: tf.Tensor, step: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
        """KL(p || q), the mean squared error where the decoder is trained, else 0, and z."""
        state, kl_divergence = self.state, self.kl_divergence
        z = state.encoder(x, training=True)  # (batch, latent_dim)
        kl = kl_divergence(p, state.clustering_layer(z))  # (batch, n_clusters) each
        error = tf.reduce_mean(tf.math.squared_difference(state.decoder(z, training=True), x)) if self.joint else 0.0
        return kl, tf.convert_to_tensor(error), z

    def loss(self, kl: tf.Tensor, error: tf.Tensor) -> tf.Tensor:
        """KL(p || q), or gamma times it and the error."""
        return self.state.config.gamma * kl + error if self.joint else kl

    def update(self, z: np.ndarray) -> TargetUpdated:
        """q and p of all samples: p is the paper's, over the whole data set, not over a batch; unless it is held.

        q is computed twice, block by block, and never kept as a whole: p needs the sums of its columns first. A target
        that is held may be one of a part of the samples; KL(p || q) is the mean over those that have one.
        """
        state, held = self.state, self.state.iteration < held_steps(self.state.config)
        state.z, n = z, len(z)  # (n, latent_dim)
        labels, sizes = np.empty(n, dtype=np.int64), np.zeros(state.config.n_clusters)
        for block in blocks(n):
            q = state.q(block)  # (block, n_clusters)
            labels[block] = q.argmax(axis=1)
            sizes = sizes + q.sum(axis=0)
        if not held:
            if state.p is not None and len(state.p) != n:
                state.next_batch = 0  # from here on all samples have a target
            state.p = np.empty((n, state.config.n_clusters), dtype=np.float32)
        index, divergence = None if len(state.p) == n else part_of_many(n), 0.0
        for block in blocks(len(state.p)):
            q = state.q(block if index is None else index[block])
            if not held:
                state.p[block] = target_distribution(q, sizes)
            divergence += np.sum(state.p[block] * np.log((state.p[block] + 1e-12) / (q + 1e-12)), axis=1).sum()
        return self.updated(labels, float(divergence / len(state.p)))


OBJECTIVE = TowardTarget
