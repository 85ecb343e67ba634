"""How UMAP is called: compiled code that is kept, and one layout at a time where numba asks for that.

The one place that uses what UMAP does not promise to keep: names, for what it has no setting for.

Where a version has moved a name, `prepare` leaves it alone: results stay the same, each process compiles the function
anew, and training in parallel with a layout waits. `tests/test_private_names.py` then says which version has moved it.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from types import FunctionType
from typing import Any

ONE_PASS = "_nb_optimize_layout_euclidean_single_epoch"  # of umap.layouts, compiled by numba at its first call
ONE_PASS_ON_ALL_THREADS = f"{ONE_PASS}_parallel"
OF_THE_GRAPH = ("smooth_knn_dist", "compute_membership_strengths")  # of umap.umap_, compiled likewise
_turn = threading.RLock()


def prepare(umap: Any) -> None:
    """Keep on disk what numba compiles of UMAP, and have a pass of the layout run without Python's lock.

    UMAP itself has most of it compiled again in every process, for 6 s of CPU. The pass works on arrays alone and does
    not need the lock, so that training goes on in parallel.

    Parameters
    ----------
    umap : the module
    """
    for name in OF_THE_GRAPH:
        function = getattr(umap.umap_, name, None)
        if function is not None and not function.signatures:
            function.enable_caching()
    for name in (ONE_PASS, ONE_PASS_ON_ALL_THREADS):
        one_pass = getattr(umap.layouts, name, None)
        if one_pass is not None and not one_pass.targetoptions.get("nogil"):
            setattr(umap.layouts, name, _recompiled(one_pass, name))


@contextlib.contextmanager
def in_turn() -> Iterator[None]:
    """Wait for layouts of other threads where numba's threads serve one at a time: where OpenMP's library is missing.

    There, two at once end the process.
    """
    with _turn if _serves_one() else contextlib.nullcontext():
        yield


def _serves_one() -> bool:
    """Also until numba has chosen its threads, as it does when it needs them first."""
    import numba  # with UMAP, and not before

    try:
        return numba.threading_layer() == "workqueue"
    except ValueError:
        return True


def _recompiled(one_pass: Any, name: str) -> Any:
    """The same function without the lock, under a name of its own: by that numba finds what it has kept of it."""
    import numba  # with UMAP, and not before

    function = FunctionType(one_pass.py_func.__code__, one_pass.py_func.__globals__, name)
    function.__qualname__ = name
    return numba.jit(function, cache=True, **{**one_pass.targetoptions, "nogil": True})
