"""The views of one selection: matrix, embedding with its timeline, gallery. What is clicked in one, all show."""

from __future__ import annotations

from typing import Any

import numpy as np
import streamlit as st

from dec_core.analysis.verdict import thousands
from dec_core.figures.palette import GREY, N_RAMP, RIGHT, TEN, WRONG, colour, colours, point_colours, ramp
from dec_core.reading.run import Run
from dec_core.reading.snapshot import Snapshot
from pages.inspect import view_components
from pages.inspect.view_state import ViewState, change_filters, change_view
from pages.shared import browser_files, components
from pages.shared.matrix import as_list, base64_of, matrix_data
from pages.shared.matrix import matrix as matrix_component
from pages.shared.text import count_of

PAGE = 60  # samples on a page of the gallery
LOOKS = {
    "digit": [*TEN, GREY],
    "wrong": [RIGHT, WRONG],
    "sure": [*ramp(), GREY],
    "changed": [*ramp(), GREY],
}


def matrix(run: Run, now: Snapshot, view: ViewState, height: int) -> None:
    """Counts of class by cluster, or without labels of cluster by second nearest."""
    labelled, letters = run.y is not None, run.letters_in_order
    rows = [run.classes[value] for value in run.overview.classes] if labelled else letters
    row, column = (
        (view.selection.true, view.selection.cluster) if labelled else (view.selection.cluster, view.selection.second)
    )
    picked = {"row": _place(row, rows), "column": _place(column, letters)}

    def clicked() -> None:
        cell = st.session_state.matrix.cell
        first = rows[cell["row"]] if cell["row"] >= 0 else ""
        second = letters[cell["column"]] if cell["column"] >= 0 else ""
        change_filters(**({"true": first, "cluster": second} if labelled else {"cluster": first, "second": second}))

    data = matrix_data(now, picked, view.share)
    matrix_component(data=data, key="matrix", height=height, on_cell_change=clicked)


def cluster_colour(run: Run, cluster: int) -> str:
    """The colour of the cluster of that number."""
    return colour(int(run.colour_by_place[run.cluster_order[cluster]]))


def _place(name: str, names: list[str]) -> int:
    return names.index(name) if name in names else -1


def embedding(run: Run, now: Snapshot, view: ViewState, mask: np.ndarray | None, height: int) -> None:
    """All samples as points; the chosen ones stand out."""

    def picked() -> None:
        change_view(sample=int(st.session_state.scene.picked))

    def enclosed() -> None:
        drawn = st.session_state.scene.lasso
        change_filters(lasso=tuple(map(float, drawn["corners"])), space=drawn["space"])

    data = scene_data(now, view, mask)
    components.scene(data, "scene", height, on_picked_change=picked, on_lasso_change=enclosed)


def second_scene(now: Snapshot, view: ViewState, mask: np.ndarray | None, height: int) -> None:
    """The same samples at a second moment, or in a second run."""

    def picked() -> None:
        change_view(sample=int(st.session_state.scene_beside.picked))

    data = scene_data(now, view, mask) | {"fixed": True, "trail": -1, "name": "Embedding there"}
    data["run"] = f"{now.run.folder.id} beside"  # it does not follow the timeline
    components.scene(data, "scene_beside", height, on_picked_change=picked)


def scene_data(now: Snapshot, view: ViewState, mask: np.ndarray | None) -> dict[str, Any]:
    """What the point view draws of a moment."""
    run, glances, letters = now.run, now.run.overview.snapshots, now.run.letters_in_order
    space, colour_by = space_of(now, view), colour_of(run, now, view)
    files = browser_files.point_files(run, now.number, space)
    moments = [pair | {"class_of": as_list(glance.class_of)} for pair, glance in zip(files, glances, strict=True)]
    n_chosen = run.n if mask is None else int(mask.sum())
    palette = LOOKS.get(colour_by) or point_colours(colours(run.colour_by_place))
    return {
        "run": run.folder.id, "map": run.folder.id, "n": run.n, "space": space, "number": now.number,
        "moments": moments,
        "digits": browser_files.digits_file(run), "digit_names": list(run.classes), "cluster_letters": letters,
        "kind": run.noun if run.noun == "digit" else "class", "colour_by": colour_by,
        "looks": {colour_by: {"palette": palette}}, "sheets": browser_files.sheets(run),
        "mask": "" if mask is None else base64_of(np.packbits(mask)),
        "shade": base64_of(_shade(now)) if colour_by == "changed" else "",
        "trail": view.selection.since if view.selection.was else -1,
        "sample": -1 if view.sample is None else view.sample, "name": "Embedding of all samples",
        "alt": f"{thousands(run.n)} {run.noun}s as points, {thousands(n_chosen)} of them selected",
    }  # fmt: skip


def space_of(now: Snapshot, view: ViewState) -> str:
    """The projection that is shown: the one that was asked for, or else UMAP where there is one."""
    spaces = now.run.at(-1).spaces() if now.run.snapshots else ["pca"]
    return view.space if view.space and (view.space != "umap" or "umap" in spaces) else spaces[0]


def colour_of(run: Run, now: Snapshot, view: ViewState) -> str:
    """What colours say: what was asked for, if it is known."""
    wanted = view.colour or ("digit" if run.y is not None else "cluster")
    return "cluster" if wanted in ("digit", "wrong") and run.y is None else wanted


def _shade(now: Snapshot) -> np.ndarray:
    """When each sample last changed cluster, as a number of the ramp."""
    if not len(now.label_history):
        return np.full(now.run.n, N_RAMP, np.uint8)
    return np.round(now.last_change / max(len(now.label_history) - 1, 1) * (N_RAMP - 1)).astype(np.uint8)


def centers(run: Run, now: Snapshot, view: ViewState, height: int) -> None:
    """The cluster centers, decoded, with the sizes of their clusters; they follow the timeline."""
    glances, letters = run.overview.snapshots, run.letters_in_order
    file, places = browser_files.centers_file(run)
    order = np.argsort(run.cluster_order).tolist()
    data = {
        "run": run.folder.id, "number": now.number, "file": file, "places": places,
        "sizes": [as_list(glance.sizes) for glance in glances], "names": letters, "samples": _nearest(run, now, order),
        "colours": colours(run.colour_by_place),
        "titles": [f"cluster {now.name_of(cluster)}" if now.clustered else "" for cluster in order],
        "chosen": _place(view.selection.cluster, letters), **view_components.size(run.image_shape),
        "name": "Of each cluster the image nearest to its center, the center decoded, and the cluster's size",
    }  # fmt: skip

    def clicked() -> None:
        name = letters[int(st.session_state.centers.cluster)]
        change_filters(cluster="" if name == view.selection.cluster else name)

    view_components.centers(data=data, key="centers", height=height, on_cluster_change=clicked)


def _nearest(run: Run, now: Snapshot, order: list[int]) -> str:
    """The image nearest to the center of each cluster, as a component takes them; black where it is empty."""
    if not now.clustered:
        return ""
    nearest = [now.typical(cluster, 1) for cluster in order]
    empty = np.zeros(run.image_shape, dtype=np.uint8)
    return base64_of(np.stack([run.images[index[0]] if len(index) else empty for index in nearest]))


def gallery(run: Run, now: Snapshot, view: ViewState, chosen: np.ndarray, height: int) -> None:
    """The chosen samples, the most telling first, a page at a time."""
    samples = ordered(run, now, view, chosen)
    n_pages = max(1, -(-len(samples) // PAGE))
    page = min(view.page, n_pages - 1)
    on_page = samples[page * PAGE : (page + 1) * PAGE]
    last = min((page + 1) * PAGE, len(samples))
    range_line = f"{thousands(page * PAGE + 1)} to {thousands(last)} of {thousands(len(samples))}"
    data = {
        "groups": _groups(run, now, view, on_page),
        "images": base64_of(run.images[on_page]), **view_components.size(run.image_shape),
        "sample": -1 if view.sample is None else view.sample, "page": page, "n_pages": n_pages,
        "words": range_line if len(samples) else "No sample passes all filters.",
        "name": count_of(len(on_page), run.noun),
    }  # fmt: skip

    def picked() -> None:
        change_view(sample=int(st.session_state.gallery.picked))

    def turned() -> None:
        change_view(page=int(st.session_state.gallery.page))

    view_components.gallery(data=data, key="gallery", height=height, on_picked_change=picked, on_page_change=turned)


def ordered(run: Run, now: Snapshot, view: ViewState, chosen: np.ndarray) -> np.ndarray:
    """The chosen samples as the gallery shows them."""
    return now.sort(chosen, order_of(run, view), group_of(now, view))


def order_of(run: Run, view: ViewState) -> str:
    """The order that was asked for, or else the most telling."""
    return view.order or ("wrong" if run.y is not None else "uncertain")


def group_of(now: Snapshot, view: ViewState) -> str:
    """What the gallery is grouped by; before there are clusters, not by them."""
    return "" if view.group == "cluster" and not now.clustered else view.group


def _groups(run: Run, now: Snapshot, view: ViewState, index: np.ndarray) -> list[dict[str, Any]]:
    samples = [tile(run, now, int(i)) for i in index]
    if not group_of(now, view):
        return [{"title": "", "samples": samples}]
    groups: dict[int, list[dict[str, Any]]] = {}
    for number, sample in zip(now.group_of(index, view.group).tolist(), samples, strict=True):
        groups.setdefault(number, []).append(sample)
    names = run.classes if view.group == "digit" else [f"Cluster {name}" for name in run.letters_in_order]
    return [{"title": names[number], "samples": part} for number, part in groups.items()]


def tile(run: Run, now: Snapshot, index: int) -> dict[str, Any]:
    """What stands below the image of one sample: digit → cluster, and how sure it is."""
    true = "" if run.y is None else run.classes[run.y[index]]
    if not now.clustered:
        return {"index": index, "caption": true or str(index), "colour": "", "share": 0, "wrong": False}
    cluster = int(now.labels[index])
    confidence = float(now.confidence[index])
    return {
        "index": index,
        "caption": f"{true} → {run.letters[cluster]}" if true else f"in {run.letters[cluster]}",
        "colour": cluster_colour(run, cluster),
        "share": confidence if confidence == confidence else 0,
        "wrong": now.wrong is not None and bool(now.wrong[index]),
    }
