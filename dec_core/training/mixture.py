"""The first target from UMAP and a mixture, found beside whatever the network does meanwhile."""

from __future__ import annotations

import threading

import numpy as np
from threadpoolctl import threadpool_limits

from dec_core.analysis.umap_gmm import UmapGmm, umap_gmm
from dec_core.config import RunConfig


class Mixture:
    """`umap_gmm` of the images of a run, in a thread of its own from the moment it is made.

    It looks at the images, not at the network, so that it can begin with the pretraining. The thread
    cannot be stopped; it ends with its process, or when the groups are found.

    Attributes
    ----------
    words : str
        What is being done now.
    """

    def __init__(self, config: RunConfig, x: np.ndarray, image_shape: tuple[int, ...]):
        self.words = "images are compared"
        self._found: UmapGmm | None = None
        self._error: BaseException | None = None
        arguments = (config.n_clusters, config.n_neighbors, config.gmm_n_init, config.random_state, config.features)
        self._n_threads = None if config.method == "umap_gmm" else 1  # of its arithmetic, where a network trains beside
        self._thread = threading.Thread(target=self._run, args=(x, *arguments, image_shape), daemon=True)
        self._thread.start()

    def _run(self, *arguments) -> None:
        try:
            with threadpool_limits(self._n_threads):  # threads of both that wait for one another slow both down
                self._found = umap_gmm(*arguments, tell=lambda words: setattr(self, "words", words))
        except BaseException as error:  # for whoever waits for it
            self._error = error

    def wait(self, seconds: float) -> bool:
        """Whether the groups are found, within so many seconds."""
        self._thread.join(seconds)
        return not self._thread.is_alive()

    def found(self) -> UmapGmm:
        """What came out; raises what went wrong in the thread. Call it after `wait` has said True."""
        if self._error:
            raise self._error
        return self._found
