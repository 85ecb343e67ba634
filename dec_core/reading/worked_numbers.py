"""The numbers behind one sample, step by step: distances, weights, q; q² / f, p; its KL; its reconstruction error.

Arrays in, a `WorkedNumbers` out; `worked_numbers` takes them from a snapshot.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from dec_core.analysis.assignment import soft_assignment
from dec_core.analysis.forward import forward
from dec_core.methods import METHODS
from dec_core.reading.snapshot import Snapshot

TINY = 1e-12  # as in training: no logarithm of 0


@dataclass(frozen=True, eq=False)
class Target:
    """From q to p, and from both to the loss, for one sample.

    Attributes
    ----------
    sizes : ndarray of float, shape (n_clusters,)
        f_j: q of all samples, added up.
    weights : ndarray of float, shape (n_clusters,)
        q² / f_j.
    p : ndarray of float, shape (n_clusters,)
        The weights, divided by their sum (DEC, equation 3).
    terms : ndarray of float, shape (n_clusters,)
        p log(p / q): their sum is the sample's KL(p || q) (DEC, equation 2).
    """

    sizes: np.ndarray
    weights: np.ndarray
    p: np.ndarray
    terms: np.ndarray


@dataclass(frozen=True, eq=False)
class WorkedNumbers:
    """What leads from one sample's z to its q, p and losses.

    Attributes
    ----------
    z : ndarray of float, shape (latent_dim,)
    distances : ndarray of float, shape (n_clusters,)
        From z to each center.
    kernels : ndarray of float, shape (n_clusters,), or None
        (1 + distance² / alpha) ** (-(alpha + 1) / 2); None where q does not follow from distances.
    q : ndarray of float, shape (n_clusters,)
        The kernels, divided by their sum (DEC, equation 1).
    target : Target or None
        None where p is not known.
    error : float or None
        Mean squared difference between the image and what the decoder makes of z, with pixels from 0 to 1; None
        without a decoder.
    """

    z: np.ndarray
    distances: np.ndarray
    kernels: np.ndarray | None
    q: np.ndarray
    target: Target | None
    error: float | None


def worked(
    z: np.ndarray, centers: np.ndarray, alpha: float, *, kept_q: np.ndarray | None = None,
    sizes: np.ndarray | None = None, image: np.ndarray | None = None, reconstruction: np.ndarray | None = None,
) -> WorkedNumbers:  # fmt: skip
    """All numbers of one sample.

    Parameters
    ----------
    z : ndarray, shape (latent_dim,)
    centers : ndarray, shape (n_clusters, latent_dim)
    alpha : float
        Degrees of freedom of Student's t.
    kept_q : ndarray, shape (n_clusters,), optional
        q where it does not follow from the distances.
    sizes : ndarray, shape (n_clusters,), optional
        f_j; without them there is no target.
    image, reconstruction : ndarray of the same shape, optional
        Pixels from 0 to 1.
    """
    z, centers = np.asarray(z, float), np.asarray(centers, float)
    squared = ((centers - z) ** 2).sum(axis=1)
    kernels = None if kept_q is not None else (1 + squared / alpha) ** (-(alpha + 1) / 2)
    q = soft_assignment(z[None], centers, alpha)[0] if kept_q is None else np.asarray(kept_q, float)
    target = None if sizes is None else _target(q, np.asarray(sizes, float))
    error = None if image is None or reconstruction is None else float(np.mean((image - reconstruction) ** 2))
    return WorkedNumbers(z, np.sqrt(squared), kernels, q, target, error)


def _target(q: np.ndarray, sizes: np.ndarray) -> Target:
    weights = np.divide(q**2, sizes, out=np.zeros_like(q), where=sizes > 0)
    p = weights / weights.sum()
    return Target(sizes, weights, p, p * np.log((p + TINY) / (q + TINY)))


def worked_numbers(now: Snapshot, index: int) -> WorkedNumbers | None:
    """All numbers of sample `index` at a snapshot that has clusters; None where its z or q is not known there."""
    run, z = now.run, now.z(index)
    if np.isnan(z).any() or np.isnan(now.q[index]).any():
        return None
    follows = METHODS[run.config.method].q == "student_t"  # from distances alone
    image, reconstruction = (run.images[index] / 255, _decoded(now, z)) if _has_decoder(now) else (None, None)
    return worked(
        z, now.centers, run.config.alpha, kept_q=None if follows else now.q[index],
        sizes=now.soft_sizes if _knows_target(now) else None, image=image, reconstruction=reconstruction,
    )  # fmt: skip


def _knows_target(now: Snapshot) -> bool:
    shows_target = METHODS[now.run.config.method].shows_target
    return shows_target and not now.holds_first_target and bool(np.isfinite(now.soft_sizes).all())


def _has_decoder(now: Snapshot) -> bool:
    """Whether the decoder of this snapshot is kept: that of the end alone."""
    return now.newest and now.run.decoder is not None


def _decoded(now: Snapshot, z: np.ndarray) -> np.ndarray:
    """The decoder's output, not rounded to 256 grays, in the shape of the image."""
    return forward(z[None], *now.run.decoder).reshape(now.run.image_shape)


def rounded(values: np.ndarray, decimals: int) -> np.ndarray:
    """Values rounded so that they add up to their rounded sum: those nearest to the next step up go up.

    Each differs from the value by less than one in its last place.
    """
    steps = np.asarray(values, float) * 10**decimals
    down = np.floor(steps)
    lacking = round(float(steps.sum())) - int(down.sum())
    down[np.argsort(down - steps, kind="stable")[:lacking]] += 1
    return down / 10**decimals
