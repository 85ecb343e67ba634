"""UMAP of every snapshot of a run that has ended, laid out together: what does not move in z holds still.

From the last to the first: the UMAP of the last snapshot is known and stays as it is, and each one before starts from
the one after. Backward holds stiller than forward, where groups find their places only as they form. It takes enough
passes, though, for early snapshots not to show groups apart that come apart later (docs/responsiveness.md has the
numbers).
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from dec_core.analysis.warm_umap import next_layout
from dec_core.even_part import even_part
from dec_core.methods import METHODS
from dec_core.runs.folder import RunFolder
from dec_core.runs.history import RunReader
from dec_core.runs.snapshots import UMAPS_FILE, half
from dec_core.runs.subset import view_index

MAX_POINTS = 400_000  # of all snapshots together: half a minute on one core of an EPYC
EPOCHS = 60  # from one layout to the next


def add_moving_umap(folder: RunFolder) -> None:
    """Keep the UMAPs of all snapshots, of an even part of the view where there are many, as umaps.npz.

    Nothing for a run without a network, with a single snapshot, or without a UMAP of the last one yet.
    """
    history = RunReader(folder).refresh()
    snapshots = history.snapshots
    if not METHODS[folder.config.method].has_network or len(snapshots) < 2 or history.umaps:
        return
    arrays = folder.load_arrays(history.inspection, "umap") if history.inspection else None
    if arrays is None:
        return
    n, view = len(arrays["umap"]), view_index(len(arrays["umap"]))
    of_view = even_part(len(view), MAX_POINTS // len(snapshots))
    layouts = list(_backward(folder, snapshots, of_view, arrays["umap"][view[of_view]], n))[::-1]
    folder.save_arrays(UMAPS_FILE, planes=half(np.array(layouts)), samples=view[of_view])
    folder.append({"event": "UmapsReady", "file": UMAPS_FILE, "snapshot": snapshots[-1]["file"]})


def _backward(
    folder: RunFolder, snapshots: tuple[dict, ...], of_view: np.ndarray, last: np.ndarray, n: int
) -> Iterator[np.ndarray]:
    """The layouts, (n_part, 2) each, of the last snapshot to the first; a damaged one is as the one after it."""
    layout = last
    yield layout
    for number in range(len(snapshots) - 2, -1, -1):
        z = (folder.load_arrays(snapshots[number]["file"], "z") or {}).get("z")
        if z is not None:
            z = z[view_index(n)[of_view] if len(z) == n else of_view].astype(np.float32)
            layout = next_layout(z, layout, number, EPOCHS)
        yield layout
