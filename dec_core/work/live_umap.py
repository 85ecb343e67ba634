"""UMAP of z while the clusters form: made in a thread in parallel with training, for looking only.

Each frame replaces the one before on disk and starts from it. How often there is one depends on the clock, so nothing
that is kept of a run may, but for the map of its result: that starts from the last frame, which is then removed.
"""

from __future__ import annotations

import os
import sys
import threading
import time

import numpy as np

from dec_core.analysis.blas_threads import one_blas_thread
from dec_core.analysis.projection import pca_plane
from dec_core.analysis.warm_umap import first_layout, next_layout
from dec_core.runs.folder import RunFolder
from dec_core.runs.snapshots import LIVE_UMAP_FILE
from dec_core.runs.subset import live_index
from dec_core.work.room import n_cores

MAX_SHARE = 0.04  # of the time of all cores that frames may take; training loses up to twice as much
SHORTEST = 1.0  # seconds between the beginnings of two frames: the screen is not redrawn more often
FEWEST = 4  # samples, of which a UMAP shows something


class LiveUmap:
    """A thread that lays out the newest z that it was offered. It ends with its process, or soon after `close`.

    Parameters
    ----------
    folder : RunFolder
        Where the frames go.
    view : ndarray of int
        The samples that snapshots show; a frame is of an even part of them.
    """

    def __init__(self, folder: RunFolder, view: np.ndarray):
        self._folder = folder
        self._of_view = live_index(len(view))
        self._samples = view[self._of_view]
        self._offered: tuple[np.ndarray, np.ndarray, int] | None = None
        self._start: np.ndarray | None = None  # (n_samples, 2), of the first frame
        self._layout: np.ndarray | None = None
        self._changed = threading.Condition()
        self._closed = len(view) < FEWEST
        self._thread: threading.Thread | None = None
        remove_live_umap(folder)  # that of an earlier attempt

    def start(self) -> None:
        """Start the thread unless it is running; what numba has to compile it compiles now."""
        if self._thread is None and not self._closed:
            self._thread = threading.Thread(target=self._run, name="live UMAP", daemon=True)
            self._thread.start()

    def offer(self, z: np.ndarray, labels: np.ndarray, iteration: int, plane: np.ndarray | None) -> None:
        """Say how it stands: the next frame will be of this, unless more is offered before it begins.

        Parameters
        ----------
        z : ndarray, shape (n, latent_dim)
            Of all samples.
        labels : ndarray of int, shape (n,)
        iteration : int
            After how many gradient steps this is.
        plane : ndarray, shape (n_view, 2), or None
            What the screen shows of the view by now, where the first frame starts.
        """
        self.start()
        z, labels = z[self._samples], labels[self._samples].astype(np.uint8)
        with self._changed:
            if self._layout is None:
                self._start = pca_plane(z) if plane is None else plane[self._of_view]
            self._offered = z, labels, iteration
            self._changed.notify_all()

    def close(self) -> None:
        """No frame is written from now on."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    def _run(self) -> None:
        _step_back()
        _compile()
        while offered := self._take():
            began, cpu = time.monotonic(), time.thread_time()
            self._frame(*offered)
            self._rest(began, time.thread_time() - cpu)

    def _take(self) -> tuple[np.ndarray, np.ndarray, int] | None:
        """What was offered last, waited for; None once it is closed."""
        with self._changed:
            self._changed.wait_for(lambda: self._closed or self._offered is not None)
            offered, self._offered = self._offered, None
            return None if self._closed else offered

    def _frame(self, z: np.ndarray, labels: np.ndarray, iteration: int) -> None:
        with one_blas_thread(openmp=True):  # the cores are training's
            first = self._layout is None
            self._layout = first_layout(z, self._start) if first else next_layout(z, self._layout, iteration)
        with self._changed:
            if not self._closed:
                kept = {"plane": self._layout, "index": self._of_view, "labels": labels}
                self._folder.save_arrays(LIVE_UMAP_FILE, iteration=np.array(iteration), **kept)

    def _rest(self, began: float, cpu: float) -> None:
        """Wait until the seconds of a core that the last frame took are no more than their share."""
        with self._changed:
            until = began + max(SHORTEST, cpu / (MAX_SHARE * n_cores()))
            self._changed.wait_for(lambda: self._closed, max(0.0, until - time.monotonic()))


def remove_live_umap(folder: RunFolder) -> None:
    """Remove the last frame, if there is one."""
    (folder.path / LIVE_UMAP_FILE).unlink(missing_ok=True)


def _step_back() -> None:
    """Give training's threads priority over this one, where the system knows priorities of threads."""
    if sys.platform == "linux":
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), 19)


def _compile() -> None:
    """Import UMAP and have numba compile, or load, what a frame needs."""
    points = np.random.default_rng(0).normal(size=(64, 3)).astype(np.float32)
    next_layout(points, points[:, :2])
