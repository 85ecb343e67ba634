"""The first target from UMAP and a mixture, fitted in a thread while the network trains."""

from __future__ import annotations

import threading
from contextlib import nullcontext

import numpy as np

from dec_core.analysis.blas_threads import one_blas_thread
from dec_core.analysis.merge_split_check import merge_split_check, neighbour_graph
from dec_core.analysis.umap_gmm import UmapGmm, compare, group
from dec_core.config import RunConfig
from dec_core.methods import METHODS

MOST_STARTS = 2
MOST_CHECKED = 10_000  # images, evenly spread, by which a start is checked


class Mixture:
    """`umap_gmm` of the images of a run, in a thread of its own from the moment it is made.

    It looks at the images, not at the network, so that it can begin with the pretraining. Where its groups
    look merged or split (`dec_core.analysis.merge_split_check`), it starts once more and keeps the better one.
    The thread cannot be stopped; it ends with its process, or when the groups are found.

    Attributes
    ----------
    status : str
        What is being done now.
    n_starts : int
        How many starts it has made.
    """

    def __init__(self, config: RunConfig, x: np.ndarray, image_shape: tuple[int, ...]):
        self.status, self.n_starts = "images are compared", 0
        self._result: UmapGmm | None = None
        self._error: BaseException | None = None
        self._alone = not METHODS[config.method].has_network  # no network trains at the same time
        self._thread = threading.Thread(target=self._run, args=(config, x, image_shape), daemon=True)
        self._thread.start()

    def _run(self, config: RunConfig, x: np.ndarray, image_shape: tuple[int, ...]) -> None:
        try:
            # threads of both that wait for one another slow both down
            with nullcontext() if self._alone else one_blas_thread(openmp=True):
                self._result = self._best(config, x, image_shape)
        except BaseException as error:  # for whoever waits for it
            self._error = error

    def _best(self, config: RunConfig, x: np.ndarray, image_shape: tuple[int, ...]) -> UmapGmm:
        """The first start, or, if its groups look merged or split, the better of two."""
        images = compare(x, config.n_neighbors, config.features, image_shape, config.compare_distorted)
        checked = slice(None, None, -(-len(x) // MOST_CHECKED))
        graph = neighbour_graph(x[checked], image_shape)
        starts = []
        for start in range(MOST_STARTS):
            self.n_starts = start + 1
            prefix = "once more, as groups look merged: " if start else ""
            tell = lambda doing, prefix=prefix: setattr(self, "status", prefix + doing)  # noqa: E731
            seed = config.random_state + start * 1_000_003  # far from the seed of any run nearby
            groups = group(images, config.n_clusters, config.gmm_n_init, seed, tell)
            check = merge_split_check(graph, groups.responsibilities[checked].argmax(axis=1), config.n_clusters)
            starts.append((check.serious, check.excess, start, groups))
            if not check.serious:
                break
        return min(starts)[-1]

    def wait(self, seconds: float) -> bool:
        """Wait at most so many seconds; whether the groups are ready."""
        self._thread.join(seconds)
        return not self._thread.is_alive()

    def result(self) -> UmapGmm:
        """The mixture; raises the thread's error if there was one. Call it once `wait` has returned True."""
        if self._error:
            raise self._error
        return self._result
