"""Where a run places an image that is not in it: its z, its q, its neighbours, what the decoder makes of it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from dec_core.analysis.assignment import q_by
from dec_core.analysis.blas_threads import one_blas_thread
from dec_core.data.deskew import deskew
from dec_core.methods import METHODS
from dec_core.reading.snapshot import Snapshot

N_NEIGHBORS = 5


@dataclass(frozen=True, eq=False)
class Placed:
    """One image, as a run at its end places it.

    Attributes
    ----------
    image : ndarray of uint8, shape (height, width)
        As the network sees it: upright, where the run deskews.
    z : ndarray of float32, shape (latent_dim,)
    q : ndarray of float, shape (n_clusters,)
        Soft assignment (DEC, equation 1).
    distances : ndarray of float, shape (n_clusters,)
        From z to each center.
    reconstruction : ndarray of uint8, shape (height, width)
    neighbours : ndarray of int, shape (5,)
        The samples of the run nearest in z, the nearest first.
    place : ndarray of float, shape (2,), or None
        On the map: the middle of its neighbours', since UMAP places no new points. None without a map.
    """

    image: np.ndarray
    z: np.ndarray
    q: np.ndarray
    distances: np.ndarray
    reconstruction: np.ndarray
    neighbours: np.ndarray
    place: np.ndarray | None

    @property
    def cluster(self) -> int:
        """The number of the cluster with the largest q."""
        return int(self.q.argmax())


def can_place(now: Snapshot) -> bool:
    """Whether a run has all that it takes: clusters, an encoder and a decoder; images of one size, without colours."""
    run = now.run
    assigns = not METHODS[run.config.method].keeps_q
    return bool(now.clustered and assigns and len(run.image_shape) == 2 and run.encoder and run.decoder)


def placed(now: Snapshot, image: np.ndarray) -> Placed:
    """Where the run, at its last snapshot, places an image of the size of its own.

    Parameters
    ----------
    now : Snapshot
        The last one: the networks are those of the end.
    image : ndarray of uint8, shape (height, width)

    Raises
    ------
    ValueError
        If the image has another shape, or the run cannot place any.
    """
    if not can_place(now):
        raise ValueError("run: it has no network that could place an image; choose one that has finished training")
    if image.shape != now.run.image_shape:
        raise ValueError(f"image: received {image.shape}, expected {now.run.image_shape} as the run's images")
    with (
        one_blas_thread()
    ):  # for one image, several would rather wait for each other: a third of the time on busy cores
        return _placed(now, image)


def _placed(now: Snapshot, image: np.ndarray) -> Placed:
    run = now.run
    upright = deskew(image[None])[0] if run.config.deskew else image
    z = run.encode(upright[None])[0]
    centers = now.arrays["cluster_centers"].astype(np.float64)
    q = q_by(METHODS[run.config.method].q, z[None].astype(np.float64), centers, run.config.alpha, prior=now.prior)[0]
    squares = np.concatenate([((now.z(rows) - z) ** 2).sum(axis=1) for rows in now.in_chunks()])
    near = np.argsort(squares)[:N_NEIGHBORS]
    space = next(iter(now.spaces()), None)
    place = None if space is None else np.asarray(now.plane(space)[near], np.float64).mean(axis=0)
    distances = np.sqrt(((centers - z) ** 2).sum(axis=1))
    return Placed(upright, z, q, distances, run.decode(z)[0], near, place)
