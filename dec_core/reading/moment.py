"""One moment of a run: who lies where, how surely, and since when. See `dec_core.reading.inspection`."""

from __future__ import annotations

import re
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from dec_core.analysis.assignment import soft_assignment, target_distribution
from dec_core.analysis.inspection import (
    ORDERS,
    Rivals,
    flows,
    last_change,
    most_telling,
    rivals,
    straight_path,
    unsettled,
)
from dec_core.analysis.metrics import Confusion, confusion, match
from dec_core.analysis.story import story
from dec_core.reading.filtering import passing
from dec_core.reading.selection import Selection, SelectionError
from dec_core.runs.images import mapped_images

if TYPE_CHECKING:
    from dec_core.reading.inspection import Inspection

CHUNK = 4096  # rows of images that are compared with the centers at a time


class Moment:
    """A run at one of its snapshots.

    What is not known of a sample is NaN: while pretraining, and in runs of earlier versions, z was kept of the view
    alone (`rows`).

    Attributes
    ----------
    number, epoch, iteration : int
    clustered : bool
        Whether there are clusters. Without, there are neither labels nor q.
    """

    def __init__(self, run: Inspection, number: int, record: dict[str, Any]):
        self.run, self.number, self.file = run, number, record["file"]
        self.epoch, self.iteration, self.clustered = record["epoch"], record["iteration"], record["clustered"]

    @property
    def newest(self) -> bool:
        """Whether it is the last moment so far, of which a worker may have added more."""
        return self.number == len(self.run.moments) - 1

    @cached_property
    def arrays(self) -> dict[str, np.ndarray]:
        """What the snapshot holds. Raises ValueError if it is damaged."""
        arrays = self.run.folder.load_arrays(self.file)
        if arrays is None:
            raise ValueError(f"{self.run.folder.id}/{self.file}: the snapshot is damaged; choose another moment")
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
        if self.run.config.method == "kmeans":
            return self.run.images.reshape(self.run.n, -1)
        return self.arrays["z"]

    def z(self, index: np.ndarray | int) -> np.ndarray:
        """z of some samples, float32, shape (..., latent_dim); NaN where it is not known."""
        if self.run.config.method == "kmeans":
            return self._z[index].astype(np.float32) / 255
        if len(self.rows) == self.run.n:
            return self._z[index].astype(np.float32)
        at = np.searchsorted(self.rows, index).clip(max=len(self.rows) - 1)
        known = self.rows[at] == index
        return np.where(known[..., None], self._z[at].astype(np.float32), np.nan)

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
        if self.run.config.method == "umap_gmm":
            return q  # of a mixture q does not follow from z; runs of earlier versions did not keep it
        centers, alpha = self.arrays["cluster_centers"], self.run.config.alpha
        for start in range(0, len(self.rows), CHUNK):
            rows = self.rows[start : start + CHUNK]
            q[rows] = soft_assignment(self.z(rows), centers, alpha)
        return q

    @cached_property
    def p(self) -> np.ndarray:
        """The sharpened target (DEC, equation 3), float32, shape (n, n_clusters); NaN where z is not known."""
        p = np.full_like(self.q, np.nan)
        if np.isnan(self.q[self.rows]).any():
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

        Where q is that of a mixture there is no center in z, and the mean z of the cluster stands for it.
        """
        distance = np.full(self.run.n, np.nan, dtype=np.float32)
        centers = self.centers
        for start in range(0, len(self.rows), CHUNK):
            rows = self.rows[start : start + CHUNK]
            distance[rows] = np.linalg.norm(self.z(rows) - centers[self.labels[rows]], axis=1)
        return distance

    @cached_property
    def centers(self) -> np.ndarray:
        """The cluster centers in z, float32, shape (n_clusters, latent_dim)."""
        if self.run.config.method != "umap_gmm":
            return self.arrays["cluster_centers"].astype(np.float32)
        z, labels = self.z(self.rows), self.labels[self.rows]
        return np.array([z[labels == k].mean(axis=0) if (labels == k).any() else z.mean(axis=0)
                         for k in range(self.run.config.n_clusters)])  # fmt: skip

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

    # -- through time

    @cached_property
    def history(self) -> np.ndarray:
        """Clusters at all moments up to this one, uint8, shape (n_moments, n)."""
        return self.run.labels[: sum(number <= self.number for number in self.run.clustered)]

    @cached_property
    def changed(self) -> np.ndarray:
        """Who changed cluster since the clustered moment before, bool, shape (n,)."""
        if len(self.history) < 2:
            return np.zeros(self.run.n, dtype=bool)
        return self.history[-1] != self.history[-2]

    def came_from(self, since: int) -> np.ndarray:
        """How many samples went from each cluster at the moment `since` to each cluster now.

        int, shape (n_clusters, n_clusters), [from, to]. Raises SelectionError if there are no clusters at `since`.
        """
        return flows(self.labels_then(since), self.labels, self.run.config.n_clusters)

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

    @cached_property
    def unsettled(self) -> np.ndarray:
        """Who still changed cluster in the last quarter of the moments up to this one, bool, shape (n,)."""
        return unsettled(self.history) if len(self.history) else np.zeros(self.run.n, dtype=bool)

    @cached_property
    def last_change(self) -> np.ndarray:
        """At which of the clustered moments each sample came to its cluster, int, shape (n,)."""
        return last_change(self.history)

    # -- planes

    def spaces(self) -> list[str]:
        """Projections that there are: "umap" of the newest moment, "pca"; dimensions of z as "z0,z1" always work."""
        return ["umap", "pca"] if self._umap() is not None else ["pca"]

    def _umap(self) -> np.ndarray | None:
        if self.newest and "umap" in self.run.added:
            return self.run.added["umap"]
        name = self.run.history.umap if self.newest else None
        arrays = self.run.folder.load_arrays(name) if name else None
        return arrays["plane"] if arrays else None

    def plane(self, space: str) -> np.ndarray:
        """All samples in a plane, float32, shape (n, 2); NaN where they are not known.

        UMAP is that of the newest moment, whichever moment is asked. Raises SelectionError if there is no such plane.
        """
        plane = np.full((self.run.n, 2), np.nan, dtype=np.float32)
        if space == "umap":
            found = self._umap() if self.newest else self.run.at(-1)._umap()
            if found is None:
                raise SelectionError("space: received 'umap', but there is none of this run yet; expected pca or z0,z1")
            plane[self.run.view if len(found) < self.run.n else slice(None)] = found
        elif space == "pca":
            self._fill_pca(plane)
        else:
            first, second = self.dimensions(space)
            for start in range(0, len(self.rows), CHUNK):
                rows = self.rows[start : start + CHUNK]
                plane[rows] = self.z(rows)[:, [first, second]]
        return plane

    @property
    def steady(self) -> bool:
        """Whether the plane of PCA is the same map for all moments, as a worker has made it once training had ended."""
        return len(self.run.added.get("axes", ())) == len(self.run.moments)

    def shown(self, space: str) -> tuple[np.ndarray, np.ndarray] | None:
        """Middle and reach of what is to be shown of a plane, where it is the same for several moments; else None."""
        if space != "pca" or not self.steady:
            return None
        return self.run.added["extents"][self.number, :2], self.run.added["extents"][self.number, 2:]

    def _fill_pca(self, plane: np.ndarray) -> None:
        """PCA: the steady plane if there is one; else that which the snapshot has made of the view, and by its axes the
        rest, where z of it is known."""
        if self.steady:
            middle, axes = self.run.added["middles"][self.number], self.run.added["axes"][self.number]
            plane[self.rows] = (self.z(self.rows) - middle) @ axes
            return
        if len(self.rows) < self.run.n:
            plane[self.run.view] = self.arrays["plane"]
            return
        z, view = self.z(self.rows), self.run.view
        middle = z[view].mean(axis=0)
        axes = self.arrays.get("axes")
        if axes is None:  # of an earlier version: the map that took the view's z to its plane
            axes = np.linalg.lstsq(z[view] - middle, self.arrays["plane"].astype(np.float32), rcond=None)[0]
        with np.errstate(invalid="ignore"):  # versions before 0.5 kept z too large for 16 bits as infinite
            plane[:] = (z - middle) @ axes

    def dimensions(self, space: str) -> tuple[int, int]:
        """The two dimensions of z that "z0,z1" names. Raises SelectionError if there are no such."""
        parts = space.removeprefix("z").split(",z") if space.startswith("z") else []
        latent_dim = self.arrays["z"].shape[1]
        if len(parts) != 2 or not all(re.fullmatch(r"[0-9]{1,6}", part) and int(part) < latent_dim for part in parts):
            raise SelectionError(
                f"space: received {space!r}, expected umap, pca or two of z0 to z{latent_dim - 1}, as z0,z1"
            )
        return int(parts[0]), int(parts[1])

    # -- selecting

    def select(
        self,
        selection: Selection | None = None,
        /,
        *,
        order: str = "index",
        group: str = "",
        beside: Moment | None = None,
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
        beside : Moment, optional
            The second moment, of this run or one of the same data, that `versus` asks about.

        Raises
        ------
        SelectionError
            If a filter names a class, cluster, moment or projection that the run does not have, or `group` what
            is not known.
        """
        chosen = (selection or Selection()).but(**filters)
        found = np.flatnonzero(self.mask(chosen, beside))
        return self.sort(found, order, group)

    def sort(self, index: np.ndarray, order: str, group: str = "") -> np.ndarray:
        """Samples in the order, and in the groups, that `select` knows; before there are clusters, as they come."""
        if self.labels is not None or order not in ORDERS:
            index = most_telling(order, self.confidence, self.distance, self.wrong, index)
        return index[np.argsort(self.group_of(index, group), kind="stable")] if group else index

    def group_of(self, index: np.ndarray, group: str) -> np.ndarray:
        """The class of each of these samples, or the place of its cluster in the order of letters, int, shape (m,).

        Raises SelectionError for what is not known.
        """
        if group == "digit" and self.run.y is not None:
            return self.run.y[index]
        if group == "cluster" and self.labels is not None:
            return self.run.places[self.labels[index]]
        known = [*(["digit"] if self.run.y is not None else []), *(["cluster"] if self.labels is not None else [])]
        raise SelectionError(f"group: received {group!r}, expected one of {', '.join(known) or 'nothing'}")

    def mask(self, selection: Selection, beside: Moment | None = None) -> np.ndarray:
        """Whether each sample passes, bool, shape (n,). Raises as `select` does."""
        return passing(self, selection, beside)

    def labels_then(self, number: int) -> np.ndarray:
        """The clusters at another moment of the run. Raises SelectionError if there are none at it."""
        labels = self.run.labels_at(number) if number < len(self.run.moments) else None
        if labels is None:
            known = self.run.clustered
            raise SelectionError(f"since: received moment {number}, expected one that has clusters: {known}")
        return labels

    def agrees_with(self, beside: Moment) -> np.ndarray:
        """Whether each sample lies in clusters that correspond, matched so that most samples stay: bool, shape (n,)."""
        partner = match(flows(beside.labels, self.labels, self.run.config.n_clusters))
        return partner[self.labels] == beside.labels

    # -- one sample

    def neighbours(self, index: int, n: int = 5) -> np.ndarray:
        """The samples nearest in z to one sample, itself left out, int, shape (n,).

        As the worker found them, or where it has not, or not so many, by comparing with all whose z is known.
        """
        known = self.run.added.get("neighbours") if self.newest else None
        if known is not None and n <= known.shape[1]:
            return known[index, :n]
        apart = np.concatenate([
            np.linalg.norm(self.z(self.rows[i : i + CHUNK]) - self.z(index), axis=1)
            for i in range(0, len(self.rows), CHUNK)
        ])  # fmt: skip
        apart = np.where((self.rows == index) | np.isnan(apart), np.inf, apart)
        return self.rows[np.argsort(apart, kind="stable")[: min(n, int(np.isfinite(apart).sum()))]]

    def strip(self, index: int) -> np.ndarray:
        """The cluster of one sample at all moments up to this one, shape (n_moments,)."""
        return self.history[:, index]

    def path(self, index: int, cluster: int, n_steps: int = 8) -> np.ndarray | None:
        """Images on the way from a sample to a center in z, decoded: uint8, (n_steps, height, width[, 3]).

        None where there is no decoder, or z of the sample is not known.
        """
        start = self.z(index)
        if np.isnan(start).any() or self.run.decoder is None:
            return None
        return self.run.decode(straight_path(start, self.centers[cluster], n_steps))

    def story(self, index: int) -> str:
        """Why a sample lies where it lies, in a sentence."""
        own, letters = int(self.labels[index]), self.run.letters
        second = int(self.rivals.second[index])
        iterations = [self.run.moments[number]["iteration"] for number in self.run.clustered]
        return story(
            true=None if self.run.y is None else self.run.classes[self.run.y[index]],
            wrong=None if self.wrong is None else bool(self.wrong[index]),
            noun=self.run.noun,
            own=self.name_of(own),
            second=self.name_of(max(second, 0)),  # which is not told where it is not known
            confidence=float(self.confidence[index]),
            runner_up=float(self.rivals.runner_up[index]),
            strip=[letters[cluster] for cluster in self.strip(index)],
            iterations=iterations[: len(self.history)],
        )

    def name_of(self, cluster: int) -> str:
        """ "D of the 3s", or the letter alone."""
        name = self.run.letters[cluster]
        if self.class_of is None or self.class_of[cluster] < 0:
            return name
        return f"{name} of the {self.run.classes[self.class_of[cluster]]}s"
