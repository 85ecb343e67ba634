"""Soft assignment of an embedded point to the components of a Gaussian mixture in z."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
from keras import ops


@keras.saving.register_keras_serializable(package="dec_core")
class MixtureLayer(keras.layers.Layer):
    """q_ij = p(j | z_i), proportional to pi_j N(z_i | mu_j, sigma_j^2), each row summing to one.

    gamma of Jiang, Zheng, Tan, Tang and Zhou, *Variational Deep Embedding*, 2017. Its weights are the mixture's: the
    means `cluster_centers` and the logarithms of the variances `log_variances`, (n_clusters, latent_dim) each, and
    `logits`, (n_clusters,), whose softmax is pi. Computed in logarithms.

    Parameters
    ----------
    n_clusters : int
        At least 1.

    Raises
    ------
    ValueError
        For n_clusters < 1, or an input that is not (batch, latent_dim).
    """

    def __init__(self, n_clusters: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        if n_clusters < 1:
            raise ValueError(f"n_clusters: received {n_clusters}, expected 1 or more")
        self.n_clusters = int(n_clusters)

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        if len(input_shape) != 2:
            raise ValueError(f"z: received shape {tuple(input_shape)}, expected (batch, latent_dim); flatten it first")
        shape = self.n_clusters, input_shape[-1]
        self.cluster_centers = self.add_weight(shape=shape, initializer="glorot_uniform", name="cluster_centers")
        self.log_variances = self.add_weight(shape=shape, initializer="zeros", name="log_variances")
        self.logits = self.add_weight(shape=shape[:1], initializer="zeros", name="logits")

    def call(self, z: Any) -> Any:
        """z of shape (batch, latent_dim) -> q of shape (batch, n_clusters)."""
        squared = ops.square(z[:, None, :] - self.cluster_centers) / ops.exp(self.log_variances)
        logarithms = (
            ops.log_softmax(self.logits) - ops.sum(self.log_variances + squared, axis=2) / 2
        )  # up to a constant
        return ops.softmax(logarithms, axis=1)

    def prior(self) -> dict[str, np.ndarray]:
        """pi and sigma^2 as arrays, for `dec_core.analysis.assignment.q_by`."""
        return {
            "mixture_weights": ops.convert_to_numpy(ops.softmax(self.logits)),
            "mixture_variances": ops.convert_to_numpy(ops.exp(self.log_variances)),
        }

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, int]:
        return input_shape[0], self.n_clusters

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "n_clusters": self.n_clusters}
