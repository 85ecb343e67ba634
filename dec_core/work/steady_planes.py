"""Planes that stay fixed while a run is played back: one for its pretraining, one for its clustering.

Each snapshot has a plane of its own, which turns with it. Here all snapshots of a stage share the axes of one PCA, and
those of the pretraining are turned so that its last snapshot lies as the first of the clustering does.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy.linalg import orthogonal_procrustes

from dec_core.analysis.projection import extent, shared_pca_axes
from dec_core.methods import METHODS
from dec_core.runs.folder import RunFolder
from dec_core.runs.history import RunReader
from dec_core.runs.subset import view_index

Embeddings = dict[bool, list[np.ndarray]]  # z of the view, (n_view, latent_dim), by whether clusters had formed


class Plane(NamedTuple):
    """A map from z to two numbers: (z - middle) @ axes. Shapes (latent_dim,) and (latent_dim, 2)."""

    middle: np.ndarray
    axes: np.ndarray

    def of(self, z: np.ndarray) -> np.ndarray:
        """(n, latent_dim) -> (n, 2)."""
        return (z.astype(np.float32) - self.middle) @ self.axes


def steady_planes(folder: RunFolder) -> dict[str, np.ndarray]:
    """For each snapshot the middle (latent_dim,) and axes (latent_dim, 2) of the map from z to its stage's plane.

    And what part of the plane is shown: middle and reach, (4,). Nothing for a run without a network, which has one
    snapshot, nor where one is damaged: its plane can be no part of it.
    """
    if not METHODS[folder.config.method].has_network:
        return {}
    snapshots = RunReader(folder).refresh().snapshots
    stages = _embeddings(folder, snapshots)
    if stages is None:
        return {}
    planes = _planes(stages)
    extents = {clustered: _extent(plane, stages[clustered]) for clustered, plane in planes.items()}
    order = [record["clustered"] for record in snapshots]
    return {
        "middles": np.array([planes[clustered].middle for clustered in order], dtype=np.float32),
        "axes": np.array([planes[clustered].axes for clustered in order], dtype=np.float32),
        "extents": np.array([extents[clustered] for clustered in order], dtype=np.float32),
    }


def _embeddings(folder: RunFolder, snapshots: list[dict]) -> Embeddings | None:
    """z of the view at each snapshot, by stage; None if one cannot be read."""
    stages: Embeddings = {False: [], True: []}
    for record in snapshots:
        arrays = folder.load_arrays(record["file"], "z", "plane")
        if arrays is None:
            return None
        z, n_view = arrays["z"], len(arrays["plane"])
        stages[record["clustered"]].append(z if len(z) == n_view else z[view_index(len(z))])
    return {clustered: embeddings for clustered, embeddings in stages.items() if embeddings}


def _planes(stages: Embeddings) -> dict[bool, Plane]:
    """One for each stage; where there are two, the first is turned onto the second."""
    planes = {clustered: Plane(*shared_pca_axes(embeddings)) for clustered, embeddings in stages.items()}
    if len(planes) == 2:
        turn, _ = orthogonal_procrustes(planes[False].of(stages[False][-1]), planes[True].of(stages[True][0]))
        planes[False] = Plane(planes[False].middle, (planes[False].axes @ turn).astype(np.float32))
    return planes


def _extent(plane: Plane, embeddings: list[np.ndarray]) -> np.ndarray:
    """Middle and reach of what all snapshots of a stage show, (4,)."""
    return np.concatenate(extent(np.concatenate([plane.of(z) for z in embeddings])))
