"""A run at one of its snapshots: who lies where, how surely, and since when. See `dec_core.reading.run`."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from numbers import Integral
from typing import Any

import numpy as np

from dec_core.analysis.inspection import flows, last_change, unsettled
from dec_core.analysis.metrics import Confusion, confusion, match
from dec_core.reading import one_sample, planes
from dec_core.reading.arrays import Arrays
from dec_core.reading.filtering import group_of, in_order, passing
from dec_core.reading.selection import Selection, SelectionError


@dataclass(frozen=True, eq=False)
class Snapshot(Arrays):
    """A run at one moment of its training: its arrays, matched with classes, through time, in planes, selected from.

    `Run.at` makes it.
    """

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

    # -- one sample: see `dec_core.reading.one_sample`; IndexError for one that the run does not have

    def strip(self, index: int) -> np.ndarray:
        """The cluster of one sample at all snapshots up to this one, shape (n_snapshots,)."""
        return self.label_history[:, self._sample(index)]

    def neighbours(self, index: int, n: int = 5) -> np.ndarray:
        """The samples nearest in z to one sample, itself left out, int, shape (n,)."""
        return one_sample.neighbours(self, self._sample(index), n)

    def path(self, index: int, cluster: int, n_steps: int = 8) -> np.ndarray | None:
        """Images on the way from a sample to a center in z, decoded: uint8, (n_steps, height, width[, 3]).

        None where there is no decoder, or z of the sample is not known.
        """
        return one_sample.path(self, self._sample(index), cluster, n_steps)

    def story(self, index: int) -> str:
        """Why a sample lies where it lies, in a sentence."""
        return one_sample.why(self, self._sample(index))

    def _sample(self, index: int) -> int:
        """The index itself. Raises IndexError if the run has no such sample."""
        if not (isinstance(index, Integral) and -self.run.n <= index < self.run.n):
            raise IndexError(f"index: received {index!r}, expected that of a sample, 0 to {self.run.n - 1}")
        return index
