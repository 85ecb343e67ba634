"""VaDE: a variational autoencoder whose prior of z is a Gaussian mixture; its components are the clusters.

Jiang, Zheng, Tan, Tang and Zhou, *Variational Deep Embedding: An Unsupervised and Generative Approach to
Clustering*, 2017. An image is taken to be drawn so: a component c by the weights pi, a z from N(mu_c, sigma_c^2), the
image from what the decoder makes of z. The encoder gives mean and variance of z, and a z is drawn by them (the
reparameterization trick). What is minimised is the negative of the paper's evidence lower bound,

    L = -E[log p(x | z)] + KL(q(z, c | x) || p(z, c)),    with q(c | x) = gamma_c = p(c | z)

Pixels are taken as Gaussian with a variance of s^2, so that the first term is the squared error over 2 s^2. Divided by
that factor and by the number of pixels d, the bound is the mean squared error + beta * KL, beta = 2 s^2 / d.
"""

from __future__ import annotations

import keras
import numpy as np
import tensorflow as tf
from sklearn.mixture import GaussianMixture

from dec_core.analysis.blas_threads import one_blas_thread
from dec_core.config import RunConfig
from dec_core.even_part import part_of_many
from dec_core.networks import MixtureLayer
from dec_core.training.objective import Objective
from dec_core.training.parts import blocks
from dec_core.training.state import TrainingState

NARROW = 0.1  # variance of each z at first, as a share of the components' mean variance
TINY = 1e-10  # no logarithm of 0


class Vade(Objective):
    """The evidence lower bound, with a mixture as prior that is trained along."""

    @classmethod
    def layer(cls, config: RunConfig) -> keras.layers.Layer:
        """gamma of z."""
        return MixtureLayer(config.n_clusters, name="clustering", dtype="float32")

    @classmethod
    def n_weights(cls, config: RunConfig, latent_dim: int) -> int:
        """pi, and mu and sigma^2 in each dimension."""
        return config.n_clusters * (1 + 2 * latent_dim)

    @classmethod
    def variables(cls, state: TrainingState) -> list:
        """Encoder with both heads, mixture, decoder."""
        return [*super().variables(state), *state.heads[0].trainable_variables]

    @classmethod
    def place(cls, state: TrainingState, z: np.ndarray) -> tuple[np.ndarray, float]:
        """A mixture of Gaussians with diagonal covariances, fitted to the z of the pretrained autoencoder."""
        config, layer = state.config, state.clustering_layer
        n_init, seed = config.gmm_n_init, config.random_state
        mixture = GaussianMixture(config.n_clusters, covariance_type="diag", n_init=n_init, random_state=seed)
        with one_blas_thread():
            mixture.fit(z[part_of_many(len(z))])
        layer.cluster_centers.assign(mixture.means_)
        layer.log_variances.assign(np.log(mixture.covariances_))
        layer.logits.assign(np.log(mixture.weights_))
        kernel, bias = state.heads[0].weights
        kernel.assign(np.zeros(kernel.shape))
        bias.assign(np.log(NARROW * mixture.covariances_.mean(axis=0)))
        state.z = z
        labels = np.concatenate([state.q(block).argmax(axis=1) for block in blocks(len(z))])
        return labels, float(np.square(z - mixture.means_[labels]).sum())

    def losses(self, x: tf.Tensor, number: tf.Tensor, step: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
        """KL(q(z, c | x) || p(z, c)), the squared error, and the z that are drawn; means over batch and pixels."""
        state, layer = self.state, self.state.clustering_layer
        mean, log_variance = state.variational_encoder(x, training=True)  # (batch, latent_dim) each
        noise = tf.random.stateless_normal(tf.shape(mean), tf.stack([state.config.random_state, step]))
        z = mean + tf.exp(log_variance / 2) * noise
        error = tf.reduce_mean(tf.math.squared_difference(state.decoder(z, training=True), x))
        log_weights = tf.nn.log_softmax(layer.logits)
        prior = prior_loss(mean, log_variance, layer(z), layer.cluster_centers, layer.log_variances, log_weights)
        return prior, error, z

    def loss(self, clustering: tf.Tensor, reconstruction: tf.Tensor) -> tf.Tensor:
        """reconstruction + beta * clustering."""
        return reconstruction + self.state.config.kl_weight * clustering


def prior_loss(
    mean: tf.Tensor, log_variance: tf.Tensor, gamma: tf.Tensor, centers: tf.Tensor, log_variances: tf.Tensor,
    log_weights: tf.Tensor,
) -> tf.Tensor:  # fmt: skip
    """KL(q(z, c | x) || p(z, c)), the mean over a batch: all of the bound but its first term, with its sign changed.

    1/2 sum_c gamma_c sum_j (log s_cj + v_j / s_cj + (m_j - mu_cj)^2 / s_cj) - sum_c gamma_c log(pi_c / gamma_c)
    - 1/2 sum_j (1 + log v_j),   v and s the variances of an image's z and of a component

    mean, log_variance: (batch, latent_dim). gamma: (batch, n_clusters). centers, log_variances: (n_clusters,
    latent_dim). log_weights: (n_clusters,).
    """
    spread = tf.exp(log_variance)[:, None, :] + tf.math.squared_difference(mean[:, None, :], centers)
    each = tf.reduce_sum(log_variances + spread * tf.exp(-log_variances), axis=2) / 2  # (batch, n_clusters)
    to_components = tf.reduce_sum(gamma * (each + tf.math.log(gamma + TINY) - log_weights), axis=1)  # (batch,)
    return tf.reduce_mean(to_components - tf.reduce_sum(1 + log_variance, axis=1) / 2)


OBJECTIVE = Vade
