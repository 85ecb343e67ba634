"""Matrices and maps of several runs side by side: clusters that belong together have one name, one colour.

A cluster has the name of the reference's that shares most samples with it; maps are turned so that they lie like the
reference's. What is chosen in one is shown in all.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import streamlit as st

from dec_core.analysis.inspection import inside
from dec_core.analysis.matching import counterparts, places_beside, procrustes_align
from dec_core.analysis.metrics import contingency_table
from dec_core.analysis.naming import letter
from dec_core.analysis.verdict import thousands
from dec_core.data.loading import positions as positions_in_file
from dec_core.figures.embedding import clusters_and_confidence, positions
from dec_core.figures.palette import GREY, TEN, colour
from dec_core.reading.inspection import Inspection
from dec_core.reading.moment import Moment
from dec_core.runs.folder import RunFolder
from pages.compare.state import Compared, compare
from pages.inspect import inspection_cache, view_components
from pages.shared import components, focus
from pages.shared.focus import inspect_next
from pages.shared.places import runs_root, static_root

MATRIX, MAP = 274, 280  # heights in pixels


@dataclass(frozen=True)
class Side:
    """One run at its newest moment, as it stands beside the reference.

    Attributes
    ----------
    run : Inspection
    now : Moment
    places : ndarray of int, shape (n_clusters,)
        The place of each cluster in the order of names and colours: its counterpart's in the reference.
    reference : Side or None
    planes : dict of str to ndarray
        Maps that have been turned, by projection.
    """

    run: Inspection
    now: Moment
    places: np.ndarray
    reference: Side | None
    planes: dict[str, np.ndarray] = field(default_factory=dict, compare=False)

    @cached_property
    def where(self) -> np.ndarray:
        """Where each sample lies in the data set's file, int, shape (n,)."""
        return positions_in_file(self.run.config.dataset, self.run.config.n_samples, root=runs_root())

    @property
    def letters(self) -> list[str]:
        """Names of the clusters, in their order of places."""
        return [letter(int(place)) for place in np.sort(self.places)]

    def plane(self, space: str) -> np.ndarray:
        """The map, turned like the reference's: float32, shape (n, 2)."""
        if space not in self.planes:
            self.planes[space] = self._turned(space)
        return self.planes[space]

    def _turned(self, space: str) -> np.ndarray:
        plane = self.now.plane(space)
        if self.reference is None or self.run.config.dataset != self.reference.run.config.dataset:
            return plane
        there = self.reference.now.plane(space)
        _, mine, theirs = np.intersect1d(self.where, self.reference.where, return_indices=True)
        known = np.isfinite(plane[mine]).all(axis=1) & np.isfinite(there[theirs]).all(axis=1)
        if known.sum() < 3:
            return plane
        return procrustes_align(plane, plane[mine[known]], there[theirs[known]]).astype(np.float32)

    @cached_property
    def counts(self) -> tuple[list[str], list[int], np.ndarray, np.ndarray]:
        """Names and numbers of the rows, counts, and the row that each cluster is matched to."""
        k = self.run.config.n_clusters
        if self.run.y is not None:
            matched = self.now.confusion
            classes = np.sort(matched.classes).tolist()
            return [self.run.classes[value] for value in classes], classes, matched.table, matched.class_of
        beside = self.reference or self
        if beside.run.config.dataset != self.run.config.dataset:  # nothing to hold it against but itself
            beside = self
        _, mine, theirs = np.intersect1d(self.where, beside.where, return_indices=True)
        order = np.argsort(beside.places)
        counts = contingency_table(beside.now.labels[theirs], self.now.labels[mine], len(order), k)
        names = [letter(int(place)) for place in beside.places[order]]
        return names, beside.places[order].tolist(), counts[order], self.places


def sides(run_ids: Sequence[str], reference: str) -> list[Side | None]:
    """The runs as they stand beside the reference, None for those that have no clusters yet, or cannot be read."""
    first = _side(reference, None)
    return [first if run_id == reference else _side(run_id, first) for run_id in run_ids]


def _side(run_id: str, reference: Side | None) -> Side | None:
    try:
        history = focus.reader(run_id).refresh()
        if not any(snapshot["clustered"] for snapshot in history.snapshots):
            return None
        run = inspection_cache.inspection(run_id, history)
        now = inspection_cache.moment(run, run.clustered[-1])
        return _placed(run.version, reference.run.version if reference else "", run, now, reference)
    except ValueError:  # its screen Inspect says what is wrong
        return None


@st.cache_resource(max_entries=32, show_spinner=False)
def _placed(version: str, beside: str, _run: Inspection, _now: Moment, _reference: Side | None) -> Side:
    side = Side(_run, _now, _run.places, _reference)
    if _reference is None or _run.config.dataset != _reference.run.config.dataset:
        return side
    _, mine, theirs = np.intersect1d(side.where, _reference.where, return_indices=True)
    k, k_reference = _run.config.n_clusters, _reference.run.config.n_clusters
    found = counterparts(_now.labels[mine], _reference.now.labels[theirs], k, k_reference)
    return Side(_run, _now, places_beside(found, _reference.places), _reference)


# -- the chosen samples


def masks(shown: list[Side], seen: Compared) -> list[np.ndarray | None]:
    """For each run which samples are chosen, bool, shape (n,); None where nothing is."""
    drawn, _, corners = seen.lasso.partition(":")
    drawn_in = next((side for side in shown if side.run.folder.id == drawn), None)
    enclosed = _enclosed(drawn_in, corners, shown, seen)
    found = []
    for side in shown:
        mask = np.ones(side.run.n, bool)
        if seen.true and side.run.y is not None:
            mask &= side.run.y == (side.run.classes.index(seen.true) if seen.true in side.run.classes else -1)
        if seen.cluster:
            mask &= np.array([letter(int(place)) == seen.cluster for place in side.places])[side.now.labels]
        if enclosed is not None:
            alike = side.run.config.dataset == drawn_in.run.config.dataset
            mask &= np.isin(side.where, enclosed) if alike else False
        found.append(mask if seen.true or seen.cluster or enclosed is not None else None)
    return found


def _enclosed(side: Side | None, corners: str, shown: list[Side], seen: Compared) -> np.ndarray | None:
    """Places in the file of the samples inside the lasso; None without one."""
    try:
        polygon = np.reshape([float(part) for part in corners.split(",")], (-1, 2))
    except ValueError:
        return None
    if side is None or len(polygon) < 3 or not np.isfinite(polygon).all():
        return None
    with np.errstate(invalid="ignore"):
        return side.where[inside(polygon, side.plane(space_of(shown, seen)))]


def space_of(shown: list[Side], seen: Compared) -> str:
    """The projection of all maps: what was asked for, or else UMAP where all have one."""
    all_have = all("umap" in side.now.spaces() for side in shown)
    return seen.space if seen.space and (seen.space != "umap" or all_have) else "umap" if all_have else "pca"


# -- drawing


def matrix(side: Side, slot: int, seen: Compared) -> None:
    """Classes by clusters, or without labels the clusters of the reference by those of this run."""
    rows, classes, counts, class_of = side.counts
    letters, order = side.letters, np.argsort(side.places)
    columns = [{"name": letter(place), "colour": colour(place)} for place in np.sort(side.places).tolist()]
    labelled, noun = side.run.y is not None, side.run.noun
    title = ("true digit" if noun == "digit" else "class") if labelled else "reference"
    picked = {
        "row": rows.index(seen.true) if seen.true in rows else -1,
        "column": letters.index(seen.cluster) if seen.cluster in letters else -1,
    }
    data = {
        "run": f"{side.run.folder.id} compared", "rows": rows, "columns": columns, "counts": counts[:, order].tolist(),
        "classes": classes, "class_of": class_of[order].tolist(), "show": "count", "chosen": picked, "noun": noun,
        "titles": {"rows": title, "columns": "cluster"},
        "matched": labelled, "follows": False, "name": f"Confusion matrix {slot + 1}",
        "alt": f"{thousands(int(counts.sum()))} {noun}s",
    }  # fmt: skip

    def clicked() -> None:
        cell = st.session_state[f"matrix_{slot}"].cell
        row = rows[cell["row"]] if cell["row"] >= 0 else ""
        column = letters[cell["column"]] if cell["column"] >= 0 else ""
        compare(true=row if labelled else "", cluster=column, lasso="")

    view_components.matrix(data=data, key=f"matrix_{slot}", height=MATRIX, on_cell_change=clicked)


def embedding(side: Side, slot: int, seen: Compared, space: str, mask: np.ndarray | None) -> None:
    """All samples of a run as points, in the colours of the clusters; a click opens one in Inspect."""
    letters = _by_place(side)
    at, state = _files(side, space)
    n_chosen = side.run.n if mask is None else int(mask.sum())
    data = {
        "run": f"{side.run.folder.id} compared", "map": "compared", "n": side.run.n, "space": space, "number": 0,
        "moments": [{"at": at, "state": state, "class_of": [-1] * len(letters)}],
        "digits": inspection_cache.digits_file(side.run), "digit_names": list(side.run.classes),
        "cluster_letters": letters,
        "cluster_names": [f"cluster {name}" for name in letters], "kind": "class", "colour_by": "cluster",
        "looks": {"cluster": {"palette": [*TEN, GREY]}}, "sheets": inspection_cache.sheets(side.run),
        "mask": "" if mask is None else view_components.text(np.packbits(mask)), "shade": "", "trail": -1, "sample": -1,
        "fixed": True, "name": f"Embedding {slot + 1}",
        "alt": f"{thousands(side.run.n)} {side.run.noun}s as points, {thousands(n_chosen)} of them chosen",
    }  # fmt: skip

    def picked() -> None:
        inspect_next(side.run.folder.id, sample=str(int(st.session_state[f"map_{slot}"].picked)))

    def enclosed() -> None:
        corners = ",".join(f"{value:.5g}" for value in st.session_state[f"map_{slot}"].lasso["corners"])
        compare(lasso=f"{side.run.folder.id}:{corners}", space=space, true="", cluster="")

    components.scene(data, f"map_{slot}", MAP, on_picked_change=picked, on_lasso_change=enclosed)


def _by_place(side: Side) -> list[str]:
    """Names of all places up to the last one: the browser finds a cluster's by its place."""
    return [letter(place) for place in range(int(side.places.max()) + 1)]


def _files(side: Side, space: str) -> tuple[str, str]:
    """Addresses of the positions and of the clusters of all samples."""
    beside = side.reference.run.version if side.reference else ""
    made_of = f"{side.run.version} {beside} {space} {side.places.tolist()}"
    stem = f"frames/{side.run.folder.id}/{hashlib.sha256(made_of.encode()).hexdigest()[:16]}"
    inspection_cache.make_room(static_root() / "frames" / side.run.folder.id)
    at, state = f"{stem}.map", f"{stem}.clusters"
    if not (static_root() / at).exists():
        laid = positions(side.plane(space))
        RunFolder.write(static_root() / at, lambda file: file.write(laid))
    if not (static_root() / state).exists():
        packed = clusters_and_confidence(side.now.labels, side.places, side.now.confidence, side.run.n)
        RunFolder.write(static_root() / state, lambda file: file.write(packed))
    return f"files/{at}", f"files/{state}"
