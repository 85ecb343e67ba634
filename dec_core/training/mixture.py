"""The first target from UMAP and a mixture, fitted in a thread while the network trains."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import nullcontext
from functools import cache
from typing import Any

import numpy as np

from dec_core.analysis.blas_threads import one_blas_thread
from dec_core.analysis.merge_split_check import merge_split_check, neighbour_graph
from dec_core.analysis.umap_gmm import UmapGmm, compare, lay_out, mix
from dec_core.config import RunConfig, applies
from dec_core.methods import METHODS, MIXTURE_ALONE

MOST_STARTS = 2
MOST_CHECKED = 10_000  # images, evenly spread, by which a start is checked
OF_MIXTURE = (
    "n_clusters",
    "gmm_n_init",
    "random_state",
)  # what the UMAP does not depend on; its seed is that of a start

Fields = dict[str, Any]
Arrays = dict[str, np.ndarray]
Known = Callable[[str, Fields, Callable[[], Arrays]], Arrays]  # what it is, what it depends on, and how it is made


def computed(what: str, depends: Fields, make: Callable[[], Arrays]) -> Arrays:
    """Where nothing is kept: what is asked for is made."""
    return make()


def mixture_of(config: RunConfig) -> Fields:
    """The fields that decide what UMAP and a mixture find: those that act where there is nothing else."""
    alone = config.model_copy(update={"method": MIXTURE_ALONE})
    names = [name for name in RunConfig.model_fields if name != "method" and applies(name, alone)]
    return {name: getattr(config, name) for name in names}


class Mixture:
    """`umap_gmm` of the images of a run, in a thread of its own from the moment it is made.

    It looks at the images, not at the network, so that it can begin with the pretraining. Where its groups
    look merged or split (`dec_core.analysis.merge_split_check`), it starts once more and keeps the better one.
    The thread cannot be stopped; it ends with its process, or when the groups are found. It asks `known` for the
    mixture and for each UMAP, and makes what is not known.

    Attributes
    ----------
    status : str
        What is being done now.
    n_starts : int
        How many starts it has made.
    """

    def __init__(self, config: RunConfig, x: np.ndarray, image_shape: tuple[int, ...], known: Known = computed):
        self.status, self.n_starts = "images are compared", 0
        self._known = known
        self._result: UmapGmm | None = None
        self._error: BaseException | None = None
        self._alone = not METHODS[config.method].has_network  # no network trains at the same time
        self._thread = threading.Thread(target=self._run, args=(config, x, image_shape), daemon=True)
        self._thread.start()

    def _run(self, config: RunConfig, x: np.ndarray, image_shape: tuple[int, ...]) -> None:
        try:
            # threads of both that wait for one another slow both down
            with nullcontext() if self._alone else one_blas_thread(openmp=True):
                depends = mixture_of(config) | {"on_all_threads": self._alone}
                make = lambda: self._arrays(self._best(config, x, image_shape, depends))  # noqa: E731
                best = self._known("mixture", depends, make)
                self.n_starts = int(best["n_starts"])
                self._result = UmapGmm(best["z"], best["responsibilities"])
        except BaseException as error:  # for whoever waits for it
            self._error = error

    def _arrays(self, best: UmapGmm) -> Arrays:
        return {"z": best.z, "responsibilities": best.responsibilities, "n_starts": np.asarray(self.n_starts)}

    def _best(self, config: RunConfig, x: np.ndarray, image_shape: tuple[int, ...], depends: Fields) -> UmapGmm:
        """The first start, or, if its groups look merged or split, the better of two."""
        images = cache(lambda: compare(x, config.n_neighbors, config.features, image_shape, config.compare_distorted))
        checked = slice(None, None, -(-len(x) // MOST_CHECKED))
        graph = neighbour_graph(x[checked], image_shape)
        starts = []
        for start in range(MOST_STARTS):
            self.n_starts = start + 1
            prefix = "once more, as groups look merged: " if start else ""
            tell = lambda doing, prefix=prefix: setattr(self, "status", prefix + doing)  # noqa: E731
            seed = config.random_state + start * 1_000_003  # far from the seed of any run nearby
            of_umap = {name: value for name, value in depends.items() if name not in OF_MIXTURE} | {"seed": seed}
            z = self._known("umap", of_umap, lambda seed=seed, tell=tell: {"z": lay_out(images(), seed, tell)})["z"]
            responsibilities = mix(z, config.n_clusters, config.gmm_n_init, seed, tell)
            check = merge_split_check(graph, responsibilities[checked].argmax(axis=1), config.n_clusters)
            starts.append((check.serious, check.excess, start, UmapGmm(z, responsibilities)))
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
