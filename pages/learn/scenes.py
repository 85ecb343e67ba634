"""Points in a plane, and where centers begin among them: well, two on one group, or one far from all."""

from __future__ import annotations

import numpy as np

N_POINTS = 200
SPREAD = 0.85  # standard deviation of a group; groups lie four to six apart and touch one another
GROUPS = {  # the middle of each, by how many there are; the second and the third are neighbours
    3: [(-2.6, 1.1), (2.4, 1.2), (0.3, -1.7)],
    4: [(-2.2, 1.3), (2.0, 1.5), (2.4, -1.2), (-1.8, -1.6)],
    5: [(-3.4, 1.5), (0.2, 1.9), (3.5, 1.2), (2.1, -1.7), (-1.9, -1.6)],
}
CORNER = (5.6, 3.0)


def points(n_groups: int, seed: int) -> np.ndarray:
    """Points of float64, shape (200, 2), group by group."""
    group = np.arange(N_POINTS) * n_groups // N_POINTS
    return np.array(GROUPS[n_groups])[group] + np.random.default_rng(seed).normal(0, SPREAD, (N_POINTS, 2))


def centers(start: str, n_groups: int, seed: int) -> np.ndarray:
    """Where the centers begin, shape (n_groups, 2): `start` is good, merged or far."""
    middles = np.array(GROUPS[n_groups])
    placed = middles + np.random.default_rng(seed + 1).normal(0, 0.3, middles.shape)
    if start == "merged":
        placed[0], placed[1] = middles[0] + (-0.1, 0.35), middles[0] + (0.15, -0.4)
        placed[2] = middles[1:3].mean(axis=0)
    elif start == "far":
        placed[-1] = CORNER
    return placed
