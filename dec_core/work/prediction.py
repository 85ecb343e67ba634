"""New images, sorted by a run that has ended."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from dec_core.analysis.assignment import CLEAR, q_by
from dec_core.analysis.metrics import confusion
from dec_core.data import load_shown
from dec_core.data.new_images import made_like
from dec_core.methods import METHODS
from dec_core.networks.saving import load_model
from dec_core.runs.folder import RunFolder
from dec_core.runs.history import last_snapshot

BATCH = 1024


@dataclass(frozen=True)
class Prediction:
    """Where new images belong.

    Attributes
    ----------
    labels : ndarray of int, shape (n,)
        Cluster of each image.
    q : ndarray of float, shape (n, n_clusters)
        Soft assignments.
    names : list of str, or None
        For each cluster the class that it was matched to ("" for none); None where the run had no labels.
    notes : list of str
        What was done to the images to make them like the run's.
    """

    labels: np.ndarray
    q: np.ndarray
    names: list[str] | None
    notes: list[str]


def predict(run: RunFolder, images: np.ndarray) -> Prediction:
    """Sort `images` by the model of a finished run, as `Predictor` does, which raises what this raises."""
    return Predictor(run)(images)


class Predictor:
    """The model of a finished run, which sorts images, uint8 of shape (n, height, width[, 3]).

    Images of another size, number of colours or background are made like the run's, and a note says so.

    Attributes
    ----------
    image_bytes : int
        What an image takes that is made like the run's.

    Raises
    ------
    ValueError
        If the run has no model yet, or its data is no longer there.
    """

    def __init__(self, run: RunFolder):
        path, self._config = run.path / "model.keras", run.config
        if not METHODS[self._config.method].places_new_images:
            raise ValueError(
                f"run_dir: {self._config.method} has no network that could place new images; name another run"
            )
        if not path.is_file():
            raise ValueError(f"run_dir: {run.path} has no model yet; let the run finish, or name another")
        data = load_shown(self._config.dataset, self._config.n_samples, root=run.path.parent)
        self._known, self._names = data.images, _names(run, data.y, data.classes)
        self.image_bytes = self._known[0].nbytes
        self._encoder, _, self._clustering = load_model(path)

    def __call__(self, images: np.ndarray) -> Prediction:
        config = self._config
        images, notes = made_like(images, self._known, upright=config.deskew)
        x = images.reshape(len(images), *self._encoder.input_shape[1:])
        parts = (x[i : i + BATCH].astype(np.float32) / 255 for i in range(0, len(x), BATCH))
        z = np.concatenate([np.asarray(self._encoder(part, training=False)) for part in parts])
        centers, prior = np.asarray(self._clustering.cluster_centers), self._clustering.prior()
        q = q_by(METHODS[config.method].q, z, centers, config.alpha, prior=prior)
        unsure = int((q.max(axis=1) < CLEAR).sum())
        if unsure:
            notes.append(
                f"{unsure} of {len(q)} lie in no cluster clearly: q is below {CLEAR:g}, so take it for no answer."
            )
        return Prediction(q.argmax(axis=1), q, self._names, notes)


def _names(run: RunFolder, y: np.ndarray | None, classes: tuple[str, ...]) -> list[str] | None:
    """The class matched to each cluster at the run's end."""
    name = last_snapshot(run)
    arrays = run.load_arrays(name) if name else None
    if y is None or not arrays or "labels" not in arrays:
        return None
    class_of = confusion(y, arrays["labels"], run.config.n_clusters).class_of
    return [classes[c] if c >= 0 else "" for c in class_of]
