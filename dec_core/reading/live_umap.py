"""The UMAP of a run that trains: the newest frame that its worker has made, for looking only."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from dec_core.runs.folder import RunFolder
from dec_core.runs.snapshots import LIVE_UMAP_FILE


@dataclass(frozen=True, eq=False)
class LiveUmap:
    """One frame, of a part of the view.

    Attributes
    ----------
    plane : ndarray of float32, shape (n_view, 2)
        NaN for samples that are not in it.
    labels : ndarray of int, shape (n_view,)
        The cluster of each sample at that moment; 0 for samples that are not in it.
    n : int
        How many samples are in it.
    iteration : int
        After how many gradient steps it is.
    """

    plane: np.ndarray
    labels: np.ndarray
    n: int
    iteration: int


def live_umap(folder: RunFolder, n_view: int) -> LiveUmap | None:
    """The newest frame; None where there is none, or a damaged one."""
    arrays = folder.load_arrays(LIVE_UMAP_FILE)
    if arrays is None:
        return None
    plane, labels = np.full((n_view, 2), np.nan, dtype=np.float32), np.zeros(n_view, dtype=int)
    plane[arrays["index"]], labels[arrays["index"]] = arrays["plane"], arrays["labels"]
    return LiveUmap(plane, labels, len(arrays["index"]), int(arrays["iteration"]))


def live_umap_stamp(folder: RunFolder) -> int:
    """A number that is another one for another frame; 0 where there is none."""
    try:
        return (folder.path / LIVE_UMAP_FILE).stat().st_mtime_ns
    except OSError:
        return 0
