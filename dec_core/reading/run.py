"""A run as it stands when it is opened: its config, and which snapshots it has. Immutable.

    run = Run.open("runs/20261125-120000-ab12")
    last = run.at(-1)
    wrong = last.select(true="9", cluster="D")   # indices
    last.q[wrong], run.images[wrong], last.story(wrong[0])

Arrays are read from the run's folder when they are first asked for, and then kept; one that is gone or damaged by then
is None or an error in words. Nothing here imports TensorFlow. What takes long (neighbours, UMAP of all samples) a
worker has added: `dec_core.work.postprocess`.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from numbers import Integral
from pathlib import Path
from typing import Any

import numpy as np

from dec_core.analysis.forward import forward
from dec_core.analysis.metrics import confusion
from dec_core.analysis.naming import cluster_order, colour_by_place, letter
from dec_core.analysis.projection import extent
from dec_core.architecture import architecture
from dec_core.config import BUNDLED, ConfigError, RunConfig
from dec_core.data import load_shown
from dec_core.methods import METHODS
from dec_core.reading.overview import Overview, overview
from dec_core.reading.snapshot import Snapshot
from dec_core.runs.folder import RunFolder
from dec_core.runs.history import History, RunReader
from dec_core.runs.images import mapped_images
from dec_core.runs.subset import view_index


@dataclass(frozen=True, eq=False)
class Run:
    """One run as it stands. `open` makes it; arrays are read when they are asked for, and kept by the `Snapshot`.

    Attributes
    ----------
    folder : RunFolder
    config : RunConfig
    y : ndarray of int, shape (n,), or None
        The true classes, where they are known.
    classes : tuple of str
        Their names.
    n : int
        Samples.
    image_shape : (height, width) or (height, width, 3)
    snapshots : tuple of dict
        Records of the snapshots up to the newest that can be read, ascending.
    n_unreadable : int
        Snapshots after that one: damaged, or gone.
    umap_file, inspection_file, umaps_file : str or None
        What a worker has added to the newest snapshot; and UMAPs of all of them, aligned with that one's.
    ended : bool
        Whether training has finished or diverged.
    """

    folder: RunFolder
    config: RunConfig
    y: np.ndarray | None
    classes: tuple[str, ...]
    n: int
    image_shape: tuple[int, ...]
    snapshots: tuple[dict[str, Any], ...]
    n_unreadable: int = 0
    umap_file: str | None = None
    inspection_file: str | None = None
    umaps_file: str | None = None
    ended: bool = False

    @classmethod
    def open(cls, folder: RunFolder | Path | str, history: History | None = None) -> Run:
        """The run in a folder, with the snapshots it has by now.

        Parameters
        ----------
        folder : RunFolder or path
        history : History, optional
            Of the run, where the caller follows it anyhow.

        Raises
        ------
        ConfigError, DataError
            If it is no folder of a run, or its config, or the data it names, cannot be read.
        """
        if not isinstance(folder, RunFolder):
            folder = _run_folder(folder)
        history = history or RunReader(folder).refresh()
        config, root = folder.config, folder.path.parent
        data = load_shown(config.dataset, config.n_samples, root=root)
        taken = list(history.snapshots)
        readable = taken[: _n_up_to_the_newest_readable(folder, taken)]
        whole = len(readable) == len(taken)
        return cls(
            folder, config, data.y, data.classes, len(data.images), data.images.shape[1:], tuple(readable),
            len(taken) - len(readable), history.umap if whole else None, history.inspection if whole else None,
            history.umaps if whole else None, history.end is not None,
        )  # fmt: skip

    @property
    def root(self) -> Path:
        """The folder of runs."""
        return self.folder.path.parent

    @property
    def noun(self) -> str:
        """What one sample is called, "digit" or "image"."""
        return "digit" if self.config.dataset in BUNDLED else "image"

    @property
    def version(self) -> str:
        """Differs when snapshots were added, or made again after a resume, or a worker has added something."""
        files = [snapshot["file"] for snapshot in self.snapshots]
        return f"{self.folder.id} {files} {self.inspection_file} {self.umap_file} {self.umaps_file}"

    @cached_property
    def clustered(self) -> list[int]:
        """Numbers of the snapshots that have clusters, ascending."""
        return [number for number, snapshot in enumerate(self.snapshots) if snapshot["clustered"]]

    @cached_property
    def images(self) -> np.ndarray:
        """All images as the network saw them, uint8, (n, height, width[, 3]); a memory map."""
        return mapped_images(self.config, self.root)

    @cached_property
    def view(self) -> np.ndarray:
        """Indices of the samples that every snapshot holds, ascending."""
        return view_index(self.n)

    # -- snapshots

    def at(self, number: int) -> Snapshot:
        """The snapshot of that number; -1 is the newest that can be read. Raises IndexError if there is none."""
        if not (isinstance(number, Integral) and -len(self.snapshots) <= number < len(self.snapshots)):
            expected = (
                f"0 to {len(self.snapshots) - 1}, or -1 for the newest" if self.snapshots else "a run that has some"
            )
            raise IndexError(f"at: received snapshot {number!r} of {self.folder.id}, expected {expected}")
        record = self.snapshots[number]
        return Snapshot(
            self, number % len(self.snapshots), record["file"], record["epoch"], record["iteration"],
            record["clustered"],
        )  # fmt: skip

    def newest_clustered(self) -> int | None:
        """The number of the newest snapshot that has clusters and can be read; None without."""
        return next((number for number in reversed(self.clustered) if self.labels_at(number) is not None), None)

    def labels_at(self, number: int) -> np.ndarray | None:
        """The cluster of each sample at that snapshot, uint8, shape (n,); None before there are clusters."""
        return (self.folder.load_arrays(self.snapshots[number]["file"], "labels") or {}).get("labels")

    @cached_property
    def labels(self) -> np.ndarray:
        """Clusters at all snapshots of `clustered`: uint8, shape (n_clustered, n).

        At a damaged one it is as if nothing had changed since the one before, or until the first that can be read.
        """
        known = [] if self._first_labels is None else [self._first_labels]
        for number in self.clustered:
            labels = self.labels_at(number)
            known.append(known[-1] if labels is None else labels)
        return np.array(known[1:]) if known else np.zeros((0, self.n), np.uint8)

    @cached_property
    def _first_labels(self) -> np.ndarray | None:
        """The first clusters that can be read; None without."""
        return next((labels for i in self.clustered if (labels := self.labels_at(i)) is not None), None)

    @cached_property
    def overview(self) -> Overview:
        """All snapshots at a glance."""
        return overview(self)

    # -- names of clusters

    @cached_property
    def cluster_order(self) -> np.ndarray:
        """The place of each cluster in the order of names, int, shape (n_clusters,)."""
        if self.y is None or self._first_labels is None:
            return cluster_order(None, self.config.n_clusters)
        return cluster_order(confusion(self.y, self._first_labels, self.config.n_clusters), self.config.n_clusters)

    @cached_property
    def colour_by_place(self) -> np.ndarray:
        """The number of the colour of the cluster at each place, the same at all snapshots, int, (n_clusters,)."""
        number = None if self.y is None else self.newest_clustered()
        newest = None if number is None else confusion(self.y, self.labels_at(number), self.config.n_clusters)
        return colour_by_place(newest, self.cluster_order)

    @property
    def letters(self) -> list[str]:
        """The name of each cluster, by its number."""
        return [letter(int(place)) for place in self.cluster_order]

    @property
    def letters_in_order(self) -> list[str]:
        """The names of the clusters in their order: A, B, ..."""
        return [letter(place) for place in range(self.config.n_clusters)]

    # -- what a worker has added

    @cached_property
    def added(self) -> dict[str, np.ndarray]:
        """What a worker has added to the newest snapshot: neighbours, umap, perhaps z. Empty where it has not."""
        return (self.inspection_file and self.folder.load_arrays(self.inspection_file)) or {}

    @cached_property
    def umaps(self) -> dict[str, np.ndarray] | None:
        """UMAPs of all snapshots, "planes" (n_snapshots, n_part, 2) of "samples" (n_part,); None without."""
        arrays = self.folder.load_arrays(self.umaps_file) if self.umaps_file and "umap" in self.added else None
        return arrays if arrays and len(arrays["planes"]) == len(self.snapshots) else None

    @cached_property
    def umaps_extent(self) -> tuple[np.ndarray, np.ndarray] | None:
        """Middle and reach, (2,) each, of what the UMAPs of all snapshots show together; None without them."""
        if self.umaps is None:
            return None
        extents = [extent(plane) for plane in [self.added["umap"], *self.umaps["planes"]]]
        low = np.min([middle - reach for middle, reach in extents], axis=0)
        high = np.max([middle + reach for middle, reach in extents], axis=0)
        return (low + high) / 2, (high - low) / 2

    @cached_property
    def decoder(self) -> tuple[tuple, list[np.ndarray]] | None:
        """Layers and weights for `forward`; None before training has ended, and where there is no network."""
        return self._network("decoder")

    @cached_property
    def encoder(self) -> tuple[tuple, list[np.ndarray]] | None:
        """The same of the encoder; None also for runs of before encoders were kept."""
        return self._network("encoder")

    def _network(self, part: str) -> tuple[tuple, list[np.ndarray]] | None:
        if not METHODS[self.config.method].has_network:
            return None
        arrays = self.folder.load_arrays(f"{part}.npz")
        layers = getattr(architecture(self.config, self.image_shape), part)
        return None if arrays is None else (layers, [arrays[name] for name in sorted(arrays)])

    def decode(self, z: np.ndarray) -> np.ndarray | None:
        """What the network as it ended makes of points in z: uint8, shape (m, height, width[, 3]); None without one."""
        if self.decoder is None:
            return None
        pixels = forward(np.atleast_2d(z), *self.decoder).reshape(-1, *self.image_shape)
        return np.clip(np.nan_to_num(pixels) * 255, 0, 255).astype(np.uint8)

    def encode(self, images: np.ndarray) -> np.ndarray | None:
        """z of images that are not in the run, upright already, as the network as it ended places them.

        Parameters
        ----------
        images : ndarray of uint8, shape (m, height, width[, 3])

        Returns
        -------
        ndarray of float32, shape (m, latent_dim), or None without a network
        """
        if self.encoder is None:
            return None
        pixels = np.asarray(images, np.float32) / 255
        return forward(
            pixels.reshape(len(pixels), *architecture(self.config, self.image_shape).input_shape), *self.encoder
        )


def _run_folder(path: Path | str) -> RunFolder:
    """The folder of a run at a path. Raises ConfigError, which names it, if there is none."""
    folder = RunFolder(Path(path).resolve())
    if not (folder.path / "config.json").is_file():
        raise ConfigError({"folder": f"received {path}, expected the folder of a run, with a config.json in it"})
    return folder


def _n_up_to_the_newest_readable(folder: RunFolder, snapshots: list[dict[str, Any]]) -> int:
    """The number of snapshots without the damaged ones at the end."""
    for n in range(len(snapshots), 0, -1):
        arrays = folder.load_arrays(snapshots[n - 1]["file"])
        if arrays is not None and ("labels" in arrays or not snapshots[n - 1]["clustered"]):
            return n
    return 0
