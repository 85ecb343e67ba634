"""A run laid open: at each of its moments, which sample lies where, how surely and since when.

    run = Inspection("runs/20261125-120000-ab12")
    last = run.at(-1)
    wrong = last.select(true="9", cluster="D")   # indices
    last.q[wrong], run.images[wrong], last.story(wrong[0])

Everything is computed from what the run's folder holds; nothing here imports TensorFlow. What takes long (neighbours,
UMAP of all samples) a worker has added: `dec_core.runs.afterwards`.
"""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from dec_core.analysis.assignment import soft_assignment, target_distribution
from dec_core.analysis.decoding import decode
from dec_core.analysis.inspection import Rivals, inside, last_change, most_telling, rivals, straight_path, unsettled
from dec_core.analysis.metrics import Confusion, classes_of_clusters, confusion
from dec_core.analysis.naming import letter, places
from dec_core.analysis.story import story
from dec_core.architecture import WITHOUT_NETWORK, architecture
from dec_core.config import BUNDLED
from dec_core.data import load
from dec_core.runs.folder import RunFolder
from dec_core.runs.history import History, RunReader
from dec_core.runs.images import mapped_images
from dec_core.runs.selection import Selection, SelectionError
from dec_core.runs.view import view_index

CHUNK = 4096  # rows of images that are compared with the centers at a time


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
        """Clusters at all moments that have any: uint8, shape (n_clustered, n)."""
        found = [self.labels_at(number) for number in self.clustered]
        kept = [labels for labels in found if labels is not None]
        return np.array(kept) if kept else np.zeros((0, self.n), np.uint8)

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
            raise ValueError(f"{self.run.folder.path / self.file}: the snapshot is damaged; choose another moment")
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
        centers, alpha = self.arrays["cluster_centers"], self.run.config.alpha
        for start in range(0, len(self.rows), CHUNK):
            rows = self.rows[start : start + CHUNK]
            q[rows] = soft_assignment(self.z(rows), centers, alpha)
        return q

    @cached_property
    def p(self) -> np.ndarray:
        """The sharpened target (DEC, equation 3), float32, shape (n, n_clusters); NaN where z is not known."""
        p = np.full_like(self.q, np.nan)
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
        return None if self.confusion is None else classes_of_clusters(self.confusion)

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
        """Who changed cluster since the moment before, bool, shape (n,)."""
        if len(self.history) < 2:
            return np.zeros(self.run.n, dtype=bool)
        return self.history[-1] != self.history[-2]

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
        """All samples in a plane, float32, shape (n, 2); NaN where they are not known. Raises SelectionError."""
        plane = np.full((self.run.n, 2), np.nan, dtype=np.float32)
        found = self._umap() if space == "umap" else None
        if found is not None:
            plane[self.run.view if len(found) < self.run.n else slice(None)] = found
        elif space in ("umap", "pca"):
            self._fill_pca(plane)
        else:
            first, second = self._dimensions(space)
            for start in range(0, len(self.rows), CHUNK):
                rows = self.rows[start : start + CHUNK]
                plane[rows] = self.z(rows)[:, [first, second]]
        return plane

    def _fill_pca(self, plane: np.ndarray) -> None:
        """The plane that the snapshot has made of the view, and by its axes the rest, where z of it is known."""
        if "axes" in self.arrays and len(self.rows) == self.run.n:
            z = self.z(self.rows)
            plane[self.rows] = (z - z[self.run.view].mean(axis=0)) @ self.arrays["axes"]
        else:
            plane[self.run.view] = self.arrays["plane"]

    def _dimensions(self, space: str) -> tuple[int, int]:
        parts = space.removeprefix("z").split(",z")
        latent_dim = self.arrays["z"].shape[1]
        if len(parts) != 2 or not all(part.isdigit() and int(part) < latent_dim for part in parts):
            raise SelectionError(
                f"space: received {space!r}, expected umap, pca or two of z0 to z{latent_dim - 1}, as z0,z1"
            )
        return int(parts[0]), int(parts[1])

    # -- selecting

    def select(self, selection: Selection | None = None, /, *, order: str = "index", **filters: Any) -> np.ndarray:
        """Indices of the samples that pass all filters, int, shape (m,).

        Parameters
        ----------
        selection : Selection, optional
            Or its fields by name: `select(true="9", side="wrong")`.
        order : str
            As in `dec_core.analysis.inspection.most_telling`.

        Raises
        ------
        SelectionError
            If a filter names a class, cluster, moment or projection that the run does not have.
        """
        chosen = selection if selection is not None else Selection(**filters)
        found = np.flatnonzero(self.mask(chosen))
        if order == "index" or self.labels is None:
            return found
        return most_telling(order, self.confidence, self.distance, self.wrong, found)

    def mask(self, selection: Selection) -> np.ndarray:
        """Whether each sample passes, bool, shape (n,). Raises as `select` does."""
        passing = np.ones(self.run.n, dtype=bool)
        for part in self._parts(selection):
            passing &= part
        return passing

    def _parts(self, wanted: Selection):
        run = self.run
        if wanted.index:
            by_index = np.zeros(run.n, dtype=bool)
            by_index[[number for number in wanted.index if number < run.n]] = True
            yield by_index
        if wanted.true:
            yield run.y == self._class(wanted.true)
        if wanted.lasso:
            with np.errstate(invalid="ignore"):
                yield inside(np.reshape(wanted.lasso, (-1, 2)), self.plane(wanted.space))
        if self.labels is None:
            return  # nothing below has a meaning before there are clusters
        if wanted.cluster:
            yield self.labels == self._cluster(wanted.cluster)
        if wanted.second:
            yield self.rivals.second == self._cluster(wanted.second)
        if wanted.side and self.wrong is not None:
            yield self.wrong == (wanted.side == "wrong")
        if (wanted.least, wanted.most) != (0.0, 1.0):
            shown = np.round(self.confidence, 4)  # a range that ends at 1 takes what rounding made more
            yield (shown >= wanted.least) & (shown <= wanted.most)
        if wanted.changed:
            yield self.changed
        if wanted.unsettled:
            yield self.unsettled
        if wanted.was:
            yield self._labels_then(wanted.since) == self._cluster(wanted.was)

    def _class(self, name: str) -> int:
        if self.run.y is None or name not in self.run.classes:
            known = ", ".join(self.run.classes) if self.run.y is not None else "none, for labels are not known"
            raise SelectionError(f"true: received {name!r}, the classes are {known}")
        return self.run.classes.index(name)

    def _cluster(self, name: str) -> int:
        letters = self.run.letters
        if name not in letters:
            raise SelectionError(f"cluster: received {name!r}, expected one of {', '.join(sorted(letters))}")
        return letters.index(name)

    def _labels_then(self, number: int) -> np.ndarray:
        labels = self.run.labels_at(number) if number < len(self.run.moments) else None
        if labels is None:
            raise SelectionError(
                f"since: received moment {number}, expected one that has clusters: {self.run.clustered}"
            )
        return labels

    # -- one sample

    def neighbours(self, index: int, n: int = 5) -> np.ndarray:
        """The samples nearest in z to one sample, itself left out, int, shape (n,).

        As the worker found them, or where it has not, by comparing with all whose z is known.
        """
        if self.newest and "neighbours" in self.run.added:
            return self.run.added["neighbours"][index, :n]
        apart = np.concatenate([
            np.linalg.norm(self.z(self.rows[i : i + CHUNK]) - self.z(index), axis=1)
            for i in range(0, len(self.rows), CHUNK)
        ])  # fmt: skip
        apart = np.where(self.rows == index, np.inf, apart)
        return self.rows[np.argsort(apart, kind="stable")[:n]] if np.isfinite(apart).any() else np.zeros(0, int)

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
            second=self.name_of(second),
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
