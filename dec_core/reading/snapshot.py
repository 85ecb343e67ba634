"""A run at one of its snapshots: who lies where, how surely, and since when. See `dec_core.reading.run`."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from dec_core.analysis.assignment import q_by, target_distribution
from dec_core.analysis.inspection import Rivals, flows, last_change, most_telling, rivals, unsettled
from dec_core.analysis.metrics import Confusion, confusion, match
from dec_core.methods import METHODS, held_steps
from dec_core.reading import one_sample, planes
from dec_core.reading.filtering import group_of, in_order, passing
from dec_core.reading.selection import Selection, SelectionError
from dec_core.runs.images import mapped_images

if TYPE_CHECKING:
    from dec_core.reading.run import Run

CHUNK = 4096  # rows of images that are compared with the centers at a time


@dataclass(frozen=True, eq=False)
class Snapshot:
    """A run at one moment of its training. `Run.at` makes it.

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
        """Soft assignments (DEC, equation 1), float32, shape (n, n_clusters); NaN where z is not known."""
        if "q" in self.arrays:
            return self.arrays["q"].astype(np.float32)
        q = np.full((self.run.n, self.run.config.n_clusters), np.nan, dtype=np.float32)
        method = METHODS[self.run.config.method]
        if method.keeps_q:
            return q  # runs of earlier versions did not keep it
        centers, alpha = self.arrays["cluster_centers"], self.run.config.alpha
        for rows in self.in_chunks():
            q[rows] = q_by(method.q, self.z(rows), centers, alpha)
        return q

    @property
    def holds_first_target(self) -> bool:
        """Whether the network still trains towards the mixture's p, of which no snapshot is kept."""
        return self.iteration < held_steps(self.run.config)

    @cached_property
    def p(self) -> np.ndarray:
        """The sharpened target (DEC, equation 3), float32, shape (n, n_clusters).

        NaN where z is not known, and everywhere while another target is held (`holds_first_target`).
        """
        p = np.full_like(self.q, np.nan)
        if self.holds_first_target or np.isnan(self.q[self.rows]).any():
            return p
        p[self.rows] = target_distribution(self.q[self.rows].astype(float))
        return p

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

    # -- clusters matched with classes

    @cached_property
    def confusion(self) -> Confusion | None:
        """Classes against clusters, matched; None without labels or clusters."""
        if self.run.y is None or self.labels is None:
            return None
        return confusion(self.run.y, self.labels, self.run.config.n_clusters)

    @cached_property
    def class_of(self) -> np.ndarray | None:
        """The class matched to each cluster, -1 for none; None without labels. Shape (n_clusters,)."""
        return None if self.confusion is None else self.confusion.class_of

    @cached_property
    def wrong(self) -> np.ndarray | None:
        """Which samples lie in a cluster that is not matched to their class, bool, (n,); None without labels."""
        return None if self.class_of is None else self.class_of[self.labels] != self.run.y

    @cached_property
    def second_nearest(self) -> np.ndarray:
        """How many samples of each cluster have which other as the second nearest: int, (n_clusters, n_clusters)."""
        k = self.run.config.n_clusters
        if not self.clustered:
            return np.zeros((k, k), dtype=int)
        known = self.rivals.second >= 0  # q may not be known of every sample
        return flows(self.labels[known], self.rivals.second[known], k)

    def name_of(self, cluster: int) -> str:
        """ "D of the 3s", or the letter alone."""
        name = self.run.letters[cluster]
        if self.class_of is None or self.class_of[cluster] < 0:
            return name
        return f"{name} of the {self.run.classes[self.class_of[cluster]]}s"

    # -- through time

    @cached_property
    def label_history(self) -> np.ndarray:
        """Clusters at all snapshots up to this one, uint8, shape (n_snapshots, n)."""
        return self.run.labels[: sum(number <= self.number for number in self.run.clustered)]

    @cached_property
    def changed(self) -> np.ndarray:
        """Who changed cluster since the clustered snapshot before, bool, shape (n,)."""
        if len(self.label_history) < 2:
            return np.zeros(self.run.n, dtype=bool)
        return self.label_history[-1] != self.label_history[-2]

    @cached_property
    def unsettled(self) -> np.ndarray:
        """Who still changed cluster in the last quarter of the snapshots up to this one, bool, shape (n,)."""
        return unsettled(self.label_history) if len(self.label_history) else np.zeros(self.run.n, dtype=bool)

    @cached_property
    def last_change(self) -> np.ndarray:
        """At which of the clustered snapshots each sample came to its cluster, int, shape (n,)."""
        return last_change(self.label_history)

    def came_from(self, since: int) -> np.ndarray:
        """How many samples went from each cluster at the snapshot `since` to each cluster now.

        int, shape (n_clusters, n_clusters), [from, to]. Raises SelectionError if there are no clusters at `since`.
        """
        return flows(self.labels_then(since), self.labels, self.run.config.n_clusters)

    def labels_then(self, number: int) -> np.ndarray:
        """The clusters at another snapshot of the run. Raises SelectionError if there are none at it."""
        labels = self.run.labels_at(number) if number < len(self.run.snapshots) else None
        if labels is None:
            known = self.run.clustered
            raise SelectionError(f"since: received moment {number}, expected one that has clusters: {known}")
        return labels

    def agrees_with(self, other: Snapshot) -> np.ndarray:
        """Whether each sample lies in clusters that correspond, matched so that most samples stay: bool, shape (n,)."""
        partner = match(flows(other.labels, self.labels, self.run.config.n_clusters))
        return partner[self.labels] == other.labels

    # -- planes: see `dec_core.reading.planes`

    def spaces(self) -> list[str]:
        """Projections that there are: "umap", perhaps of the newest snapshot alone; "pca". "z0,z1" always works."""
        return planes.spaces(self)

    def plane(self, space: str) -> np.ndarray:
        """All samples in a plane, float32, shape (n, 2); NaN where they are not known.

        UMAP is that of the newest snapshot, whichever is asked, unless a worker has made those of all. Raises
        SelectionError if there is no such plane.
        """
        return planes.plane(self, space)

    # -- selecting: see `dec_core.reading.filtering`

    def select(
        self,
        selection: Selection | None = None,
        /,
        *,
        order: str = "index",
        group: str = "",
        other: Snapshot | None = None,
        **filters: Any,
    ) -> np.ndarray:
        """Indices of the samples that pass all filters, int, shape (m,).

        Parameters
        ----------
        selection : Selection, optional
            Its fields can be given by name, alone or to change it: `select(true="9", side="wrong")`.
        order : str
            As in `dec_core.analysis.inspection.most_telling`.
        group : {"", "digit", "cluster"}
            Those of one class, or of one cluster, one after the other, each in that order.
        other : Snapshot, optional
            The second one, of this run or one of the same data, that `versus` asks about.

        Raises
        ------
        SelectionError
            If a filter names a class, cluster, moment or projection that the run does not have, or `group` what
            is not known.
        """
        wanted = (selection or Selection()).replace(**filters)
        return self.sort(np.flatnonzero(self.mask(wanted, other)), order, group)

    def mask(self, selection: Selection, other: Snapshot | None = None) -> np.ndarray:
        """Whether each sample passes, bool, shape (n,). Raises as `select` does."""
        return passing(self, selection, other)

    def sort(self, index: np.ndarray, order: str, group: str = "") -> np.ndarray:
        """Samples in the order, and in the groups, that `select` knows; before there are clusters, as they come."""
        return in_order(self, index, order, group)

    def group_of(self, index: np.ndarray, group: str) -> np.ndarray:
        """The class of each of these samples, or the place of its cluster in the order of letters, int, shape (m,).

        Raises SelectionError for what is not known.
        """
        return group_of(self, index, group)

    # -- one sample: see `dec_core.reading.one_sample`

    def strip(self, index: int) -> np.ndarray:
        """The cluster of one sample at all snapshots up to this one, shape (n_snapshots,)."""
        return self.label_history[:, index]

    def neighbours(self, index: int, n: int = 5) -> np.ndarray:
        """The samples nearest in z to one sample, itself left out, int, shape (n,)."""
        return one_sample.neighbours(self, index, n)

    def path(self, index: int, cluster: int, n_steps: int = 8) -> np.ndarray | None:
        """Images on the way from a sample to a center in z, decoded: uint8, (n_steps, height, width[, 3]).

        None where there is no decoder, or z of the sample is not known.
        """
        return one_sample.path(self, index, cluster, n_steps)

    def story(self, index: int) -> str:
        """Why a sample lies where it lies, in a sentence."""
        return one_sample.why(self, index)
