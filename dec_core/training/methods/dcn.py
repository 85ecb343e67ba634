"""DCN: network, assignments and centers take turns, each with the other two fixed.

Yang, Fu, Sidiropoulos and Hong, *Towards K-means-friendly Spaces: Simultaneous Deep Learning and Clustering*, 2017.
For the images of each batch, section 4 of the paper has three steps:

    1. network      gradient descent on  reconstruction error + lambda / 2 * |f(x_i) - m_s_i|^2
    2. assignment   s_i = the nearest center of f(x_i), from now on
    3. centers      m_k moves toward each f(x_i) that is assigned to it, by 1 / c_k of the way,
                    where c_k counts how many have been assigned to it so far

So each center is the mean of all that ever were assigned to it, and moves ever more slowly. An update does not train:
it looks where all images are, and whether few enough have changed cluster to stop.
"""

from __future__ import annotations

import numpy as np
import tensorflow as tf

from dec_core.config import RunConfig
from dec_core.training.objective import Objective
from dec_core.training.state import TrainingState


class Dcn(Objective):
    """A k-means loss beside the reconstruction's error, with centers that move by counts.

    In `state.memory` are `assigned`, the cluster of each sample when it was trained on last, and `counts`, how many
    have been assigned to each cluster. They begin with the clusters of k-means, which has assigned each sample once.
    """

    def __init__(self, state: TrainingState):
        super().__init__(state)
        if not state.memory:
            counts = np.bincount(state.labels, minlength=state.config.n_clusters)
            state.memory = {"assigned": state.labels.astype(np.int32), "counts": counts.astype(np.int64)}
        self.assigned = tf.Variable(state.memory["assigned"])  # (n,)
        self.counts = tf.Variable(state.memory["counts"])  # (n_clusters,)

    @classmethod
    def variables(cls, state: TrainingState) -> list:
        """Encoder and decoder: centers follow no gradient."""
        return [*state.encoder.trainable_variables, *state.decoder.trainable_variables]

    @classmethod
    def memory(cls, config: RunConfig, n: int) -> dict[str, tuple[type, tuple[int, ...]]]:
        """`assigned` and `counts`."""
        return {"assigned": (np.int32, (n,)), "counts": (np.int64, (config.n_clusters,))}

    def losses(self, x: tf.Tensor, number: tf.Tensor, step: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
        """Half the squared distance to the center that each is assigned to, the squared error, means both; and z."""
        state = self.state
        z = state.encoder(x, training=True)  # (batch, latent_dim)
        own = tf.gather(state.clustering_layer.cluster_centers, tf.gather(self.assigned, number))  # (batch, latent_dim)
        error = tf.reduce_mean(tf.math.squared_difference(state.decoder(z, training=True), x))
        return kmeans_loss(z, own), error, z

    def loss(self, clustering: tf.Tensor, reconstruction: tf.Tensor) -> tf.Tensor:
        """reconstruction + lambda * clustering."""
        return reconstruction + self.state.config.kmeans_weight * clustering

    def after_step(self, x: tf.Tensor, number: tf.Tensor) -> None:
        """Assignment and centers, by the z that the step has led to."""
        centers = self.state.clustering_layer.cluster_centers
        z = self.state.encoder(x, training=False)
        assigned = nearest(z, centers)
        moved, counts = moved_centers(centers, self.counts, z, assigned)
        self.assigned.scatter_nd_update(number[:, None], assigned)
        centers.assign(moved)
        self.counts.assign(counts)

    def keep(self) -> None:
        """Assignments and counts as they are now."""
        self.state.memory = {"assigned": self.assigned.numpy(), "counts": self.counts.numpy()}


def kmeans_loss(z: tf.Tensor, centers: tf.Tensor) -> tf.Tensor:
    """The mean of |z_i - m_i|^2 / 2 over a batch. Both (batch, latent_dim)."""
    return tf.reduce_mean(tf.reduce_sum(tf.math.squared_difference(z, centers), axis=1)) / 2


def nearest(z: tf.Tensor, centers: tf.Tensor) -> tf.Tensor:
    """The number of the center nearest to each z, int32, (batch,)."""
    squared = tf.reduce_sum(tf.math.squared_difference(z[:, None, :], centers), axis=2)  # (batch, n_clusters)
    return tf.argmin(squared, axis=1, output_type=tf.int32)


def moved_centers(
    centers: tf.Tensor, counts: tf.Tensor, z: tf.Tensor, assigned: tf.Tensor
) -> tuple[tf.Tensor, tf.Tensor]:
    """Centers and counts after a batch: as if its samples came one by one, each moving its center by 1 / c_k.

    With c_k counting the sample itself, a center is a running mean, and the order within a batch does not matter: it
    becomes (c_k m_k + the sum of the z assigned to it) / (c_k + their number).

    centers: (n_clusters, latent_dim). counts: int64, (n_clusters,). z: (batch, latent_dim). assigned: int32, (batch,).
    """
    one_hot = tf.one_hot(assigned, tf.shape(counts)[0], dtype=z.dtype)  # (batch, n_clusters)
    added = tf.reduce_sum(one_hot, axis=0)  # (n_clusters,)
    counts = counts + tf.cast(added, counts.dtype)
    pull = tf.matmul(one_hot, z, transpose_a=True) - added[:, None] * centers  # (n_clusters, latent_dim)
    return centers + pull / tf.cast(tf.maximum(counts, 1), z.dtype)[:, None], counts


OBJECTIVE = Dcn
