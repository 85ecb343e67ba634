"""Limit the threads of BLAS where several threads of Python do so at once.

The number belongs to the process. `threadpoolctl` notes it on the way in and sets it on the way out; of two threads
whose stays overlap, the second notes the first one's limit and leaves it behind for good. scikit-learn's k-means
limits BLAS in the same way, so it is to be run in here, too, wherever another thread may do so.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from typing import Any

from threadpoolctl import ThreadpoolController, threadpool_limits

_lock = threading.Lock()
_n_inside = 0
_before: Any = None  # a limiter that limits nothing and knows the numbers from before the first entered


@contextmanager
def kept_blas_threads(n_threads: int | None = None) -> Iterator[None]:
    """Limit threads to `n_threads`, or not at all; when the last of all overlapping callers leaves, BLAS is as before.

    The limit of OpenMP is this thread's own. That of BLAS is everybody's while it lasts.
    """
    global _n_inside, _before
    with _lock:
        if not _n_inside:
            _before = ThreadpoolController().select(user_api="blas").limit(limits=None)
        _n_inside += 1
    try:
        with threadpool_limits(n_threads) if n_threads else nullcontext():
            yield
    finally:
        with _lock:
            _n_inside -= 1
            if not _n_inside:
                with _before:
                    pass  # leaving it restores
