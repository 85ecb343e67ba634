"""Drives the training generator and writes what it yields into a run's folder.

The one place where events meet the disk and labels meet clusters: training itself knows neither.
Command line and worker are both a `for` loop over `record`. What is recorded when: `schedule.py`.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, replace
from typing import Any

import numpy as np

from dec_core.analysis.label_free import confidence, modularity, silhouette
from dec_core.analysis.merge_split_check import merge_split_check
from dec_core.analysis.metrics import cluster_sizes, score
from dec_core.data import Dataset, load, load_shown
from dec_core.even_part import part_of_many
from dec_core.machine import trained_with
from dec_core.methods import METHODS, uses_mixture_target
from dec_core.networks.saving import save_model
from dec_core.runs.folder import RunFolder, in_order
from dec_core.runs.status import this_process
from dec_core.training import train
from dec_core.training.events import (
    CentersInitialized,
    ClusterProgress,
    Diverged,
    Event,
    Finished,
    PretrainProgress,
    TargetProgress,
)
from dec_core.work.failure import cause
from dec_core.work.image_analysis import ImageAnalysis
from dec_core.work.live_umap import LiveUmap
from dec_core.work.pretraining import keep_pretraining, state_of
from dec_core.work.schedule import Schedule
from dec_core.work.snapshots import Snapshots
from dec_core.work.stages import Stages

SHOW_EVERY = 0.5  # seconds between statuses; what comes to its end is shown at once
CHECKPOINT_EVERY = 10.0  # seconds: what a killed process may lose; of a run that ends nothing depends on it
CHECKPOINT_SHARE = 0.05  # of the time, at most: z and p of very many images take seconds to write
BY_CTRL_C = "Training was ended by Ctrl-C."
LABELS = "labels.npy"  # the clusters of all images at the end, uint8 (n,), where snapshots have those of a part
PHASE_OF = {PretrainProgress: "pretraining", TargetProgress: "centers", CentersInitialized: "centers"}

Record = dict[str, Any]
STOPPED = {"state": "stopped"}


def record(
    folder: RunFolder, *, live_umap: bool = False, left_as: Callable[[], dict[str, Any]] = lambda: STOPPED
) -> Iterator[Record]:
    """Train the run in `folder`, or resume it from its checkpoint, until it ends or is closed.

    The caller holds its `runs.lock.training_lock`, so that nobody else trains it meanwhile.

    Parameters
    ----------
    folder : RunFolder
    live_umap : bool
        Whether to make a UMAP of z every few seconds while the clusters form, for those who watch.
    left_as : callable
        Asked when the generator is closed: fields of the status that the run is left with.

    Yields
    ------
    dict
        Every event as one record, scored where labels are known, after its snapshot is on disk.
        Progress comes some five times a second; only part of it goes to disk. Closing the generator
        leaves a checkpoint, and the state "stopped" unless `left_as` says otherwise.

    Raises
    ------
    Exception
        Whatever goes wrong, be it before training; the status says "failed" and why.
    """
    recorder = None
    try:
        recorder = _Recorder(folder, live_umap=live_umap)
        try:
            yield from recorder.run()
        except GeneratorExit:
            recorder.leave(left_as())
            raise
        finally:
            recorder.close()
    except GeneratorExit:
        raise
    except BaseException as error:
        by_ctrl_c = isinstance(error, KeyboardInterrupt)
        ended = {"state": "interrupted" if by_ctrl_c else "failed", "message": BY_CTRL_C if by_ctrl_c else cause(error)}
        with contextlib.suppress(OSError):  # the disk does not even take the status: the error goes on
            folder.set_status(replace(recorder.status if recorder else folder.status, **ended))
        raise


class _Recorder:
    """One attempt to train a run: its state, its status, and what writes the rest."""

    def __init__(self, folder: RunFolder, *, live_umap: bool):
        self.folder, self.config = folder, folder.config
        config = self.config
        data = {"name": config.dataset, "n_samples": config.n_samples, "upright": config.deskew}
        self.dataset: Dataset = load(**data, root=folder.path.parent)
        self.part: Dataset = load_shown(**data, root=folder.path.parent)
        self.resumed = (folder.path / "checkpoint.npz").exists() or bool(folder.records()[0])
        self.stages = Stages(folder.path.parent, self.dataset)
        self.state = state_of(folder, config, self.dataset.images.shape[1:], self.stages)
        self.status = replace(
            folder.status, state="running", phase=self.state.phase, progress={}, message="", **this_process()
        )
        self.schedule = Schedule(config, len(self.dataset.images))
        self.snapshots = Snapshots(folder, self.state, self.part, part_of_many(len(self.dataset.images)))
        self.images = ImageAnalysis(config, self.part, self.snapshots.view, self.stages.known)
        self.live_umap = None
        if live_umap and METHODS[config.method].trains_centers:
            self.live_umap = LiveUmap(folder, self.snapshots.view)
        scored = any(record["event"] == "BaselineScored" for record in folder.records()[0])
        self.wants_baseline = METHODS[config.method].has_network and self.dataset.y is not None and not scored
        self.shown = float("-inf")  # when the status was, last
        self.last_checkpoint, self.checkpoint_every = time.monotonic(), CHECKPOINT_EVERY
        self.has_said_started = False
        self.judged_at: int | None = None  # the gradient step

    def run(self) -> Iterator[Record]:
        """Train to the end."""
        self.folder.set_status(self.status)
        if self.resumed:
            where = {name: getattr(self.state, name) for name in ("epoch", "batch", "iteration")}
            yield self._write({"event": "Resumed", **where})
        elif self.stages.taken:
            yield self._write({"event": "StagesTaken", "stages": list(self.stages.taken)})
        started = time.monotonic()
        for event in train(self.state, self.dataset.x, self.stages.known):
            self._count(event, time.monotonic() - started)
            yield from self._timed(event)
            started = time.monotonic()
        if self.status.state != "failed":
            yield from self._finish()

    def leave(self, left_as: dict[str, Any]) -> None:
        """Write all that is needed to go on later; the status last."""
        if self.status.state == "running":
            self._checkpoint()
            self._save_networks()
            if self.judged_at is not None and self.judged_at < self.state.iteration:
                self._judged()  # or what is shown would be of long before
            self.status = replace(self.status, **left_as)
            self.folder.set_status(self.status)

    def close(self) -> None:
        """Give up what goes on in parallel."""
        self.images.close()
        if self.live_umap:
            self.live_umap.close()

    # -- one event

    def _timed(self, event: Event) -> Iterator[Record]:
        """Its records; how long they take is added up, but not how long the caller takes."""
        records = self._recorded(event)
        while True:
            started = time.monotonic()
            record = next(records, None)
            self.status = replace(self.status, recording=self.status.recording + time.monotonic() - started)
            if record is None:
                return
            yield record

    def _recorded(self, event: Event) -> Iterator[Record]:
        yield self._handle(event)
        yield from self._what_follows(event)

    def _handle(self, event: Event) -> Record:
        """Write the event and what it calls for: a snapshot, a checkpoint. The caller sees one record an event."""
        record, is_milestone = self._record(event), self.schedule.is_milestone(event)
        self.status = replace(self.status, phase=self.state.phase, progress=record)
        if self.schedule.takes_record(event):
            self._write(record)
        else:
            self._say_started()
        if isinstance(event, Diverged):
            self.status = replace(self.status, state="failed", message=event.message)
        self._show(at_once=is_milestone)
        if is_milestone and not isinstance(event, Diverged):
            self._keep(event)
            self._lay_out()
        elif isinstance(event, PretrainProgress | ClusterProgress) and self._is_checkpoint_due():
            self._checkpoint()  # of millions of images an epoch takes minutes
        return record

    def _what_follows(self, event: Event) -> Iterator[Record]:
        """Records of the analyses of the images, and of how clusters compare with them."""
        placed = isinstance(event, CentersInitialized)
        if placed and "mixture" in self.stages.taken:
            yield self._write({"event": "StagesTaken", "stages": ["mixture"]})
        if placed and uses_mixture_target(self.config) and self.dataset.y is not None:
            yield self._write({"event": "MixtureScored", **self._scores(self.state.p.argmax(axis=1))})
        if isinstance(event, Diverged):
            return
        if self.schedule.is_milestone(event):  # after the first epoch, so that it does not delay the first points
            self.images.start(with_baseline=self.wants_baseline)
        yield from self._baseline()
        if self.schedule.takes_judgement(event):
            yield self._judged()

    def _record(self, event: Event) -> Record:
        values = {name: v for name, v in vars(event).items() if v is not None and not isinstance(v, np.ndarray)}
        record = {"event": type(event).__name__, **values, "seconds": round(sum(self.status.seconds.values()), 3)}
        labels = getattr(event, "labels", None)
        if labels is not None:
            record["sizes"] = cluster_sizes(labels, self.config.n_clusters).tolist()
            scores = self._scores(labels) or self._scores_without_labels(labels)
            record |= scores
            self.status = replace(self.status, outcome=scores)
        return record

    def _scores(self, labels: np.ndarray) -> dict[str, float]:
        """How labels of all images, or of those that are shown, agree with the classes, where these are known."""
        data = self.dataset if len(labels) == len(self.dataset.images) else self.part
        return {} if data.y is None else asdict(score(data.y, labels, self.config.n_clusters))

    def _scores_without_labels(self, labels: np.ndarray) -> dict[str, float]:
        return {
            "silhouette": silhouette(self.state.z, labels),
            "confidence": confidence(self.state.q(self.snapshots.shown)),
        }

    def _count(self, event: Event, seconds: float) -> None:
        """Add the seconds before an event to those of its phase."""
        phase = PHASE_OF.get(type(event), "clustering")
        if isinstance(event, Diverged):
            phase = event.phase
        elif isinstance(event, Finished) and event.reason == "centers":
            phase = "centers"
        if isinstance(event, CentersInitialized) and "mixture" in self.stages.taken:  # as if it had been waited for
            seconds += max(0.0, self.stages.taken["mixture"] - self.status.seconds.get("pretraining", 0.0))
        counted = self.status.seconds.get(phase, 0.0) + seconds
        self.status = replace(self.status, seconds={**self.status.seconds, phase: counted})

    # -- what goes to disk

    def _write(self, record: Record) -> Record:
        """Append a record."""
        self._say_started()
        self.folder.append(record)
        return record

    def _say_started(self) -> None:
        """Versions and machine, with the first record, so that no run seems to move before it does."""
        if not self.has_said_started:
            self.has_said_started = True
            self.folder.append({"event": "Started", **trained_with()})

    def _show(self, *, at_once: bool) -> None:
        """Write the newest status from time to time, for viewers."""
        if at_once or time.monotonic() - self.shown > SHOW_EVERY:
            self.shown = time.monotonic()
            self.folder.set_status(self.status)

    def _keep(self, event: Event) -> None:
        """What a milestone leaves: a snapshot, the pretrained autoencoder, a checkpoint."""
        if self.schedule.takes_snapshot(event):
            self._snapshot()
        if self.state.phase == "centers" and isinstance(event, PretrainProgress):
            keep_pretraining(self.folder, self.state, self.stages, self.status.seconds["pretraining"])
        if isinstance(event, CentersInitialized) or self._is_checkpoint_due():
            self._checkpoint()

    def _lay_out(self) -> None:
        """Have z laid out for those who watch; while there are no clusters, prepare for it."""
        if self.live_umap is None:
            return
        if self.state.labels is None:
            self.live_umap.start()
        else:
            state, which = self.state, self.snapshots.shown
            self.live_umap.offer(state.z[which], state.labels[which], state.iteration, self.snapshots.plane)

    def _snapshot(self) -> None:
        self._write(self.snapshots.take())

    def _is_checkpoint_due(self) -> bool:
        return time.monotonic() - self.last_checkpoint > self.checkpoint_every

    def _checkpoint(self) -> None:
        started = time.monotonic()
        self.folder.save_arrays("checkpoint.npz", **self.state.to_arrays())
        self.last_checkpoint = time.monotonic()
        self.checkpoint_every = max(CHECKPOINT_EVERY, (self.last_checkpoint - started) / CHECKPOINT_SHARE)

    def _save_networks(self) -> None:
        """Their weights, for `dec_core.analysis.forward`."""
        if METHODS[self.config.method].has_network:
            self.folder.save_arrays("decoder.npz", **in_order(self.state.decoder.get_weights()))
            self.folder.save_arrays("encoder.npz", **in_order(self.state.encoder.get_weights()))

    # -- compared with the images alone

    def _baseline(self, *, wait: bool = False) -> Iterator[Record]:
        """How k-means on pixels does, once it is there."""
        labels = self.images.take_baseline(wait=wait)
        if labels is not None:
            yield self._write({"event": "BaselineScored", **self._scores(labels)})

    def _judged(self) -> Record:
        """What speaks for and against the current clusters, judged without labels."""
        labels, n_clusters = self.state.labels[self.snapshots.shown][self.snapshots.view], self.config.n_clusters
        graph, self.judged_at = self.images.graph(), self.state.iteration
        judged = merge_split_check(graph, labels, n_clusters).to_dict()
        judged["agreement"] = modularity(graph, labels, n_clusters)
        judged["silhouette"] = silhouette(self.state.z, self.state.labels)
        return self._write({"event": "Judged", "iteration": self.state.iteration, **judged})

    # -- the end

    def _finish(self) -> Iterator[Record]:
        """Save the model, judge the result, and let go of the checkpoint when all else is on disk."""
        state = self.state
        if METHODS[self.config.method].places_new_images:
            save_model(self.folder.path / "model.keras", state.encoder, state.decoder, state.clustering_layer)
            self._save_networks()
        if len(self.part.images) < len(self.dataset.images):
            labels = state.labels.astype(np.uint8)
            self.folder.write(self.folder.path / LABELS, lambda file: np.save(file, labels))
        yield from self._baseline(wait=True)
        yield self._judged()
        self.status = replace(self.status, state="finished", phase="finished")
        self.folder.set_status(self.status)
        (self.folder.path / "checkpoint.npz").unlink(missing_ok=True)
