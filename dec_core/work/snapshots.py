"""Takes snapshots of training: arrays for everything that the views show of one moment."""

from __future__ import annotations

import numpy as np

from dec_core.analysis.projection import pca_axes
from dec_core.data import Dataset
from dec_core.methods import METHODS
from dec_core.runs.folder import RunFolder
from dec_core.runs.snapshots import half
from dec_core.runs.subset import example_index, view_index
from dec_core.training import TrainingState
from dec_core.training.steps import Embedder, as_images


class Snapshots:
    """The snapshots of one run, written as training goes on.

    Parameters
    ----------
    folder : RunFolder
    state : TrainingState
        What is being trained.
    dataset : Dataset
        The images that are shown.
    shown : slice or ndarray of int
        Where they lie among all that are trained on.
    """

    def __init__(self, folder: RunFolder, state: TrainingState, dataset: Dataset, shown: slice | np.ndarray):
        self.folder, self.state, self.dataset, self.shown = folder, state, dataset, shown
        self.view = view_index(len(dataset.images))
        self.examples = example_index(len(dataset.images), dataset.y)
        self.n_taken = len(list((folder.path / "snapshots").glob("*.npz")))
        self._embed_view = Embedder(state.encoder, as_images(dataset.x[self.view], state.input_shape))
        self.plane = self._plane_before()  # of the view, as it was taken last

    def take(self) -> dict[str, object]:
        """Save what the views show now, and return the record of it.

        z is that of all samples that are shown, at the last update. While pretraining it is computed for the view
        alone; and of k-means on pixels, whose z are the images, no more is kept.
        """
        self.n_taken += 1
        name = f"snapshots/{self.n_taken:05d}.npz"
        self.folder.save_arrays(name, **self._arrays())
        state = self.state
        place = {"clustered": state.labels is not None, "epoch": state.epoch, "iteration": state.iteration}
        return {"event": "SnapshotTaken", "file": name, **place}

    def _plane_before(self) -> np.ndarray | None:
        """The plane (n_view, 2) of what was taken by an earlier process or run, so that the next does not turn."""
        arrays = self.folder.load_arrays(f"snapshots/{self.n_taken:05d}.npz", "plane") if self.n_taken else None
        if arrays is None or not np.isfinite(arrays["plane"]).all():
            return None
        return arrays["plane"].astype(np.float32)

    def _arrays(self) -> dict[str, np.ndarray]:
        """z (n, latent_dim), its plane (n_view, 2) with axes (latent_dim, 2), reconstructions; and of clusters more."""
        state, clustered = self.state, self.state.labels is not None
        placed = state.z[self.shown] if clustered else None
        z = placed[self.view] if clustered else self._embed_view()
        axes = pca_axes(z, self.plane)
        self.plane = ((z - z.mean(axis=0)) @ axes).astype(np.float32)
        kept = placed if clustered and METHODS[state.config.method].z != "pixels" else z
        reconstructions = self._images(state.reconstruct(self.dataset.x[self.examples]))
        arrays = {"z": half(kept), "plane": half(self.plane), "axes": axes, "reconstructions": reconstructions}
        return arrays | (self._clusters() if clustered else {})

    def _clusters(self) -> dict[str, np.ndarray]:
        """Centers (n_clusters, latent_dim) with their images, labels (n,), what else q follows from, or q."""
        state = self.state
        arrays = {"cluster_centers": state.cluster_centers, "labels": state.labels[self.shown].astype(np.uint8)}
        arrays |= state.clustering_layer.prior()
        if METHODS[state.config.method].keeps_q:
            arrays["q"] = half(state.q(self.shown))
        return arrays | {"decoded_centers": self._images(state.decode(state.cluster_centers))}

    def _images(self, rows: np.ndarray) -> np.ndarray:
        """Rows in 0..1 (or beyond) as images of uint8."""
        pixels = np.clip(np.nan_to_num(rows) * 255, 0, 255).astype(np.uint8)
        return pixels.reshape(-1, *self.dataset.images.shape[1:])
