"""Groups that are unlike all the others: images that may be none of what was meant to be grouped.

A group's gap is how far its images are from the nearest image outside of it, as a multiple of what is usual among the
groups. Digits, whichever they are, lie .8 to 1.2 apart, clothes likewise; clothes or noise among digits, 1.5 and more.
Images in no group are asked about together, as strangers may be too few for a group. No labels are looked at. What is
unlike the others by its meaning alone is not found.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from sklearn.neighbors import NearestNeighbors

UNLIKE = 1.35  # between the gaps that were seen, of the first subsets: docs/how-many.md has others
FEWEST = 3  # groups: what is usual cannot be said of two
LEAST = 20  # images in no group that are told of


@dataclass(frozen=True)
class StrangeGroup:
    """Images that are far from all others: a group, or those in none.

    Attributes
    ----------
    is_group : bool
    gap : float
        How far, as a multiple of the median over the groups.
    images : ndarray of int, shape (n_images,)
        Its images, by falling distance from the nearest image of another group.
    """

    is_group: bool
    gap: float
    images: np.ndarray

    def in_words(self) -> str:
        """What it may mean, in a sentence."""
        n, far = len(self.images), f"unlike all the others ({self.gap:.1f} times as far from them as groups are apart)"
        if self.is_group:
            return f"A group of {n} images is {far}: it may be none of what you want to group."
        return f"{n} images in no group are {far}: they may be none of what you want to group."


def distances_to_others(features: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """How far each image is from the nearest one that is not in its group.

    Parameters
    ----------
    features : ndarray, shape (n, d)
        What images are compared by.
    labels : ndarray of int, shape (n,)
        Groups; those in none, -1, count as one.

    Returns
    -------
    ndarray of float, shape (n,)
        Euclidean distances; NaN where there is no other group.
    """
    distances = np.full(len(labels), np.nan)
    for group in np.unique(labels):
        members = labels == group
        if not members.all():
            nearest = NearestNeighbors(n_neighbors=1, algorithm="brute").fit(features[~members])
            distances[members] = nearest.kneighbors(features[members])[0][:, 0]
    return distances


def gaps(distances: np.ndarray, labels: np.ndarray) -> dict[int, float]:
    """The gap of each group, and of those in none, -1, by `distances_to_others`; the groups' have the median 1."""
    typical = {group: float(np.median(distances[labels == group])) for group in np.unique(labels).tolist()}
    usual = float(np.median([distance for group, distance in typical.items() if group >= 0]))
    return {group: distance / max(usual, 1e-300) for group, distance in typical.items()}


def strange_groups(features: np.ndarray, labels: np.ndarray) -> tuple[StrangeGroup, ...]:
    """What is unlike all the others, the farthest first; nothing where there are fewer than three groups.

    Arguments as above. Those in no group are told only if they are 20 or more.
    """
    if len(np.unique(labels[labels >= 0])) < FEWEST:
        return ()
    distances, found = distances_to_others(features, labels), []
    for group, gap in gaps(distances, labels).items():
        members = np.flatnonzero(labels == group)
        if gap >= UNLIKE and (group >= 0 or len(members) >= LEAST):
            farthest_first = np.argsort(-distances[members], kind="stable")
            found.append(StrangeGroup(group >= 0, gap, members[farthest_first]))
    return tuple(sorted(found, key=lambda each: -each.gap))
