"""Soft assignment of an embedded point to clusters: Student's t kernel (DEC, equation 1)."""

from __future__ import annotations

from math import inf
from numbers import Integral, Real
from typing import Any

import keras
from keras import ops


@keras.saving.register_keras_serializable(package="dec_core")
class ClusteringLayer(keras.layers.Layer):
    """q_ij proportional to (1 + |z_i - mu_j|^2 / alpha) ^ (-(alpha + 1) / 2), each row summing to one.

    Equation 1 of Xie, Girshick and Farhadi, *Unsupervised Deep Embedding for Clustering Analysis*, 2016.
    Computed in logarithms, but for alpha = 1: far from all centers a large alpha makes every weight 0 in 32 bits, and
    q 0/0. The centers mu are the layer's only weight, `cluster_centers`, of shape (n_clusters, latent_dim); set them by
    `layer.cluster_centers.assign(kmeans.cluster_centers_)` once the layer is built.

    Parameters
    ----------
    n_clusters : int
        At least 1.
    alpha : float
        Degrees of freedom of Student's t, finite and above 0. The paper and the tutorial use 1.

    Raises
    ------
    ValueError
        For n_clusters that is no whole number of 1 or more, alpha that is no finite number above 0, or an input
        that is not (batch, latent_dim).
    """

    def __init__(self, n_clusters: int, alpha: float = 1.0, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        if not isinstance(n_clusters, Integral) or n_clusters < 1:
            raise ValueError(f"n_clusters: received {n_clusters!r}, expected a whole number of 1 or more")
        if not (isinstance(alpha, Real) and 0 < alpha < inf):
            raise ValueError(f"alpha: received {alpha!r}, expected a finite number above 0")
        self.n_clusters, self.alpha = int(n_clusters), float(alpha)

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        if len(input_shape) != 2:
            raise ValueError(f"z: received shape {tuple(input_shape)}, expected (batch, latent_dim); flatten it first")
        self.cluster_centers = self.add_weight(
            shape=(self.n_clusters, input_shape[-1]), initializer="glorot_uniform", name="cluster_centers"
        )

    def call(self, z: Any) -> Any:
        """z of shape (batch, latent_dim) -> q of shape (batch, n_clusters)."""
        squared = ops.sum(ops.square(z[:, None, :] - self.cluster_centers), axis=2)  # (batch, n_clusters)
        if self.alpha != 1.0:
            return ops.softmax(-(self.alpha + 1.0) / 2.0 * ops.log1p(squared / self.alpha), axis=1)
        q = (1.0 + squared / self.alpha) ** (-(self.alpha + 1.0) / 2.0)
        return q / ops.sum(q, axis=1, keepdims=True)

    def prior(self) -> dict[str, Any]:
        """What q needs besides z and the centers: nothing. See `MixtureLayer.prior`."""
        return {}

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, int]:
        return input_shape[0], self.n_clusters

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "n_clusters": self.n_clusters, "alpha": self.alpha}
