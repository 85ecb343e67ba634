"""What a snapshot of a run holds, and what follows from it alone: z, q, p, centers. See `dec_core.reading.snapshot`."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from dec_core.analysis.assignment import PRIOR, q_by, target_distribution
from dec_core.analysis.inspection import Rivals, most_telling, rivals
from dec_core.methods import METHODS, held_steps
from dec_core.runs.images import mapped_images

if TYPE_CHECKING:
    from dec_core.reading.run import Run

CHUNK = 4096  # rows of images that are compared with the centers at a time


@dataclass(frozen=True, eq=False)
class Arrays:
    """The arrays of one moment of a run's training.

    What is not known of a sample is NaN: while pretraining, and in runs of earlier versions, z was kept of the view
    alone (`rows`).

    Attributes
    ----------
    run : Run
    number : int
        From 0 on; links name it as `moment`.
    file : str
        Its path inside the run's folder.
    epoch, iteration : int
        Epochs of pretraining and gradient steps of clustering done.
    clustered : bool
        Whether there are clusters. Without, there are neither labels nor q.
    """

    run: Run
    number: int
    file: str
    epoch: int
    iteration: int
    clustered: bool

    @property
    def newest(self) -> bool:
        """Whether it is the last one so far, of which a worker may have added more."""
        return self.number == len(self.run.snapshots) - 1

    @cached_property
    def arrays(self) -> dict[str, np.ndarray]:
        """What the snapshot holds, read only. Raises ValueError if it is damaged."""
        arrays = self.run.folder.load_arrays(self.file)
        if arrays is None or (self.clustered and "labels" not in arrays):
            raise ValueError(f"{self.run.folder.id}/{self.file}: the snapshot is damaged; choose another one")
        return arrays

    # -- z

    @cached_property
    def rows(self) -> np.ndarray:
        """Indices of the samples whose z is known: all, or the view."""
        return np.arange(self.run.n) if len(self._z) == self.run.n else self.run.view

    @cached_property
    def _z(self) -> np.ndarray:
        if self.newest and "z" in self.run.added:
            return self.run.added["z"]
        if METHODS[self.run.config.method].z == "pixels":
            return self.run.images.reshape(self.run.n, -1)
        return self.arrays["z"]

    def z(self, index: np.ndarray | int) -> np.ndarray:
        """z of some samples, float32, shape (..., latent_dim); NaN where it is not known."""
        if METHODS[self.run.config.method].z == "pixels":
            return self._z[index].astype(np.float32) / 255
        if len(self.rows) == self.run.n:
            return self._z[index].astype(np.float32)
        at = np.searchsorted(self.rows, index).clip(max=len(self.rows) - 1)
        known = self.rows[at] == index
        return np.where(known[..., None], self._z[at].astype(np.float32), np.nan)

    def in_chunks(self) -> list[np.ndarray]:
        """`rows`, so many at a time that memory is bounded."""
        return [self.rows[start : start + CHUNK] for start in range(0, len(self.rows), CHUNK)]

    # -- clusters

    @property
    def labels(self) -> np.ndarray | None:
        """The cluster of each sample, uint8, shape (n,); None before there are clusters."""
        return self.arrays.get("labels")

    @cached_property
    def q(self) -> np.ndarray:
        """Soft assignments (DEC, equation 1, or the method's), float32, (n, n_clusters); NaN where z is not known."""
        if "q" in self.arrays:
            return self.arrays["q"].astype(np.float32)
        q = np.full((self.run.n, self.run.config.n_clusters), np.nan, dtype=np.float32)
        method = METHODS[self.run.config.method]
        if method.keeps_q:
            return q  # runs of earlier versions did not keep it
        centers, alpha = self.arrays["cluster_centers"], self.run.config.alpha
        for rows in self.in_chunks():
            q[rows] = q_by(method.q, self.z(rows), centers, alpha, prior=self.prior)
        return q

    @property
    def prior(self) -> dict[str, np.ndarray]:
        """What q follows from besides z and the centers, where it does."""
        return {name: self.arrays[name] for name in PRIOR if name in self.arrays}

    @property
    def holds_first_target(self) -> bool:
        """Whether the network still trains towards the mixture's p, of which no snapshot is kept."""
        return self.iteration < held_steps(self.run.config)

    @cached_property
    def p(self) -> np.ndarray:
        """The sharpened target (DEC, equation 3), float32, shape (n, n_clusters).

        NaN where z is not known, and everywhere while another target is held (`holds_first_target`) or where the
        method trains toward none.
        """
        p = np.full_like(self.q, np.nan)
        shows_target = METHODS[self.run.config.method].shows_target
        if not shows_target or self.holds_first_target or np.isnan(self.q[self.rows]).any():
            return p
        p[self.rows] = target_distribution(self.q[self.rows].astype(float))
        return p

    @cached_property
    def soft_sizes(self) -> np.ndarray:
        """f_j of the target: q of all samples whose z is known, added up, float64, shape (n_clusters,)."""
        return self.q[self.rows].sum(axis=0, dtype=float)

    @cached_property
    def rivals(self) -> Rivals:
        """Second cluster, confidence and the runner-up's q of each sample."""
        return rivals(self.q, self.labels)

    @property
    def confidence(self) -> np.ndarray:
        """q of each sample's own cluster, float, shape (n,)."""
        return self.rivals.confidence

    @cached_property
    def distance(self) -> np.ndarray:
        """Distance in z of each sample to the center of its cluster, float32, shape (n,).

        A mixture of the images in their UMAP has no center in z: the mean z of the cluster stands for it.
        """
        distance = np.full(self.run.n, np.nan, dtype=np.float32)
        for rows in self.in_chunks():
            distance[rows] = np.linalg.norm(self.z(rows) - self.centers[self.labels[rows]], axis=1)
        return distance

    @cached_property
    def centers(self) -> np.ndarray:
        """The cluster centers in z, float32, shape (n_clusters, latent_dim)."""
        if METHODS[self.run.config.method].z != "umap":
            return self.arrays["cluster_centers"].astype(np.float32)
        z, labels = self.z(self.rows), self.labels[self.rows]
        return np.array([z[labels == k].mean(axis=0) if (labels == k).any() else z.mean(axis=0)
                         for k in range(self.run.config.n_clusters)])  # fmt: skip

    @cached_property
    def means(self) -> np.ndarray:
        """The mean image of each cluster, uint8, shape (n_clusters, height, width[, 3]); black where it is empty."""
        k, labels = self.run.config.n_clusters, self.labels
        images = mapped_images(self.run.config, self.run.root)  # a map of its own, whose pages go with it
        sums, counts = np.zeros((k, *self.run.image_shape)), np.bincount(labels, minlength=k)
        for start in range(0, self.run.n, CHUNK):
            part, of_part = images[start : start + CHUNK], labels[start : start + CHUNK]
            for cluster in np.unique(of_part):
                sums[cluster] += part[of_part == cluster].sum(axis=0, dtype=np.uint32)
        return (sums / np.maximum(counts, 1).reshape(k, *[1] * len(self.run.image_shape))).astype(np.uint8)

    def typical(self, cluster: int, n: int = 2) -> np.ndarray:
        """The samples of a cluster that lie closest to its center, closest first, int, at most n."""
        members = np.flatnonzero(self.labels == cluster)
        return most_telling("typical", self.confidence, self.distance, None, members)[:n]
