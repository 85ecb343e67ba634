"""The events of training: small frozen records that drivers draw, store or print as they happen."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class PretrainProgress:
    """Some batches of the autoencoder's training. `loss` is the mean squared error so far in this epoch."""

    epoch: int  # 1-based, the one being run
    n_epochs: int
    batch: int  # batches done in this epoch
    n_batches: int
    loss: float

    @property
    def epoch_ended(self) -> bool:
        """Whether this was the last batch of its epoch."""
        return self.batch == self.n_batches


@dataclass(frozen=True)
class TargetProgress:
    """Training waits for UMAP and a mixture, which make the first target p. `words`: their current step."""

    words: str


@dataclass(frozen=True)
class CentersInitialized:
    """The centers are placed, by k-means or as the config says. `labels`: the cluster of every sample, (n,)."""

    labels: np.ndarray
    inertia: float  # sum of squared distances to the nearest center
    n_starts: int = 1  # of UMAP and a mixture, where there is one: 2 if the groups of the first looked merged or split


@dataclass(frozen=True)
class TargetUpdated:
    """q of all samples was computed, and p made from it where the method has one. `labels`: argmax of q, (n,)."""

    update: int  # 1-based
    iteration: int  # gradient steps done
    max_iterations: int
    labels: np.ndarray
    delta_label: float  # fraction of samples that changed cluster since the last update
    kl_divergence: float | None  # KL(p || q), mean over all samples, where the method has a p


@dataclass(frozen=True)
class ClusterProgress:
    """Some gradient steps between two updates. Losses are means over their batches."""

    iteration: int
    max_iterations: int
    loss: float  # the method's clustering loss: KL(p || q), or what its `ClusteringLoss` says
    reconstruction_loss: float | None  # that of the reconstruction, where the decoder is trained as well
    added_loss: float | None = None  # a researcher's own (`OwnParts`), where there is one, before it is weighed


@dataclass(frozen=True)
class Diverged:
    """A loss became infinite or not a number; nothing after this is meaningful."""

    phase: str  # "pretraining" or "clustering"
    epoch: int
    iteration: int
    message: str


@dataclass(frozen=True)
class Finished:
    """Training ended by itself. `labels`: the final cluster of every sample, (n,)."""

    reason: str  # "tol", "max_iterations", or "centers" where the method ends with k-means
    n_iterations: int
    labels: np.ndarray


Event = PretrainProgress | TargetProgress | CentersInitialized | TargetUpdated | ClusterProgress | Diverged | Finished
