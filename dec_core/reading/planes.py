"""All samples of a snapshot in a plane: UMAP, PCA, or two dimensions of z."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np

from dec_core.reading.selection import SelectionError

if TYPE_CHECKING:
    from dec_core.reading.run import Run
    from dec_core.reading.snapshot import Snapshot


def spaces(snapshot: Snapshot) -> list[str]:
    """Projections that there are: "umap", perhaps of the newest snapshot alone; "pca". "z0,z1" always works."""
    run = snapshot.run
    has_umap = run.umaps is not None or (snapshot.newest and _umap(run) is not None)
    return ["umap", "pca"] if has_umap else ["pca"]


def plane(snapshot: Snapshot, space: str) -> np.ndarray:
    """float32, shape (n, 2); NaN where a sample is not known. Raises SelectionError if there is no such plane."""
    positions = np.full((snapshot.run.n, 2), np.nan, dtype=np.float32)
    if space == "umap":
        _fill_umap(snapshot, positions)
    elif space == "pca":
        _fill_pca(snapshot, positions)
    else:
        first, second = dimensions(snapshot, space)
        for rows in snapshot.in_chunks():
            positions[rows] = snapshot.z(rows)[:, [first, second]]
    return positions


def dimensions(snapshot: Snapshot, space: str) -> tuple[int, int]:
    """The two dimensions of z that "z0,z1" names. Raises SelectionError if there are no such."""
    parts = space.removeprefix("z").split(",z") if space.startswith("z") else []
    latent_dim = snapshot.arrays["z"].shape[1]
    if len(parts) != 2 or not all(re.fullmatch(r"[0-9]{1,6}", part) and int(part) < latent_dim for part in parts):
        raise SelectionError(
            f"space: received {space!r}, expected umap, pca or two of z0 to z{latent_dim - 1}, as z0,z1"
        )
    return int(parts[0]), int(parts[1])


def common_extent(snapshot: Snapshot, space: str) -> tuple[np.ndarray, np.ndarray] | None:
    """Middle and reach of what is to be shown of a plane, where it is the same for several snapshots; else None."""
    if space == "umap" and snapshot.run.umaps:
        return snapshot.run.umaps_extent
    if space != "pca" or not _has_shared_axes(snapshot):
        return None
    shown = snapshot.run.added["extents"][snapshot.number]
    return shown[:2], shown[2:]


def _umap(run: Run) -> np.ndarray | None:
    """UMAP of the newest snapshot: of all samples, or of the view alone."""
    if "umap" in run.added:
        return run.added["umap"]
    arrays = run.folder.load_arrays(run.umap_file) if run.umap_file else None
    return arrays["plane"] if arrays else None


def _fill_umap(snapshot: Snapshot, positions: np.ndarray) -> None:
    run = snapshot.run
    if run.umaps and not snapshot.newest:
        positions[run.umaps["samples"]] = run.umaps["planes"][snapshot.number]
        return
    umap = _umap(run)
    if umap is None:
        raise SelectionError("space: received 'umap', but there is none of this run yet; expected pca or z0,z1")
    positions[run.view if len(umap) < run.n else slice(None)] = umap


def _has_shared_axes(snapshot: Snapshot) -> bool:
    """Whether PCA is the same map for all snapshots, as a worker has made it once training had ended."""
    return len(snapshot.run.added.get("axes", ())) == len(snapshot.run.snapshots)


def _fill_pca(snapshot: Snapshot, positions: np.ndarray) -> None:
    """The shared map if there is one; else the plane of the view, and by its axes the rest, where z of it is known."""
    run, rows = snapshot.run, snapshot.rows
    if _has_shared_axes(snapshot):
        middle, axes = run.added["middles"][snapshot.number], run.added["axes"][snapshot.number]
        positions[rows] = (snapshot.z(rows) - middle) @ axes
    elif len(rows) < run.n:
        positions[run.view] = snapshot.arrays["plane"]
    else:
        z = snapshot.z(rows)
        middle, axes = z[run.view].mean(axis=0), _axes(snapshot, z)
        with np.errstate(invalid="ignore"):  # versions before 0.5 kept z too large for 16 bits as infinite
            positions[:] = (z - middle) @ axes


def _axes(snapshot: Snapshot, z: np.ndarray) -> np.ndarray:
    """The axes kept in the snapshot; for earlier versions those that map the view's z to its plane."""
    if "axes" in snapshot.arrays:
        return snapshot.arrays["axes"]
    of_view = z[snapshot.run.view]
    plane_of_view = snapshot.arrays["plane"].astype(np.float32)
    return np.linalg.lstsq(of_view - of_view.mean(axis=0), plane_of_view, rcond=None)[0]
