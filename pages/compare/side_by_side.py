"""Matrices and maps of several runs side by side: clusters that belong together have one name, one colour.

A cluster has the name of the reference's that shares most samples with it; maps are turned so that they lie like the
reference's. What is chosen in one is shown in all.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import numpy as np
import streamlit as st

from dec_core.analysis.in_words import matrix_in_words
from dec_core.analysis.inspection import inside
from dec_core.analysis.naming import letter
from dec_core.analysis.verdict import thousands
from dec_core.figures.embedding import clusters_and_confidence, positions
from dec_core.figures.palette import colours, point_colours
from dec_core.reading.alignment import Aligned
from dec_core.reading.run import Run
from dec_core.runs.folder import RunFolder
from pages.compare.state import Comparison, compare
from pages.shared import browser_files, components
from pages.shared.focus import inspect_next
from pages.shared.matrix import base64_of
from pages.shared.matrix import matrix as matrix_component
from pages.shared.opened import opened, snapshot
from pages.shared.places import static_root

MATRIX, MAP = 274, 280  # heights in pixels


def sides(run_ids: Sequence[str], reference: str) -> list[Aligned | None]:
    """The runs as they stand beside the reference, None for those that have no clusters yet, or cannot be read."""
    first = _side(reference, None)
    return [first if run_id == reference else _side(run_id, first) for run_id in run_ids]


def _side(run_id: str, reference: Aligned | None) -> Aligned | None:
    try:
        run = opened(run_id)
        number = run.newest_clustered()
        if number is None:
            return None
        return _aligned(run.version, reference and reference.run.version, number, run, reference)
    except ValueError:  # its screen Inspect says what is wrong
        return None


@st.cache_resource(max_entries=32, show_spinner=False)
def _aligned(version: str, of_reference: str | None, number: int, _run: Run, _reference: Aligned | None) -> Aligned:
    return Aligned(snapshot(_run, number), _reference)


# -- the chosen samples


def masks(shown: list[Aligned], comparison: Comparison) -> list[np.ndarray | None]:
    """For each run which samples are chosen, bool, shape (n,); None where nothing is."""
    drawn, _, corners = comparison.lasso.partition(":")
    drawn_in = next((side for side in shown if side.run.folder.id == drawn), None)
    enclosed = _enclosed(drawn_in, corners, shown, comparison)
    chosen = []
    for side in shown:
        mask = np.ones(side.run.n, bool)
        if comparison.true and side.run.y is not None:
            mask &= side.run.y == (
                side.run.classes.index(comparison.true) if comparison.true in side.run.classes else -1
            )
        if comparison.cluster:
            mask &= np.array([letter(int(place)) == comparison.cluster for place in side.cluster_order])[
                side.snapshot.labels
            ]
        if enclosed is not None:
            alike = side.run.config.dataset == drawn_in.run.config.dataset
            mask &= np.isin(side.file_index, enclosed) if alike else False
        chosen.append(mask if comparison.true or comparison.cluster or enclosed is not None else None)
    return chosen


def _enclosed(side: Aligned | None, corners: str, shown: list[Aligned], comparison: Comparison) -> np.ndarray | None:
    """Places in the file of the samples inside the lasso; None without one."""
    try:
        polygon = np.reshape([float(part) for part in corners.split(",")], (-1, 2))
    except ValueError:
        return None
    if side is None or len(polygon) < 3 or not np.isfinite(polygon).all():
        return None
    with np.errstate(invalid="ignore"):
        return side.file_index[inside(polygon, side.plane(space_of(shown, comparison)))]


def space_of(shown: list[Aligned], comparison: Comparison) -> str:
    """The projection of all maps: what was asked for, or else UMAP where all have one."""
    all_have = all("umap" in side.snapshot.spaces() for side in shown)
    return (
        comparison.space
        if comparison.space and (comparison.space != "umap" or all_have)
        else "umap"
        if all_have
        else "pca"
    )


# -- drawing


def matrix(side: Aligned, slot: int, comparison: Comparison) -> None:
    """Classes by clusters, or without labels the clusters of the reference by those of this run."""
    table, rows = side.table, side.table.rows
    letters, order = side.letters, np.argsort(side.cluster_order)
    tones = colours(side.colour_by_place)
    columns = [{"name": letter(place), "colour": tones[place]} for place in np.sort(side.cluster_order).tolist()]
    labelled, noun = side.run.y is not None, side.run.noun
    title = ("true digit" if noun == "digit" else "class") if labelled else "reference"
    picked = {
        "row": rows.index(comparison.true) if comparison.true in rows else -1,
        "column": letters.index(comparison.cluster) if comparison.cluster in letters else -1,
    }
    data = {
        "run": f"{side.run.folder.id} compared", "rows": rows, "columns": columns, "show": "count", "chosen": picked,
        "counts": table.counts[:, order].tolist(), "classes": table.row_numbers,
        "class_of": table.row_of[order].tolist(), "noun": noun,
        "titles": {"rows": title, "columns": "cluster"},
        "matched": labelled, "follows": False, "name": f"Confusion matrix {slot + 1}",
        "alt": matrix_in_words(side.snapshot.confusion, side.run.classes, noun) if labelled else
        f"{thousands(int(table.counts.sum()))} {noun}s by the reference's clusters.",
    }  # fmt: skip

    def clicked() -> None:
        cell = st.session_state[f"matrix_{slot}"].cell
        row = rows[cell["row"]] if cell["row"] >= 0 else ""
        column = letters[cell["column"]] if cell["column"] >= 0 else ""
        compare(true=row if labelled else "", cluster=column, lasso="")

    matrix_component(data=data, key=f"matrix_{slot}", height=MATRIX, on_cell_change=clicked)


def embedding(side: Aligned, slot: int, comparison: Comparison, space: str, mask: np.ndarray | None) -> None:
    """All samples of a run as points, in the colours of the clusters; a click opens one in Inspect."""
    letters = _by_place(side)
    at, state = _files(side, space)
    n_chosen = side.run.n if mask is None else int(mask.sum())
    data = {
        "run": f"{side.run.folder.id} compared", "map": "compared", "n": side.run.n, "space": space, "number": 0,
        "moments": [{"at": at, "state": state, "class_of": [-1] * len(letters)}],
        "digits": browser_files.digits_file(side.run), "digit_names": list(side.run.classes),
        "cluster_letters": letters, "kind": "class", "colour_by": "cluster",
        "looks": {"cluster": {"palette": point_colours(colours(side.colour_by_place))}},
        "sheets": browser_files.sheets(side.run),
        "mask": "" if mask is None else base64_of(np.packbits(mask)), "shade": "", "trail": -1, "sample": -1,
        "fixed": True, "name": f"Embedding {slot + 1}",
        "alt": f"{thousands(side.run.n)} {side.run.noun}s as points, {thousands(n_chosen)} of them selected",
    }  # fmt: skip

    def picked() -> None:
        inspect_next(side.run.folder.id, sample=str(int(st.session_state[f"map_{slot}"].picked)))

    def enclosed() -> None:
        corners = ",".join(f"{value:.5g}" for value in st.session_state[f"map_{slot}"].lasso["corners"])
        compare(lasso=f"{side.run.folder.id}:{corners}", space=space, true="", cluster="")

    components.scene(data, f"map_{slot}", MAP, on_picked_change=picked, on_lasso_change=enclosed)


def _by_place(side: Aligned) -> list[str]:
    """Names of all places up to the last one: the browser finds a cluster's by its place."""
    return [letter(place) for place in range(int(side.cluster_order.max()) + 1)]


def _files(side: Aligned, space: str) -> tuple[str, str]:
    """Addresses of the positions and of the clusters of all samples."""
    reference_version = side.reference.run.version if side.reference else ""
    made_of = f"{side.run.version} {reference_version} {space} {side.cluster_order.tolist()}"
    stem = f"frames/{side.run.folder.id}/{hashlib.sha256(made_of.encode()).hexdigest()[:16]}"
    browser_files.make_room(static_root() / "frames" / side.run.folder.id)
    at, state = f"{stem}.map", f"{stem}.clusters"
    if not (static_root() / at).exists():
        laid = positions(side.plane(space))
        RunFolder.write(static_root() / at, lambda file: file.write(laid))
    if not (static_root() / state).exists():
        packed = clusters_and_confidence(side.snapshot.labels, side.cluster_order, side.snapshot.confidence, side.run.n)
        RunFolder.write(static_root() / state, lambda file: file.write(packed))
    return f"files/{at}", f"files/{state}"
