"""How many groups there are among images, without labels: a density tree over the UMAP, its borders by the images.

Two questions are asked that do not depend on each other:

- *Which groups does the density tree have*, if a group holds at least so many images? The smallest size goes from one
  in a hundred images to one in ten. A number of groups that is right is found for many of these sizes: it has a large
  share of them, counted by their logarithm (`dec_core.analysis.density_tree`, over the UMAP of `umap_gmm`).
- *Are they apart?* In the graph of nearest neighbours among the images, which knows no UMAP, the border between two
  groups cuts fewer edges than the best cut through either of them. Both are measured by their conductance, as in
  `dec_core.analysis.merge_split_check`. With b that of a border and c that of the better cut through the two groups at
  its sides, the separation is the least c / (b + c) of all borders: near 1 for islands, 1/2 where a border is nothing
  else than one more cut through a group, below where two groups were taken for one.

A number's score is its share times its separation, and all scores sum to one. The largest decides. How often it is
right was measured: docs/how-many.md. Of its groups, those that are unlike all the others are told as such
(`dec_core.analysis.strange_groups`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
from scipy import sparse

from dec_core.analysis.density_tree import density_tree
from dec_core.analysis.merge_split_check import N_NEIGHBORS, best_cut, borders, graph_of
from dec_core.analysis.strange_groups import StrangeGroup, strange_groups
from dec_core.analysis.umap_gmm import NeighbourGraph, compare, lay_out
from dec_core.analysis.verdict import thousands
from dec_core.architecture import is_one_line
from dec_core.even_part import even_part

FEWEST = 50  # images
MOST = 10_000  # images that are looked at, evenly spread
LAYOUT_NEIGHBORS = 10  # of each image, in UMAP; itself the first
SMALLEST, LARGEST = 0.01, 0.1  # shares of the images: between them lies the smallest size of a group
LEAST = 20  # images, in any group: fewer may be no more than one another's neighbours in UMAP
N_SIZES = 24
LEAST_OF_ONE = 0.2  # of a group: a cut that takes less is no cut through it
ALONE = 0.5  # separation of a single group, which has no border


@dataclass(frozen=True)
class Candidate:
    """A number of groups that the tree has for some smallest size.

    Attributes
    ----------
    n_clusters : int
    score : float
        0..1; those of all candidates sum to one.
    share : float
        Of all smallest sizes, by logarithm: 0..1.
    separation : float
        0..1, see above; the mean over those sizes.
    sizes : (int, int)
        The least and the greatest smallest size for which it was found, in images.
    labels : ndarray of int, shape (n_seen,)
        The groups by falling size, -1 for none, of that of its clusterings with the highest score.
    """

    n_clusters: int
    score: float
    share: float
    separation: float
    sizes: tuple[int, int]
    labels: np.ndarray

    def to_dict(self) -> dict[str, Any]:
        """As a record, with the sizes of its groups instead of the labels."""
        names = ("n_clusters", "score", "share", "separation", "sizes")
        group_sizes = np.bincount(self.labels[self.labels >= 0]).tolist()
        return {**{name: getattr(self, name) for name in names}, "group_sizes": group_sizes}


@dataclass(frozen=True)
class Change:
    """What differs between two candidates: groups of the one with more that are one group of the other, or in none.

    Attributes
    ----------
    parts : tuple of int
        Groups of the finer one.
    whole : int
        The group of the coarser one that most of their images are in; -1 where most are in none.
    n_images : tuple of int
        The sizes of the parts.
    """

    parts: tuple[int, ...]
    whole: int
    n_images: tuple[int, ...]

    def in_words(self) -> str:
        """As half a sentence: which groups merge, by their sizes."""
        sizes = [str(size) for size in self.n_images]
        listed = f"{', '.join(sizes[:-1])} and {sizes[-1]}" if len(sizes) > 1 else sizes[0]
        if len(sizes) == 1:
            return f"a group of {listed} images is too small"
        return f"groups of {listed} images {'become one' if self.whole >= 0 else 'are too small'}"


@dataclass(frozen=True)
class HowMany:
    """All candidates, by rising number of groups.

    Attributes
    ----------
    candidates : tuple of Candidate
    n_seen : int
        How many images were looked at.
    strange : tuple of StrangeGroup
        Of the best candidate's groups, and of the images in none, what is unlike all the others; by rows of x.
    """

    candidates: tuple[Candidate, ...]
    n_seen: int
    strange: tuple[StrangeGroup, ...] = ()

    @property
    def best(self) -> Candidate:
        """The candidate with the highest score; of equals, the one with fewer groups."""
        return max(self.candidates, key=lambda candidate: candidate.score)

    @property
    def n_clusters(self) -> int:
        """The number of groups with the highest score."""
        return self.best.n_clusters

    def in_words(self) -> str:
        """The best number in a sentence, and how near the next best comes."""
        best, *others = sorted(self.candidates, key=lambda candidate: candidate.score, reverse=True)
        next_best = f"; next comes {others[0].n_clusters} ({others[0].score:.2f})" if others else ""
        groups = "1 group is" if best.n_clusters == 1 else f"{best.n_clusters} groups are"
        return f"{groups} the best answer, among {thousands(self.n_seen)} images (score {best.score:.2f}){next_best}."

    def to_dict(self) -> dict[str, Any]:
        """As a record: the best number, who is strange, and of all candidates all but which image is in which group."""
        return {
            "n_clusters": self.n_clusters,
            "n_seen": self.n_seen,
            "strange": [asdict(each) | {"images": each.images.tolist()} for each in self.strange],
            "candidates": [candidate.to_dict() for candidate in self.candidates],
            "changes": [
                {"from": fine.n_clusters, "to": coarse.n_clusters, "changes": [asdict(change) for change in changes]}
                for coarse, fine, changes in self.changes()
            ],
        }

    def at_least_two(self) -> int:
        """`n_clusters`, to train with. Raises ValueError where the images are one group."""
        if self.n_clusters < 2:
            raise ValueError(
                f"n_clusters: received auto, but the {self.n_seen} images look like one group; give 2 or more"
            )
        return self.n_clusters

    def changes(self) -> list[tuple[Candidate, Candidate, list[Change]]]:
        """Of each two neighbouring candidates, the coarser one, the finer one, and what differs."""
        pairs = zip(self.candidates, self.candidates[1:], strict=False)
        return [(coarse, fine, changes(coarse.labels, fine.labels)) for coarse, fine in pairs]


def how_many(
    x: np.ndarray,
    image_shape: Sequence[int],
    random_state: int = 0,
    tell: Callable[[str], None] = lambda status: None,
) -> HowMany:
    """Look for the number of groups among images, compared by the directions of their strokes; lines by pixels.

    Parameters
    ----------
    x : ndarray of uint8 or float32, shape (n, n_features)
        Of more than 10 000, an even part is looked at.
    image_shape : (height, width) or (height, width, channels)
    random_state : int
        That of UMAP. The same seed gives the same result.
    tell : callable
        Called with the current step in words, whenever that changes.

    Raises
    ------
    ValueError
        If there are fewer than 50 images, or fewer than 50 different ones are looked at.
    """
    if len(x) < FEWEST:
        raise ValueError(
            f"n_clusters: received auto and {len(x)} images, expected {FEWEST} or more; give a number of clusters"
        )
    seen = even_part(len(x), MOST)
    part = x[seen]
    _check_different(part)
    tell("images are compared")
    features = "pixels" if is_one_line(image_shape) else "gradients"
    images = compare(part, N_NEIGHBORS + 1, features, image_shape)
    z = embed(images, random_state, tell)
    tell("groups are counted")
    found = count_groups(z, graph_of(images.near[0]))
    strange = strange_groups(images.reduced, found.best.labels)
    return replace(found, strange=tuple(replace(group, images=seen[group.images]) for group in strange))


def _check_different(x: np.ndarray) -> None:
    """Raise ValueError where images are copies of so few that each has no neighbours but its own copies."""
    different: set[bytes] = set()
    for row in x:
        different.add(row.tobytes())
        if len(different) == FEWEST:  # so that no more than these are copied
            return
    what = "that are all alike" if len(different) == 1 else f"of which only {len(different)} are different"
    raise ValueError(
        f"n_clusters: received auto and {len(x)} images {what}, expected {FEWEST} or more different ones; "
        "give others, or a number of clusters"
    )


def embed(
    images: NeighbourGraph, random_state: int = 0, tell: Callable[[str], None] = lambda status: None
) -> np.ndarray:
    """The UMAP in which `how_many` counts, float32 of shape (n, 10), from fewer neighbours than the graph has."""
    indices, distances = images.near
    fewer = NeighbourGraph(images.reduced, (indices[:, :LAYOUT_NEIGHBORS], distances[:, :LAYOUT_NEIGHBORS]))
    return lay_out(fewer, random_state, tell)


def count_groups(z: np.ndarray, graph: sparse.csr_matrix) -> HowMany:
    """The numbers of groups that samples may have, and their scores.

    Parameters
    ----------
    z : ndarray, shape (n, d)
        Where density is measured.
    graph : sparse matrix, shape (n, n)
        By which borders are measured: symmetric, without loops, as of `graph_of`.

    Raises
    ------
    ValueError
        If no number of groups has a score, as all groups fall apart in the graph.
    """
    sizes = smallest_sizes(len(z))
    shares = np.gradient(np.log(sizes)) if len(sizes) > 1 else np.ones(1)
    separated, tree = _Separation(graph), density_tree(z)
    found: dict[int, list[tuple[float, float, int, np.ndarray]]] = {}
    for size, share in zip(sizes.tolist(), shares / shares.sum(), strict=True):
        labels = tree.groups(size)
        found.setdefault(int(labels.max()) + 1, []).append((share, separated(labels), size, labels))
    total = sum(share * separation for rows in found.values() for share, separation, *_ in rows)
    if not total:
        raise ValueError(
            "n_clusters: received auto, but all groups fall apart, as where most images are copies of others; "
            "leave the copies out, or give a number of clusters"
        )
    return HowMany(tuple(_candidate(k, found[k], total) for k in sorted(found)), len(z))


def smallest_sizes(n: int) -> np.ndarray:
    """The sizes that the smallest group may have, among n samples: int, ascending, at even steps of their logarithm."""
    low = max(LEAST, SMALLEST * n)
    return np.unique(np.geomspace(low, max(low, LARGEST * n), N_SIZES).round().astype(int))


def _candidate(n_clusters: int, rows: list[tuple[float, float, int, np.ndarray]], total: float) -> Candidate:
    share, score = sum(row[0] for row in rows), sum(row[0] * row[1] for row in rows)
    sizes = [row[2] for row in rows]
    labels = max(rows, key=lambda row: row[0] * row[1])[3]
    span = min(sizes), max(sizes)
    return Candidate(n_clusters, float(score / total), float(share), float(score / share), span, labels)


class _Separation:
    """The separation of a clustering in a graph; cuts through groups that it has met before are known."""

    def __init__(self, graph: sparse.csr_matrix):
        self._graph = graph
        self._known: dict[bytes, float] = {}

    def __call__(self, labels: np.ndarray) -> float:
        n_groups = int(labels.max()) + 1
        if n_groups < 2:
            return ALONE
        inside = np.flatnonzero(labels >= 0)
        border = borders(self._graph[inside][:, inside], labels[inside], n_groups)
        cuts = np.array([self._cut(np.flatnonzero(labels == group)) for group in range(n_groups)])
        better = np.minimum.outer(cuts, cuts)
        return float((better / np.maximum(border + better, 1e-12)).min())

    def _cut(self, members: np.ndarray) -> float:
        key = members.tobytes()
        if key not in self._known:
            self._known[key] = best_cut(self._graph, members, int(LEAST_OF_ONE * len(members))).conductance
        return self._known[key]


def changes(coarse: np.ndarray, fine: np.ndarray) -> list[Change]:
    """Which groups of a finer clustering are one group of a coarser one, or in none of them.

    Parameters
    ----------
    coarse, fine : ndarray of int, shape (n,)
        Groups of the same samples, -1 for none.
    """
    sizes = np.bincount(fine[fine >= 0])
    wholes = [int(np.bincount(coarse[fine == group] + 1).argmax()) - 1 for group in range(len(sizes))]
    found = []
    for whole in sorted(set(wholes)):
        parts = tuple(group for group, of in enumerate(wholes) if of == whole)
        if len(parts) > 1 or whole < 0:
            found.append(Change(parts, whole, tuple(int(sizes[part]) for part in parts)))
    return found
