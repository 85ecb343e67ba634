"""Groups as islands of density: the tree of HDBSCAN, built once and read for any smallest size of a group.

Let the sea fall from the highest peak of the density to the floor. Islands appear, grow, and become one where the
water leaves the pass between them. An island that is smaller than `least` when it meets another is only a part of
that. A group is an island that keeps its shape for longest: of an island and those that it is made of, whichever has
more *excess of mass*, the sum over its samples of how much density lies between where they join it and where it ends
(Campello, Moulavi and Sander, *Density-Based Clustering Based on Hierarchical Density Estimates*, 2013).

Density is one over a distance: two samples are tied at max(d(a, b), core(a), core(b)), where core is the distance to
the fifth sample, itself the first. scikit-learn's `HDBSCAN` finds the same groups, and would build the tree anew for
each size.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from sklearn.neighbors import NearestNeighbors

MIN_SAMPLES = 5  # the sample itself and four others
CLOSEST = 1e-12  # two samples at one place: a density that is no infinity


@dataclass(frozen=True)
class DensityTree:
    """Every merge of islands, by falling density; nodes 0..n - 1 are samples, n + i is what merge i makes.

    Attributes
    ----------
    children : ndarray of int, shape (n - 1, 2)
        The two nodes of each merge.
    density : ndarray of float, shape (n - 1,)
        One over the distance at which they merge; falling.
    size : ndarray of int, shape (2 * n - 1,)
        Samples below each node.
    order, first : ndarray of int, shape (n,) and (2 * n - 1,)
        The samples below a node are order[first : first + size].
    """

    children: np.ndarray
    density: np.ndarray
    size: np.ndarray
    order: np.ndarray
    first: np.ndarray

    def groups(self, least: int) -> np.ndarray:
        """The groups of at least `least` samples, by excess of mass.

        Parameters
        ----------
        least : int
            2 or more.

        Returns
        -------
        labels : ndarray of int, shape (n,)
            0..n_groups - 1, the largest first, and -1 for samples of no group. All of them are 0 where there are no two
            groups of that size.
        """
        nodes = sorted(self._chosen(least), key=lambda node: -self.size[node])
        labels = np.full(len(self.order), -1 if nodes else 0)
        for group, node in enumerate(nodes):
            labels[self.order[self.first[node] : self.first[node] + self.size[node]]] = group
        return labels

    def _chosen(self, least: int) -> list[int]:
        """The nodes at which the chosen islands end. The whole is never one of them."""
        islands = self._islands(least)
        best: dict[int, tuple[float, list[int]]] = {}  # of an island and all in it: most mass, by which nodes
        for node, (mass, parts) in reversed(islands.items()):  # parts come after what they are parts of
            mass_of_parts = sum(best[part][0] for part in parts)
            if parts and (mass_of_parts > mass or node == next(iter(islands))):
                best[node] = mass_of_parts, [chosen for part in parts for chosen in best[part][1]]
            else:
                best[node] = mass, [node]
        chosen = best[next(iter(islands))][1]
        return chosen if len(chosen) > 1 else []

    def _islands(self, least: int) -> dict[int, tuple[float, list[int]]]:
        """Every island of at least `least` samples, from the whole downwards: its excess of mass, and its parts."""
        n = len(self.order)
        islands: dict[int, tuple[float, list[int]]] = {}
        waiting = [(2 * n - 2, 0.0)]  # node, and the density at which the island ends
        while waiting:
            top, end = waiting.pop()
            node, mass, parts = top, 0.0, []
            while node >= n:
                density, both = self.density[node - n], self.children[node - n]
                large = [int(child) for child in both if self.size[child] >= least]
                mass += (density - end) * (self.size[node] - (self.size[large[0]] if len(large) == 1 else 0))
                if len(large) != 1:
                    parts = large
                    break
                node = large[0]
            islands[top] = mass, parts
            waiting += [(part, self.density[node - n]) for part in parts]
        return islands


def density_tree(z: np.ndarray) -> DensityTree:
    """The tree of samples z, shape (n, d), n at least 2.

    Time grows with n², memory with n: a second for 10 000 of ten numbers.
    """
    edges, distances = _spanning_tree(np.asarray(z, float))
    return _merged(edges, distances)


def _spanning_tree(z: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The minimum spanning tree by Prim's algorithm: edges, (n - 1, 2), and their lengths, from short to long."""
    n, z = len(z), z - z.mean(axis=0)
    n_near = min(MIN_SAMPLES, n)
    core = np.square(NearestNeighbors(n_neighbors=n_near).fit(z).kneighbors(z)[0][:, -1])
    squares = np.square(z).sum(axis=1)
    nearest, tied = np.full(n, np.inf), np.zeros(n, int)  # of each sample outside: how far the tree is, and by whom
    outside = np.ones(n, bool)
    edges, lengths = np.empty((n - 1, 2), int), np.empty(n - 1)
    newest = 0
    for i in range(n - 1):
        outside[newest] = False
        far = np.maximum(np.maximum(squares + squares[newest] - 2 * (z @ z[newest]), core), core[newest])
        closer = outside & (far < nearest)
        nearest[closer], tied[closer] = far[closer], newest
        nearest[newest] = np.inf
        newest = int(np.argmin(nearest))
        edges[i], lengths[i] = (tied[newest], newest), nearest[newest]
    order = np.argsort(lengths, kind="stable")
    return edges[order], np.sqrt(np.maximum(lengths[order], CLOSEST**2))


def _merged(edges: np.ndarray, distances: np.ndarray) -> DensityTree:
    n = len(edges) + 1
    node_of, parent = list(range(n)), list(range(n))  # of the root of a set, and the sets as a forest
    children, size = np.empty((n - 1, 2), int), np.ones(2 * n - 1, int)

    def root(sample: int) -> int:
        while parent[sample] != sample:
            parent[sample] = parent[parent[sample]]
            sample = parent[sample]
        return sample

    for i, (a, b) in enumerate(edges.tolist()):
        a, b = root(a), root(b)
        children[i] = node_of[a], node_of[b]
        parent[a], node_of[b] = b, n + i
        size[n + i] = size[children[i]].sum()
    first = np.zeros(2 * n - 1, int)
    for i in reversed(range(n - 1)):
        left, right = children[i]
        first[left], first[right] = first[n + i], first[n + i] + size[left]
    order = np.empty(n, int)
    order[first[:n]] = np.arange(n)
    return DensityTree(children, 1 / distances, size, order, first)
