"""A snapshot aligned with one of another run: corresponding clusters share a name, and maps are turned alike.

A cluster has the name of the reference's that shares most samples with it; maps are rotated onto the
reference's.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from dec_core.analysis.matching import aligned_order, counterparts, procrustes_align
from dec_core.analysis.metrics import contingency_table
from dec_core.analysis.naming import letter
from dec_core.data.loading import positions
from dec_core.reading.run import Run
from dec_core.reading.snapshot import Snapshot


@dataclass(frozen=True)
class MatrixTable:
    """Classes by clusters, or without labels the clusters of the reference by those of this run.

    Attributes
    ----------
    rows : list of str
        What the rows are called.
    row_numbers : list of int
        The class of each row, or the place of its cluster.
    counts : ndarray of int, shape (n_rows, n_clusters)
    row_of : ndarray of int, shape (n_clusters,)
        The number of the row that each cluster is matched to, -1 for none.
    """

    rows: list[str]
    row_numbers: list[int]
    counts: np.ndarray
    row_of: np.ndarray


@dataclass(frozen=True, eq=False)
class Aligned:
    """One snapshot aligned with the reference, or the reference itself.

    Attributes
    ----------
    snapshot : Snapshot
    reference : Aligned or None
    """

    snapshot: Snapshot
    reference: Aligned | None = None
    _planes: dict[str, np.ndarray] = field(default_factory=dict)

    @property
    def run(self) -> Run:
        return self.snapshot.run

    @cached_property
    def file_index(self) -> np.ndarray:
        """Where each sample lies in the data set's file, int, shape (n,)."""
        return positions(self.run.config.dataset, self.run.config.n_samples, root=self.run.root)

    @property
    def comparable(self) -> bool:
        """Whether there is a reference, of the same data set."""
        return self.reference is not None and self.run.config.dataset == self.reference.run.config.dataset

    @cached_property
    def cluster_order(self) -> np.ndarray:
        """The place of each cluster in the order of names: its counterpart's in the reference."""
        if not self.comparable:
            return self.run.cluster_order
        mine, theirs = self._in_both
        k, k_reference = self.run.config.n_clusters, self.reference.run.config.n_clusters
        counterpart = counterparts(self.snapshot.labels[mine], self.reference.snapshot.labels[theirs], k, k_reference)
        return aligned_order(counterpart, self.reference.cluster_order)

    @cached_property
    def colour_by_place(self) -> np.ndarray:
        """The number of the colour at each place: the reference's; for clusters without a counterpart, others."""
        if not self.comparable:
            return self.run.colour_by_place
        known = self.reference.colour_by_place
        return np.concatenate([known, np.arange(len(known), max(len(known), self.cluster_order.max() + 1))])

    @property
    def letters(self) -> list[str]:
        """Names of the clusters, in their order of places."""
        return [letter(int(place)) for place in np.sort(self.cluster_order)]

    @cached_property
    def _in_both(self) -> tuple[np.ndarray, np.ndarray]:
        """Indices here and in the reference of the samples that both have, int, two of shape (m,)."""
        _, mine, theirs = np.intersect1d(self.file_index, self.reference.file_index, return_indices=True)
        return mine, theirs

    # -- maps

    def plane(self, space: str) -> np.ndarray:
        """The map, rotated onto the reference's: float32, shape (n, 2)."""
        if space not in self._planes:
            self._planes[space] = self._turned(space)
        return self._planes[space]

    def _turned(self, space: str) -> np.ndarray:
        plane = self.snapshot.plane(space)
        if not self.comparable:
            return plane
        mine, theirs = self._in_both
        target = self.reference.snapshot.plane(space)
        known = np.isfinite(plane[mine]).all(axis=1) & np.isfinite(target[theirs]).all(axis=1)
        if known.sum() < 3:
            return plane
        return procrustes_align(plane, plane[mine[known]], target[theirs[known]]).astype(np.float32)

    # -- the matrix

    @cached_property
    def table(self) -> MatrixTable:
        """The table of this run's matrix."""
        return self._by_reference() if self.run.y is None else self._by_class()

    def _by_class(self) -> MatrixTable:
        confusion = self.snapshot.confusion
        classes = np.sort(confusion.classes).tolist()
        return MatrixTable([self.run.classes[c] for c in classes], classes, confusion.table, confusion.class_of)

    def _by_reference(self) -> MatrixTable:
        """By the reference's clusters; without a comparable reference, by its own."""
        if self.comparable:
            rows, (mine, theirs) = self.reference, self._in_both
        else:
            rows, mine, theirs = self, slice(None), slice(None)
        order = np.argsort(rows.cluster_order)
        counts = contingency_table(
            rows.snapshot.labels[theirs], self.snapshot.labels[mine], len(order), self.run.config.n_clusters
        )
        names = [letter(int(place)) for place in rows.cluster_order[order]]
        return MatrixTable(names, rows.cluster_order[order].tolist(), counts[order], self.cluster_order)
