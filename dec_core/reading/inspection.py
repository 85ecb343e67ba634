"""A run laid open: at each of its moments, which sample lies where, how surely and since when.

    run = Inspection("runs/20261125-120000-ab12")
    last = run.at(-1)
    wrong = last.select(true="9", cluster="D")   # indices
    last.q[wrong], run.images[wrong], last.story(wrong[0])

Everything is computed from what the run's folder holds; nothing here imports TensorFlow. What takes long (neighbours,
UMAP of all samples) a worker has added: `dec_core.work.postprocess`.
"""

from __future__ import annotations

from functools import cached_property
from pathlib import Path

import numpy as np

from dec_core.analysis.decoding import decode
from dec_core.analysis.metrics import confusion
from dec_core.analysis.naming import letter, places
from dec_core.architecture import WITHOUT_NETWORK, architecture
from dec_core.config import BUNDLED
from dec_core.data import load
from dec_core.reading.moment import Moment
from dec_core.runs.folder import RunFolder
from dec_core.runs.history import History, RunReader
from dec_core.runs.images import mapped_images
from dec_core.runs.view import view_index


class Inspection:
    """One run. Arrays are read when they are asked for, and kept by the `Moment`.

    Parameters
    ----------
    folder : RunFolder or path
    history : History, optional
        Of the run, where the caller follows it anyhow.

    Attributes
    ----------
    config : RunConfig
    y : ndarray of int, shape (n,), or None
    classes : tuple of str
    noun : str
        What one sample is called, "digit" or "image".
    moments : list of dict
        Records of the snapshots, ascending.

    Raises
    ------
    ConfigError, DataError
        If the folder's config, or the data it names, cannot be read.
    """

    def __init__(self, folder: RunFolder | Path | str, history: History | None = None):
        self.folder = folder if isinstance(folder, RunFolder) else RunFolder(Path(folder).resolve())
        self.history = history or RunReader(self.folder).refresh()
        self.config = self.folder.config
        self.root = self.folder.path.parent
        data = load(self.config.dataset, self.config.n_samples, root=self.root)
        self.n, self.y, self.classes, self.image_shape = len(data.images), data.y, data.classes, data.images.shape[1:]
        self.noun = "digit" if self.config.dataset in BUNDLED else "image"
        self.moments = list(self.history.snapshots)

    @property
    def version(self) -> str:
        """Differs when moments were added, or made again after a resume, or a worker has added something."""
        files = [moment["file"] for moment in self.moments]
        return f"{self.folder.id} {files} {self.history.inspection} {self.history.umap}"

    @property
    def clustered(self) -> list[int]:
        """Numbers of the moments that have clusters, ascending."""
        return [number for number, moment in enumerate(self.moments) if moment["clustered"]]

    @cached_property
    def images(self) -> np.ndarray:
        """All images as the network saw them, uint8, (n, height, width[, 3]); a memory map."""
        return mapped_images(self.config, self.root)

    @cached_property
    def view(self) -> np.ndarray:
        """Indices of the samples that every snapshot holds, ascending."""
        return view_index(self.n)

    def at(self, number: int) -> Moment:
        """The moment of that number; -1 is the newest. Raises IndexError if there is none."""
        record = self.moments[number]
        return Moment(self, number % len(self.moments), record)

    def newest_sound(self) -> int | None:
        """The number of the newest moment whose snapshot can be read, -1 if that is the very newest; None without."""
        numbers = reversed(range(len(self.moments)))
        found = next((at for at in numbers if self.folder.load_arrays(self.moments[at]["file"]) is not None), None)
        return -1 if found == len(self.moments) - 1 else found

    @cached_property
    def places(self) -> np.ndarray:
        """The place of each cluster in the order of names and colours, int, shape (n_clusters,)."""
        if self.y is None or not self.clustered:
            return np.arange(self.config.n_clusters)
        labels = self.labels_at(self.clustered[0])
        first = confusion(self.y, labels, self.config.n_clusters) if labels is not None else None
        return places(first, self.config.n_clusters)

    @property
    def letters(self) -> list[str]:
        """The name of each cluster, by its number."""
        return [letter(int(place)) for place in self.places]

    def labels_at(self, number: int) -> np.ndarray | None:
        """The cluster of each sample at that moment, uint8, shape (n,); None before there are clusters."""
        return (self.folder.load_arrays(self.moments[number]["file"], "labels") or {}).get("labels")

    @cached_property
    def labels(self) -> np.ndarray:
        """Clusters at all moments of `clustered`: uint8, shape (n_clustered, n)."""
        found: list[np.ndarray] = []
        for number in self.clustered:
            labels = self.labels_at(number)
            if labels is None:  # a damaged snapshot: as if nothing had changed since the one before
                labels = found[-1] if found else np.zeros(self.n, np.uint8)
            found.append(labels)
        return np.array(found) if found else np.zeros((0, self.n), np.uint8)

    @cached_property
    def added(self) -> dict[str, np.ndarray]:
        """What a worker has added to the newest moment: neighbours, umap, perhaps z. Empty where it has not."""
        return (self.history.inspection and self.folder.load_arrays(self.history.inspection)) or {}

    @cached_property
    def decoder(self) -> tuple[tuple, list[np.ndarray]] | None:
        """Layers and weights for `decode`; None before training has ended, and where there is no network."""
        if self.config.method in WITHOUT_NETWORK:
            return None
        arrays = self.folder.load_arrays("decoder.npz")
        layers = architecture(self.config, self.image_shape).decoder
        return None if arrays is None else (layers, [arrays[name] for name in sorted(arrays)])

    def decode(self, z: np.ndarray) -> np.ndarray | None:
        """What the network as it ended makes of points in z: uint8, shape (m, height, width[, 3]); None without one."""
        if self.decoder is None:
            return None
        pixels = decode(np.atleast_2d(z), *self.decoder).reshape(-1, *self.image_shape)
        return np.clip(np.nan_to_num(pixels) * 255, 0, 255).astype(np.uint8)
