"""Analyses of the images alone while a network trains: nearest neighbours, and k-means on pixels."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any

import numpy as np
from scipy import sparse

from dec_core.analysis.baseline import kmeans_on_pixels
from dec_core.analysis.blas_threads import one_blas_thread
from dec_core.analysis.merge_split_check import neighbour_graph
from dec_core.config import RunConfig
from dec_core.data import Dataset
from dec_core.training.mixture import Known, computed


class ImageAnalysis:
    """A thread that computes both once it is started. It ends with its process, or soon after `close`.

    Parameters
    ----------
    config : RunConfig
    dataset : Dataset
    view : ndarray of int
        Which images the graph is of: follows from how many there are.
    known : callable
        Gives back what is known of the images already, as in `dec_core.training.train`.
    """

    def __init__(self, config: RunConfig, dataset: Dataset, view: np.ndarray, known: Known = computed):
        self._config, self._dataset, self._view, self._known = config, dataset, view, known
        self._graph: Future[sparse.csr_matrix] = Future()
        self._baseline: Future[np.ndarray] | None = None
        self._closed = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self, *, with_baseline: bool = False) -> None:
        """Start the thread unless it is running."""
        if self._thread is None:
            self._baseline = Future() if with_baseline else None
            self._thread = threading.Thread(target=self._run, daemon=True)
            self._thread.start()

    def graph(self) -> sparse.csr_matrix:
        """The graph of neighbours in the view, as `neighbour_graph` makes it; waited for."""
        self.start()
        return self._graph.result()

    def take_baseline(self, *, wait: bool = False) -> np.ndarray | None:
        """The labels of k-means on pixels, (n,), once; None before they are there, or where none were asked for."""
        if self._baseline is None or not (wait or self._baseline.done()):
            return None
        baseline, self._baseline = self._baseline, None
        return baseline.result()

    def close(self) -> None:
        """Give up what is not yet computed."""
        self._closed.set()

    def _run(self) -> None:
        baseline = self._baseline
        _settle(self._graph, self._neighbours)
        if baseline is not None:
            _settle(baseline, self._kmeans)

    def _neighbours(self) -> sparse.csr_matrix:
        make = lambda: _parts(neighbour_graph(self._dataset.x[self._view], self._dataset.images.shape[1:]))  # noqa: E731
        with one_blas_thread():
            parts, n = self._known("graph", {}, make), len(self._view)
        return sparse.csr_matrix((parts["data"], parts["indices"], parts["indptr"]), shape=(n, n))

    def _kmeans(self) -> np.ndarray:
        names = ("n_clusters", "kmeans_n_init", "random_state")
        depends = {name: getattr(self._config, name) for name in names}
        with contextlib.suppress(_Closed):
            return self._known("pixels", depends, lambda: {"labels": self._tightest()})["labels"]
        return np.zeros(0, dtype=int)

    def _tightest(self) -> np.ndarray:
        config, tightest = self._config, np.zeros(0, dtype=int)
        for labels in kmeans_on_pixels(self._dataset.x, config.n_clusters, config.kmeans_n_init, config.random_state):
            if self._closed.is_set():
                raise _Closed
            tightest = labels
        return tightest


class _Closed(Exception):
    """Nobody wants the labels any more."""


def _parts(graph: sparse.csr_matrix) -> dict[str, np.ndarray]:
    return {"data": graph.data, "indices": graph.indices, "indptr": graph.indptr}


def _settle(future: Future, compute: Callable[[], Any]) -> None:
    """Fill a future by a call, with what it returns or with what it raises."""
    try:
        future.set_result(compute())
    except BaseException as error:  # for whoever waits for it
        future.set_exception(error)
