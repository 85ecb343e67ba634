"""Drives the training generator and writes what it yields into a run's folder.

The one place where events meet the disk and labels meet clusters: training itself knows neither.
Command line and worker are both a `for` loop over `record`.
"""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Iterator
from dataclasses import asdict, replace
from typing import Any

import numpy as np
from scipy import sparse

from dec_core.analysis.baseline import kmeans_on_pixels
from dec_core.analysis.label_free import confidence, modularity, silhouette
from dec_core.analysis.merge_split_check import doubt, neighbour_graph
from dec_core.analysis.metrics import cluster_sizes, score
from dec_core.analysis.projection import pca_axes
from dec_core.architecture import WITHOUT_NETWORK
from dec_core.config import RunConfig, is_taught
from dec_core.data import Dataset, load
from dec_core.networks.saving import save_model
from dec_core.runs.folder import RunFolder, half, in_order, this_process
from dec_core.runs.machine import trained_with
from dec_core.runs.view import example_index, view_index
from dec_core.training import TrainingState, train
from dec_core.training.events import (
    CentersInitialized,
    ClusterProgress,
    Diverged,
    Event,
    PretrainProgress,
    TargetProgress,
    TargetUpdated,
)
from dec_core.training.steps import Embedder, resident

RECORD_EVERY = 0.5  # seconds between progress records; everything else is always recorded
CHECKPOINT_EVERY = 10.0  # active seconds
SNAPSHOT_EVERY = 0.9  # seconds between snapshots while pretraining: pages look once a second
JUDGE_EVERY = 1.0  # seconds, and not more than a tenth of the time
MAX_PRETRAIN_SNAPSHOTS = 60
MAX_CLUSTER_SNAPSHOTS = 200
MAX_BYTES = 160e6  # of the snapshots' z: of large runs fewer are kept

Record = dict[str, Any]


def record(folder: RunFolder) -> Iterator[Record]:
    """Train the run in `folder`, or go on where its checkpoint stands, until it ends or is closed.

    The caller holds its `runs.lock.training_lock`, so that nobody else trains it meanwhile.

    Yields
    ------
    dict
        Every event as one record, scored where labels are known, after its snapshot is on disk.
        Progress comes some five times a second; only part of it goes to disk. Closing the generator
        (or Ctrl-C's exception) leaves a checkpoint and the state "stopped".
    """
    config = folder.config
    dataset = load(config.dataset, config.n_samples, upright=config.deskew, root=folder.path.parent)
    recorder = _Recorder(folder, config, dataset)
    try:
        yield from recorder.run()
    except GeneratorExit:
        recorder.leave("stopped", "")
        raise
    except BaseException as error:
        recorder.status = replace(recorder.status, state="failed", message=f"{type(error).__name__}: {error}")
        folder.set_status(recorder.status)
        raise


class _Recorder:
    def __init__(self, folder: RunFolder, config: RunConfig, dataset: Dataset):
        self.folder, self.config, self.dataset = folder, config, dataset
        self.view, self.examples = view_index(len(dataset.images)), example_index(len(dataset.images), dataset.y)
        checkpoint = folder.load_arrays("checkpoint.npz")
        pretrained = folder.load_arrays("pretrained.npz")
        image_shape = dataset.images.shape[1:]
        self.resumed = checkpoint is not None or bool(folder.records()[0])
        if checkpoint:
            self.state = TrainingState.from_arrays(config, image_shape, checkpoint)
        elif pretrained:
            self.state = TrainingState.from_pretrained(config, image_shape, pretrained)
        else:
            self.state = TrainingState(config, image_shape)
        before = folder.status
        self.status = replace(
            before, state="running", phase=self.state.phase, progress={}, message="", **this_process()
        )
        self.n_snapshots = len(list((folder.path / "snapshots").glob("*.npz")))
        self.embed_view = Embedder(self.state.encoder, resident(dataset.x[self.view], self.state.input_shape))
        self.plane: np.ndarray | None = None
        self.last_progress = float("-inf")  # the first progress is recorded at once
        self.last_checkpoint = self.last_snapshot = time.monotonic()
        self.baseline: list[np.ndarray] = []
        self.graph: sparse.csr_matrix | None = None
        self.last_judged, self.judging_took = float("-inf"), 0.0
        self.closing = threading.Event()
        self.told_with_what = False

    def run(self) -> Iterator[Record]:
        self.folder.set_status(self.status)
        if self.resumed:
            yield self._write({"event": "Resumed", "epoch": self.state.epoch, "iteration": self.state.iteration})
        beside = threading.Thread(target=self._run_beside, daemon=True)
        started = time.monotonic()
        for event in train(self.state, self.dataset.x):
            self._count(event, time.monotonic() - started)
            yield self._handle(event)
            if isinstance(event, CentersInitialized) and self._has_a_teacher() and self.dataset.y is not None:
                yield self._write({"event": "MixtureScored", **self._scores(self.state.p.argmax(axis=1))})
            if isinstance(event, PretrainProgress) and event.epoch_ended and not beside.ident:
                beside.start()  # after the first epoch, so that it does not delay the first points
            if self.baseline:
                yield self._baseline_record()
            if self._worth_judging(event):
                yield self._judged()
            started = time.monotonic()
        if self.status.state != "failed":
            yield from self._finish(beside)

    def _has_a_teacher(self) -> bool:
        """Whether a network is being trained whose first p is that of a mixture."""
        return is_taught(self.config) and self.config.method != "umap_gmm"

    def leave(self, state: str, message: str) -> None:
        """Write all that is needed to go on later."""
        self.closing.set()
        if self.status.state in ("running", "paused"):
            self._checkpoint()
            self._save_decoder()
            self.status = replace(self.status, state=state, message=message)
            self.folder.set_status(self.status)

    # -- one event

    def _handle(self, event: Event) -> Record:
        """Write the event and what it is worth: a snapshot, a checkpoint. One event is one record to the caller."""
        record = self._record(event)
        durable = not isinstance(event, PretrainProgress | TargetProgress | ClusterProgress)
        durable |= isinstance(event, PretrainProgress) and event.epoch_ended
        now = time.monotonic()
        self.status = replace(self.status, phase=self.state.phase, progress=record)
        if durable or now - self.last_progress > RECORD_EVERY:
            self.last_progress = now
            self._write(record)
            self.folder.set_status(self.status)
        if isinstance(event, Diverged):
            self.status = replace(self.status, state="failed", message=event.message)
            self.folder.set_status(self.status)
        elif durable:
            if self._worth_a_snapshot(event):
                self._snapshot()
            if self.state.phase == "centers" and isinstance(event, PretrainProgress):
                self._save_pretrained()
            if isinstance(event, CentersInitialized) or now - self.last_checkpoint > CHECKPOINT_EVERY:
                self._checkpoint()
        return record

    def _record(self, event: Event) -> Record:
        values = {name: value for name, value in vars(event).items() if not isinstance(value, np.ndarray)}
        record = {"event": type(event).__name__, **values, "seconds": round(sum(self.status.seconds.values()), 3)}
        labels = getattr(event, "labels", None)
        if labels is not None:
            record["sizes"] = cluster_sizes(labels, self.config.n_clusters).tolist()
            scores = self._scores(labels) or self._scores_without_labels(labels)
            record |= scores
            self.status = replace(self.status, outcome=scores)
        return record

    def _scores(self, labels: np.ndarray) -> dict[str, float]:
        if self.dataset.y is None:
            return {}
        return asdict(score(self.dataset.y, labels, self.config.n_clusters))

    def _scores_without_labels(self, labels: np.ndarray) -> dict[str, float]:
        return {"silhouette": silhouette(self.state.z, labels), "confidence": confidence(self.state.q())}

    def _count(self, event: Event, seconds: float) -> None:
        phase = {PretrainProgress: "pretraining", TargetProgress: "centers"}.get(type(event), "clustering")
        counted = self.status.seconds.get(phase, 0.0) + seconds
        self.status = replace(self.status, seconds={**self.status.seconds, phase: counted})

    def _write(self, record: Record) -> Record:
        """Append a record; with the first one, so that no run seems to move before it does, what trains it."""
        before = [] if self.told_with_what else [{"event": "Started", **trained_with()}]
        self.told_with_what = True
        self.folder.append(*before, record)
        return record

    # -- snapshots and checkpoints

    def _worth_a_snapshot(self, event: Event) -> bool:
        if isinstance(event, TargetUpdated):
            n_updates = self.config.max_iterations / self.config.update_interval
            return (event.update - 1) % math.ceil(n_updates / self._most_snapshots()) == 0
        if not isinstance(event, PretrainProgress):
            return not isinstance(event, CentersInitialized)  # the first target update follows at once
        if event.epoch in (1, self.config.pretrain_epochs):
            return True
        every = -(-self.config.pretrain_epochs // MAX_PRETRAIN_SNAPSHOTS)
        return event.epoch % every == 0 and time.monotonic() - self.last_snapshot > SNAPSHOT_EVERY

    def _most_snapshots(self) -> float:
        """How many target updates may leave one, on average."""
        bytes_of_z = 2 * len(self.dataset.images) * self.config.latent_dim
        return max(10, min(MAX_CLUSTER_SNAPSHOTS, MAX_BYTES / bytes_of_z))

    def _snapshot(self) -> None:
        """Save what the views show now.

        z is that of all samples at the last update. While pretraining it is computed for the view alone; and of
        k-means on pixels, whose z are the images, no more is kept.
        """
        state = self.state
        clustered = state.labels is not None
        z = state.z[self.view] if clustered else self.embed_view()
        axes = pca_axes(z, self.plane)
        self.plane = ((z - z.mean(axis=0)) @ axes).astype(np.float32)
        kept = state.z if clustered and self.config.method != "kmeans" else z
        arrays = {"z": half(kept), "plane": half(self.plane), "axes": axes}
        arrays["reconstructions"] = self._images(state.reconstruct(self.dataset.x[self.examples]))
        if clustered:
            arrays["cluster_centers"] = state.cluster_centers
            arrays["labels"] = state.labels.astype(np.uint8)
            if self.config.method == "umap_gmm":  # its q does not follow from z and the centers
                arrays["q"] = half(state.p)
            arrays["decoded_centers"] = self._images(state.decode(state.cluster_centers))
        self.n_snapshots, self.last_snapshot = self.n_snapshots + 1, time.monotonic()
        name = f"snapshots/{self.n_snapshots:05d}.npz"
        self.folder.save_arrays(name, **arrays)
        self._write(
            {
                "event": "SnapshotTaken",
                "file": name,
                "clustered": clustered,
                "epoch": state.epoch,
                "iteration": state.iteration,
            }
        )

    def _images(self, rows: np.ndarray) -> np.ndarray:
        """Rows in 0..1 (or beyond) as images of uint8."""
        pixels = np.clip(np.nan_to_num(rows) * 255, 0, 255).astype(np.uint8)
        return pixels.reshape(-1, *self.dataset.images.shape[1:])

    def _checkpoint(self) -> None:
        self.folder.save_arrays("checkpoint.npz", **self.state.to_arrays())
        self.last_checkpoint = time.monotonic()

    def _save_pretrained(self) -> None:
        """Keep the pretrained autoencoder; the optimizer has done its work."""
        arrays = {name: a for name, a in self.state.to_arrays().items() if not name.startswith("optimizer")}
        self.folder.save_arrays("pretrained.npz", **arrays)

    def _save_decoder(self) -> None:
        """Its weights, for `dec_core.analysis.decoding`."""
        if self.config.method not in WITHOUT_NETWORK:
            self.folder.save_arrays("decoder.npz", **in_order(self.state.decoder.get_weights()))

    # -- beside the training: the graph of neighbours, and k-means on pixels

    def _run_beside(self) -> None:
        config = self.config
        self.graph = self._neighbour_graph()
        starts = kmeans_on_pixels(self.dataset.x, config.n_clusters, config.kmeans_n_init, config.random_state)
        tightest = np.zeros(0, dtype=int)
        for labels in starts:
            if self.closing.is_set():
                return
            tightest = labels
        self.baseline.append(tightest)

    def _baseline_record(self) -> Record:
        return self._write({"event": "BaselineScored", **self._scores(self.baseline.pop())})

    def _neighbour_graph(self) -> sparse.csr_matrix:
        return neighbour_graph(self.dataset.x[self.view], self.dataset.images.shape[1:])

    def _worth_judging(self, event: Event) -> bool:
        """At the target updates, but not at all of them where it takes long."""
        due = time.monotonic() - self.last_judged > max(JUDGE_EVERY, 9 * self.judging_took)
        return isinstance(event, TargetUpdated) and self.graph is not None and due

    def _judged(self) -> Record:
        """What speaks against the clusters as they are now and what speaks for them, without labels."""
        started = time.monotonic()
        labels, n_clusters = self.state.labels[self.view], self.config.n_clusters
        found = doubt(self.graph, labels, n_clusters).told()
        found["agreement"] = modularity(self.graph, labels, n_clusters)
        found["silhouette"] = silhouette(self.state.z, self.state.labels)
        self.last_judged = time.monotonic()
        self.judging_took = self.last_judged - started
        return self._write({"event": "Judged", "iteration": self.state.iteration, **found})

    # -- the end

    def _finish(self, beside: threading.Thread) -> Iterator[Record]:
        state = self.state
        if self.config.method != "umap_gmm":  # it has nothing that could place another image
            path = self.folder.path / "model.keras"
            save_model(path, state.encoder, state.decoder, state.clustering_layer)
            self._save_decoder()
        if beside.ident:
            beside.join()
            if self.baseline:
                yield self._baseline_record()
        if self.graph is None:
            self.graph = self._neighbour_graph()
        yield self._judged()
        self.status = replace(self.status, state="finished", phase="finished")
        self.folder.set_status(self.status)
        (self.folder.path / "checkpoint.npz").unlink(missing_ok=True)
