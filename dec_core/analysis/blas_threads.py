"""One thread of BLAS where several threads of Python calculate at once: faster, and the same numbers at any pace.

The number belongs to the process, and it decides the last bits of a product, hence which of two equally near images
counts as the nearer. `threadpoolctl` notes it on the way in and sets it on the way out, and scikit-learn's k-means and
nearest neighbours do so by themselves. Where the stays of two threads overlap, the first to leave sets it for the
second, too, or the second is not heard at all: since version 3.8 one thread controls it, until it leaves. So here it is
in the hands of a thread that does nothing else, from the first caller's entry until the last one has left.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, nullcontext, suppress
from typing import Any

from threadpoolctl import ThreadpoolController

_lock = threading.Lock()
_keeper = ThreadPoolExecutor(1, thread_name_prefix="blas")
_n_inside = 0
_limiter: Any = None  # the keeper's, while anybody is inside


@contextmanager
def one_blas_thread(*, openmp: bool = False) -> Iterator[None]:
    """Limit BLAS to one thread until the last of all overlapping callers leaves; then it is as before.

    With `openmp`, OpenMP has one as well: its limit is this thread's own, while that of BLAS is everybody's.
    """
    global _n_inside, _limiter
    with _lock:
        if not _n_inside:
            _limiter = _keeper.submit(_enter).result()
        _n_inside += 1
    try:
        with ThreadpoolController().select(user_api="openmp").limit(limits=1) if openmp else nullcontext():
            yield
    finally:
        with _lock:
            _n_inside -= 1
            if not _n_inside:
                with suppress(RuntimeError):  # the interpreter is shutting down
                    _keeper.submit(_limiter.__exit__, None, None, None).result()


def _enter() -> Any:
    return ThreadpoolController().select(user_api="blas").limit(limits=1).__enter__()
