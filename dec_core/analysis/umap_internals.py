"""The one place that reaches into UMAP: what it has no setting for, by a private name.

Where a version has moved the name, `release_the_lock` does nothing: results stay the same, and only the training beside
a layout waits. `tests/test_private_names.py` says then which version has.
"""

from __future__ import annotations

from typing import Any

ONE_PASS = "_nb_optimize_layout_euclidean_single_epoch"  # of umap.layouts, compiled by numba at its first call


def release_the_lock(layouts: Any) -> None:
    """Let a pass of the layout run without Python's lock, which it would else keep from a training beside it.

    It works on arrays alone, so that it needs none. To be called before it is compiled.

    Parameters
    ----------
    layouts : the module `umap.layouts`
    """
    one_pass = getattr(layouts, ONE_PASS, None)
    if one_pass is not None and not one_pass.signatures:
        one_pass.targetoptions["nogil"] = True
