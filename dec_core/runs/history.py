"""What a run's records add up to: the curves, the newest numbers, the time left.

A `History` is folded from records one by one and can go on when more arrive. After a resume, points
beyond the place from which training went on are dropped: they are about to be made again.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import Any

from dec_core.runs.folder import RunFolder


@dataclass
class History:
    """Everything a page shows of a run, apart from arrays.

    Attributes
    ----------
    pretrain : list of records
        PretrainProgress at the ends of epochs, at most one newer one for the epoch being run.
    updates : list of records
        TargetUpdated, and Finished where it brings new labels.
    kl : list of records
        ClusterProgress.
    started : record or None
        Started: with which versions, and on what machine, the run is trained, or goes on after a resume. None of a run
        of an earlier version.
    centers, baseline, mixture, judged, end, last : record or None
        CentersInitialized, BaselineScored, MixtureScored, the newest Judged, Finished or Diverged, the newest of
        all.
    snapshots : list of records
        SnapshotTaken, ascending; their "file" is a name inside the run's folder.
    umap, inspection : str or None
        Names of the files that a worker adds, if they are of the newest snapshot.
    """

    pretrain: list[dict[str, Any]] = field(default_factory=list)
    updates: list[dict[str, Any]] = field(default_factory=list)
    kl: list[dict[str, Any]] = field(default_factory=list)
    snapshots: list[dict[str, Any]] = field(default_factory=list)
    started: dict[str, Any] | None = None
    centers: dict[str, Any] | None = None
    baseline: dict[str, Any] | None = None
    mixture: dict[str, Any] | None = None
    judged: dict[str, Any] | None = None
    end: dict[str, Any] | None = None
    last: dict[str, Any] | None = None
    umap: str | None = None
    inspection: str | None = None
    n_records: int = 0

    def add(self, record: dict[str, Any]) -> None:
        """Fold in one more record; kinds that are not known are counted and passed over."""
        self.n_records += 1
        self.last = record
        handler = getattr(self, "_" + record["event"], None)
        if handler:
            handler(record)

    def _Started(self, record: dict[str, Any]) -> None:
        self.started = record

    def _PretrainProgress(self, record: dict[str, Any]) -> None:
        if self.pretrain and self.pretrain[-1]["batch"] < self.pretrain[-1]["n_batches"]:
            self.pretrain.pop()  # a provisional point of the same epoch
        self.pretrain.append(record)

    def _CentersInitialized(self, record: dict[str, Any]) -> None:
        self.centers = record

    def _TargetUpdated(self, record: dict[str, Any]) -> None:
        if self.updates and self.updates[-1]["iteration"] >= record["iteration"]:  # made again after a resume
            self.updates = [r for r in self.updates if r["iteration"] < record["iteration"]]
        self.updates.append(record)

    def _ClusterProgress(self, record: dict[str, Any]) -> None:
        self.kl.append(record)

    def _Finished(self, record: dict[str, Any]) -> None:
        self.end = record
        if self.updates and record["n_iterations"] > self.updates[-1]["iteration"]:
            self.updates.append({**record, "iteration": record["n_iterations"]})

    def _Diverged(self, record: dict[str, Any]) -> None:
        self.end = record

    def _BaselineScored(self, record: dict[str, Any]) -> None:
        self.baseline = record

    def _MixtureScored(self, record: dict[str, Any]) -> None:
        self.mixture = record

    def _Judged(self, record: dict[str, Any]) -> None:
        self.judged = record

    def _SnapshotTaken(self, record: dict[str, Any]) -> None:
        moment = _moment(record)
        if self.snapshots and _moment(self.snapshots[-1]) >= moment:  # made again after a resume
            self.snapshots = [r for r in self.snapshots if _moment(r) < moment]
        self.snapshots.append(record)
        self.umap = self.inspection = None

    def _ProjectionReady(self, record: dict[str, Any]) -> None:
        self.umap = self._if_of_the_newest(record)

    def _InspectionReady(self, record: dict[str, Any]) -> None:
        self.inspection = self._if_of_the_newest(record)

    def _if_of_the_newest(self, record: dict[str, Any]) -> str | None:
        """Of a run that was stopped it may come after the run has gone on: then it shows the past."""
        newest = self.snapshots[-1]["file"] if self.snapshots else None
        return record["file"] if record.get("snapshot", newest) == newest else None

    def _Resumed(self, record: dict[str, Any]) -> None:
        """Forget what lies beyond the checkpoint from which training went on."""
        epoch, iteration = record["epoch"], record["iteration"]
        self.pretrain = [r for r in self.pretrain if r["epoch"] <= epoch]
        self.kl = [r for r in self.kl if r["iteration"] <= iteration]
        self.updates = [r for r in self.updates if r["event"] != "Finished" and r["iteration"] <= iteration]
        self.snapshots = [r for r in self.snapshots if r["epoch"] <= epoch and r["iteration"] <= iteration]
        self.end = self.umap = self.inspection = self.judged = None


def _moment(snapshot: dict[str, Any]) -> tuple[int, int, bool]:
    return snapshot["epoch"], snapshot["iteration"], snapshot["clustered"]


class RunReader:
    """Follows one run's folder: every `refresh` reads only what is new. Shared by all sessions."""

    def __init__(self, folder: RunFolder):
        self.folder = folder
        self.history = History()
        self._offset = 0
        self._lock = threading.Lock()

    def refresh(self) -> History:
        """The history with all records that are on disk by now."""
        with self._lock:
            records, offset = self.folder.records(self._offset)
            if offset < self._offset:  # the file was gone for a while, or is another one: read it anew
                self.history = History()
                records, offset = self.folder.records()
            self._offset = offset
            for record in records:
                self.history.add(record)
        return self.history
