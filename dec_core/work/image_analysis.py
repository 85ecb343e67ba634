"""Analyses of the images alone while a network trains: nearest neighbours, and k-means on pixels."""

from __future__ import annotations

import threading
from concurrent.futures import Future
from functools import partial

import numpy as np
from scipy import sparse

from dec_core.analysis.baseline import kmeans_on_pixels
from dec_core.analysis.merge_split_check import neighbour_graph
from dec_core.config import RunConfig
from dec_core.data import Dataset


class ImageAnalysis:
    """A thread that computes both once it is started. It ends with its process, or soon after `close`.

    Parameters
    ----------
    config : RunConfig
    dataset : Dataset
    view : ndarray of int
        Which images the graph is of.
    """

    def __init__(self, config: RunConfig, dataset: Dataset, view: np.ndarray):
        self._config, self._dataset, self._view = config, dataset, view
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
        _settle(self._graph, partial(neighbour_graph, self._dataset.x[self._view], self._dataset.images.shape[1:]))
        if baseline is not None:
            _settle(baseline, self._kmeans)

    def _kmeans(self) -> np.ndarray:
        config, tightest = self._config, np.zeros(0, dtype=int)
        for labels in kmeans_on_pixels(self._dataset.x, config.n_clusters, config.kmeans_n_init, config.random_state):
            if self._closed.is_set():
                break
            tightest = labels
        return tightest


def _settle(future: Future, compute: partial) -> None:
    """Fill a future by a call, with what it returns or with what it raises."""
    try:
        future.set_result(compute())
    except BaseException as error:  # for whoever waits for it
        future.set_exception(error)
