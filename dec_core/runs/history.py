"""What a run's records add up to: the curves, the newest numbers, the time left.

A `History` is a value: more records make another one, so that whoever holds one may read it while a run goes on. After
a resume, points beyond the place from which training went on are dropped: they are about to be made again.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, fields
from typing import Any

from dec_core.runs.folder import RunFolder
from dec_core.runs.snapshots import sizes_of

Record = dict[str, Any]  # not to be changed by who reads it
POINTS = ("pretrain", "updates", "kl", "snapshots")
NEWEST = {  # where a kind of record replaces the one before
    "Started": "started",
    "CentersInitialized": "centers",
    "BaselineScored": "baseline",
    "MixtureScored": "mixture",
    "Judged": "judged",
    "Finished": "end",
    "Diverged": "end",
}
ADDED = ("umap", "inspection", "umaps")  # by a worker, to the newest snapshot
HANDLED = ("PretrainProgress", "TargetUpdated", "ClusterProgress", "Finished", "SnapshotTaken", "ProjectionReady",
           "InspectionReady", "UmapsReady", "Resumed", "StagesTaken")  # fmt: skip


@dataclass(frozen=True)
class History:
    """Everything a page shows of a run, apart from arrays.

    Attributes
    ----------
    pretrain : tuple of records
        PretrainProgress at the ends of epochs, at most one newer one for the epoch being run.
    updates : tuple of records
        TargetUpdated, and Finished where it brings new labels.
    kl : tuple of records
        ClusterProgress.
    started : record or None
        Started: with which versions, and on what machine, the run is trained, or goes on after a resume. None of a run
        of an earlier version.
    centers, baseline, mixture, judged, end, last : record or None
        CentersInitialized, BaselineScored, MixtureScored, the newest Judged, Finished or Diverged, the newest of
        all.
    snapshots : tuple of records
        SnapshotTaken, ascending; their "file" is a name inside the run's folder.
    taken : tuple of str
        Stages that an earlier run had computed: "autoencoder", "mixture".
    umap, inspection, umaps : str or None
        Names of the files that a worker adds, if they are of the newest snapshot; "umaps" goes with "inspection".
    """

    pretrain: tuple[Record, ...] = ()
    updates: tuple[Record, ...] = ()
    kl: tuple[Record, ...] = ()
    snapshots: tuple[Record, ...] = ()
    started: dict[str, Any] | None = None
    centers: dict[str, Any] | None = None
    baseline: dict[str, Any] | None = None
    mixture: dict[str, Any] | None = None
    judged: dict[str, Any] | None = None
    end: dict[str, Any] | None = None
    last: dict[str, Any] | None = None
    taken: tuple[str, ...] = ()
    umap: str | None = None
    inspection: str | None = None
    umaps: str | None = None
    n_records: int = 0

    def with_records(self, *records: Record) -> History:
        """This history and what more records add to it; kinds that are not known are counted and passed over."""
        if not records:
            return self
        draft = _Draft({each.name: getattr(self, each.name) for each in fields(self)})
        for record in records:
            draft.add(record)
        return draft.history()


class _Draft:
    """A history in the making, whose points are in lists; in one pair of hands only."""

    def __init__(self, values: dict[str, Any]):
        self.values = values | {name: list(values[name]) for name in POINTS}

    def history(self) -> History:
        return History(**self.values | {name: tuple(self.values[name]) for name in POINTS})

    def add(self, record: Record) -> None:
        kind = record["event"]
        self.values["n_records"] += 1
        self.values["last"] = record
        if kind in NEWEST:
            self.values[NEWEST[kind]] = record
        if kind in HANDLED:
            getattr(self, f"_{kind}")(record)

    def _PretrainProgress(self, record: Record) -> None:
        pretrain = self.values["pretrain"]
        if pretrain and pretrain[-1]["batch"] < pretrain[-1]["n_batches"]:
            pretrain.pop()  # a provisional point of the same epoch
        pretrain.append(record)

    def _TargetUpdated(self, record: Record) -> None:
        updates = self.values["updates"]
        if updates and updates[-1]["iteration"] >= record["iteration"]:  # made again after a resume
            self._keep("updates", lambda r: r["iteration"] < record["iteration"])
        self.values["updates"].append(record)

    def _ClusterProgress(self, record: Record) -> None:
        self.values["kl"].append(record)

    def _Finished(self, record: Record) -> None:
        updates = self.values["updates"]
        if updates and "seconds" in record and record.get("n_iterations", 0) > updates[-1]["iteration"]:
            updates.append({**record, "iteration": record["n_iterations"]})

    def _SnapshotTaken(self, record: Record) -> None:
        taken, snapshots = _moment(record), self.values["snapshots"]
        if snapshots and _moment(snapshots[-1]) >= taken:  # made again after a resume
            self._keep("snapshots", lambda r: _moment(r) < taken)
        self.values["snapshots"].append(record)
        self.values |= dict.fromkeys(ADDED)

    def _ProjectionReady(self, record: Record) -> None:
        self.values["umap"] = self._if_of_the_newest(record)

    def _InspectionReady(self, record: Record) -> None:
        self.values["inspection"] = self._if_of_the_newest(record)
        self.values["umaps"] = None

    def _UmapsReady(self, record: Record) -> None:
        self.values["umaps"] = self._if_of_the_newest(record)

    def _if_of_the_newest(self, record: Record) -> str | None:
        """It may arrive after a stopped run has been resumed, and then shows an earlier snapshot."""
        snapshots = self.values["snapshots"]
        newest = snapshots[-1]["file"] if snapshots else None
        return record["file"] if record.get("snapshot", newest) == newest else None

    def _Resumed(self, record: Record) -> None:
        """Drop what lies beyond the checkpoint from which training resumed."""
        epoch, iteration = record["epoch"], record["iteration"]
        self._keep("pretrain", lambda r: r["epoch"] <= epoch)
        self._keep("kl", lambda r: r["iteration"] <= iteration)
        self._keep("updates", lambda r: r["event"] != "Finished" and r["iteration"] <= iteration)
        self._keep("snapshots", lambda r: r["epoch"] <= epoch and r["iteration"] <= iteration)
        self.values |= dict.fromkeys(("end", "judged", *ADDED))

    def _StagesTaken(self, record: Record) -> None:
        self.values["taken"] = tuple(dict.fromkeys((*self.values["taken"], *record["stages"])))

    def _keep(self, name: str, wanted: Callable[[Record], bool]) -> None:
        self.values[name] = [record for record in self.values[name] if wanted(record)]


def _moment(snapshot: Record) -> tuple[int, int, bool]:
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
            history = self.history
            records, offset = self.folder.records(self._offset)
            if offset < self._offset:  # the file was gone for a while: read it anew
                history = History()
                records, offset = self.folder.records()
            n_clusters = sizes_of(self.folder.path).get("k")
            self._offset = offset
            self.history = history.with_records(*(r for r in records if _names_clusters_of(r, n_clusters)))
            return self.history


def last_snapshot(folder: RunFolder) -> str | None:
    """The name of the newest snapshot of a run; its folder may hold later files, which a resume has dropped."""
    snapshots = RunReader(folder).refresh().snapshots
    return snapshots[-1]["file"] if snapshots else None


def _names_clusters_of(record: Record, n_clusters: int | None) -> bool:
    """Whether the clusters that a record speaks of are those of its run, where it is known how many that has."""
    if n_clusters is None:
        return True
    if record["event"] == "Judged":
        return max(record["cluster"], *record["pair"]) < n_clusters
    return len(record.get("sizes", ())) in (0, n_clusters)
