"""What a researcher puts in place of ours: encoder and decoder, what places the centers, a loss that is added."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import keras
import numpy as np
import tensorflow as tf

from dec_core.methods import METHODS
from dec_core.networks.own import own_autoencoder

Loss = Callable[[tf.Tensor, tf.Tensor, tf.Tensor], tf.Tensor]  # (x, z, q) -> a number
Weights = Literal["given", "drawn", "pretrained"]


@dataclass(frozen=True)
class OwnParts:
    """Parts of a run that are not described by its config; with none of them it is all ours.

    Attributes
    ----------
    encoder, decoder : keras.Model or None
        x -> z and z -> x. Both or neither. They are copied, never trained.
    weights : {"given", "drawn", "pretrained"}
        What training begins with: the weights that they have, new ones drawn by random_state in all layers that are not
        frozen, or those that they have without pretraining.
    initial : clusterer or None
        Places the centers (`given_centers`), instead of k-means.
    added_loss : callable or None
        (x, z, q) -> scalar, added to what clustering minimises. x is (batch, *input_shape), z (batch, latent_dim), q
        (batch, n_clusters), all float32.
    added_loss_weight : float
        What it is multiplied by.
    """

    encoder: keras.Model | None = None
    decoder: keras.Model | None = None
    weights: Weights = "given"
    initial: Any = None
    added_loss: Loss | None = None
    added_loss_weight: float = 1.0

    @property
    def has_networks(self) -> bool:
        """Whether encoder and decoder are somebody's own."""
        return self.encoder is not None

    @property
    def n_numbers(self) -> int:
        """How many numbers their variables are."""
        return sum(int(np.prod(v.shape)) for v in (*self.encoder.variables, *self.decoder.variables))

    def networks(self, random_state: int) -> tuple[keras.Model, keras.Model]:
        """Encoder and decoder to train: copies."""
        return own_autoencoder(self.encoder, self.decoder, random_state, draw=self.weights == "drawn")

    def first_phase(self, method: str) -> str:
        """Where a run begins."""
        is_trained = self.has_networks and self.weights == "pretrained"
        return "pretraining" if METHODS[method].has_network and not is_trained else "centers"

    def loss(self, x: tf.Tensor, z: tf.Tensor, q: tf.Tensor) -> tf.Tensor:
        """The added loss of a batch, a float32 scalar, not weighed yet. Raises ValueError if it is none."""
        received = self.added_loss(x, z, q)
        try:
            value = tf.convert_to_tensor(received)
        except (TypeError, ValueError) as error:
            raise ValueError(f"added_loss: it returned {received!r:.60}, expected a scalar tensor") from error
        if value.shape.rank != 0 or not value.dtype.is_floating:
            raise ValueError(
                f"added_loss: it returned {value.dtype.name} of shape {tuple(value.shape)}, expected one float; "
                "take the mean over the batch"
            )
        return tf.cast(value, tf.float32)

    def check_loss(self, input_shape: tuple[int, ...], latent_dim: int, n_clusters: int) -> None:
        """Trace the added loss once, as training will. Raises ValueError for what it raises, and what it returns."""
        shapes = ((None, *input_shape), (None, latent_dim), (None, n_clusters))
        specs = [tf.TensorSpec(shape, tf.float32) for shape in shapes]
        try:
            tf.function(self.loss, autograph=False).get_concrete_function(*specs)
        except Exception as error:
            if str(error).startswith("added_loss:"):
                raise
            line = (str(error).strip().splitlines() or [""])[-1][:200]
            raise ValueError(
                f"added_loss: it raised {type(error).__name__} ({line.strip()}) for x, z and q of shapes "
                f"{', '.join(map(str, shapes))}, expected a scalar of them, by operations of TensorFlow or keras.ops"
            ) from error


NO_PARTS = OwnParts()
