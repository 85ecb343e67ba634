"""The one place that uses a private name of UMAP, for what it has no setting for.

Where a version has moved the name, `release_the_lock` does nothing: results stay the same, and only training in
parallel with a layout waits. `tests/test_private_names.py` then says which version has moved it.
"""

from __future__ import annotations

from typing import Any

ONE_PASS = "_nb_optimize_layout_euclidean_single_epoch"  # of umap.layouts, compiled by numba at its first call


def release_the_lock(layouts: Any) -> None:
    """Let a pass of the layout run without Python's lock, so that training can go on in parallel.

    It works on arrays alone and does not need the lock. Call this before the pass is compiled.

    Parameters
    ----------
    layouts : the module `umap.layouts`
    """
    one_pass = getattr(layouts, ONE_PASS, None)
    if one_pass is not None and not one_pass.signatures:
        one_pass.targetoptions["nogil"] = True
