"""A selection of samples to download: as a table, as arrays, as the Python that selects it."""

from __future__ import annotations

import io

import numpy as np
import pandas as pd

from dec_core.data.loading import positions
from dec_core.reading.selection import Selection
from dec_core.reading.snapshot import Snapshot


def as_table(now: Snapshot, index: np.ndarray) -> pd.DataFrame:
    """One row a sample: index, place in the data's file, label, cluster and since which step, q, distances.

    q of and distance to every cluster stand in columns of their own, in the order of the clusters' letters.

    Parameters
    ----------
    now : Snapshot
    index : ndarray of int, shape (m,)
        Which samples, in the order of the rows.
    """
    run = now.run
    columns: dict[str, object] = {"index": index}
    columns["index in file"] = positions(run.config.dataset, run.config.n_samples, root=run.root)[index]
    if run.y is not None:
        columns["label"] = np.array(run.classes)[run.y[index]]
    if now.clustered:
        order = np.argsort(run.cluster_order)
        columns["cluster"] = np.array(run.letters)[now.labels[index]]
        steps = np.array([run.snapshots[number]["iteration"] for number in run.clustered])
        columns["since step"] = steps[now.last_change[index]]
        apart = np.linalg.norm(now.z(index)[:, None, :] - now.centers[None], axis=2)  # (m, n_clusters)
        columns |= {f"q {run.letters[k]}": now.q[index, k] for k in order}
        columns |= {f"distance {run.letters[k]}": apart[:, k] for k in order}
    return pd.DataFrame(columns)


def as_npz(now: Snapshot, index: np.ndarray) -> bytes:
    """The same as arrays: index, x (images), z, and where they are known y, labels, q; with the names of both."""
    run = now.run
    arrays = {"index": index, "x": run.images[index], "z": now.z(index)}
    if run.y is not None:
        arrays |= {"y": run.y[index], "classes": np.array(run.classes)}
    if now.clustered:
        arrays |= {"labels": now.labels[index], "q": now.q[index], "letters": np.array(run.letters)}
    file = io.BytesIO()
    np.savez_compressed(file, **arrays)
    return file.getvalue()


def as_python(now: Snapshot, selection: Selection, order: str, group: str = "", other: Snapshot | None = None) -> str:
    """Source that selects the same samples, in the same order; to be run where the folder of runs is.

    `group` is "digit", "cluster" or nothing: what they are grouped by.
    """

    def opened(snapshot: Snapshot) -> str:
        path = snapshot.run.folder.path
        return f"Run.open({f'{path.parent.name}/{path.name}'!r}).at({-1 if snapshot.newest else snapshot.number})"

    lines = ["from dec_core.reading.run import Run", "", f"snapshot = {opened(now)}"]
    arguments = [
        part for part in (selection.as_arguments(), f"order={order!r}", f"group={group!r}" if group else "") if part
    ]
    if selection.versus and other is not None:
        lines.append(f"other = {opened(other)}")
        arguments.append("other=other")
    lines.append(f"chosen = snapshot.select({', '.join(arguments)})  # indices")
    lines.append("print(len(chosen), chosen[:10])")
    return "\n".join(lines) + "\n"
