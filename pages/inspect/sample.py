"""The card of one sample: why it lies where it lies."""

from __future__ import annotations

from typing import Any

import numpy as np
import streamlit as st

from dec_core.analysis.blas_threads import one_blas_thread
from dec_core.analysis.verdict import thousands
from dec_core.methods import METHODS
from dec_core.reading.run import Run
from dec_core.reading.snapshot import Snapshot
from pages.inspect import view_components
from pages.inspect.view_state import change_view
from pages.inspect.views import cluster_colour, tile
from pages.shared.matrix import base64_of
from pages.shared.numbers import numbers_data

N_NEIGHBOURS, N_STEPS = 5, 8
SHARPENED = "Target distribution (DEC, equation 3)"
NO_TARGET = "This method trains toward no target p."
HELD = "At this moment the target is still that of UMAP and the mixture, which is not kept."
BEFORE_CLUSTERS = {
    "sentence": "Clusters form after pretraining; in this snapshot the autoencoder is still being pretrained.",
    "lacking": "", "paths": [], "bars": [], "about_p": "", "neighbours": [], "strip": [], "numbers": None,
}  # fmt: skip


def card(run: Run, now: Snapshot, index: int, height: int) -> None:
    """Everything that is known of sample `index` at this moment."""

    def picked() -> None:
        change_view(sample=int(st.session_state.card.picked))

    def closed() -> None:
        change_view(sample=None)

    def went_back() -> None:
        number = int(st.session_state.card.moment)
        change_view(moment=None if number == len(run.snapshots) - 1 else number)

    data = card_data(run, now, index)
    view_components.card(
        data=data, key="card", height=height,
        on_picked_change=picked, on_closed_change=closed, on_moment_change=went_back,
    )  # fmt: skip


def card_data(run: Run, now: Snapshot, index: int) -> dict[str, Any]:
    """What the card shows, with all images it needs by name."""
    title = f"{run.noun.capitalize()} {thousands(index)}"
    images: dict[str, np.ndarray] = {"image": run.images[index]}
    pictures = [{"name": "the image", "key": "image", "hint": "The image as the network receives it."}]
    data = {"title": title, "name": title, "size": view_components.size(run.image_shape), "pictures": pictures}
    with one_blas_thread():  # a few images are decoded: several threads would wait for each other
        data |= _of_clusters(now, index, pictures, images) if now.clustered else BEFORE_CLUSTERS
    return data | {"images": {name: base64_of(image) for name, image in images.items()}}


def _of_clusters(
    now: Snapshot, index: int, pictures: list[dict[str, str]], images: dict[str, np.ndarray]
) -> dict[str, Any]:
    """All of it that needs clusters; what it shows is added to `pictures` and `images`."""
    run, assigned = now.run, int(now.labels[index])
    clusters = list(dict.fromkeys((assigned, _rival(now, index))))
    reconstructed = _add_reconstruction(now, index, pictures, images)
    _add_centers(now, clusters, pictures, images)
    near = now.neighbours(index, N_NEIGHBOURS).tolist()
    images |= {f"near {i}": run.images[i] for i in near}
    return {
        "sentence": now.story(index),
        "paths": [
            path for cluster in clusters for path in _path(now, index, cluster, images, _role(now, index, cluster))
        ],
        "bars": _bars(run, now, index, assigned),
        "about_p": _about_p(now),
        "neighbours": [tile(run, now, i) | {"key": f"near {i}"} for i in near],
        "strip": _strip(run, now, index),
        "n_moments": len(now.label_history),
        "steps": [f"step {thousands(run.snapshots[number]['iteration'])}" for number in (run.clustered[0], now.number)],
        "lacking": _lacking(run, now, reconstructed=reconstructed),
        "numbers": numbers_data(now, index),
    }


def _about_p(now: Snapshot) -> str:
    if not METHODS[now.run.config.method].shows_target:
        return NO_TARGET
    return HELD if now.holds_first_target else SHARPENED


def _add_reconstruction(
    now: Snapshot, index: int, pictures: list[dict[str, str]], images: dict[str, np.ndarray]
) -> bool:
    """Whether there is one."""
    z = now.z(index)
    decoded = now.run.decode(z) if now.newest and np.isfinite(z).all() else None
    if decoded is None:
        return False
    images["reconstruction"] = decoded[0]
    hint = "Orange: ink lost in reconstruction. Blue: ink added."
    pictures += [
        {"name": "reconstruction", "key": "reconstruction", "hint": "The decoder's output for its z."},
        {"name": "difference", "key": "difference", "hint": hint},
    ]
    return True


def _add_centers(
    now: Snapshot, clusters: list[int], pictures: list[dict[str, str]], images: dict[str, np.ndarray]
) -> None:
    """The decoded center of its own cluster, the first, and of the rival."""
    decoded = now.arrays.get("decoded_centers")
    for cluster in clusters if decoded is not None else ():
        images[f"center {cluster}"] = decoded[cluster]
        name = f"center of {now.run.letters[cluster]}"
        pictures.append({"name": name, "key": f"center {cluster}", "hint": "The decoded cluster center."})


def _rival(now: Snapshot, index: int) -> int:
    """The cluster it might lie in instead: of a wrong sample the one of its class, else the second nearest."""
    true = _cluster_of_its_class(now, index)
    return int(now.rivals.second[index]) if true is None or not now.wrong[index] else true


def _cluster_of_its_class(now: Snapshot, index: int) -> int | None:
    matched = [] if now.class_of is None else np.flatnonzero(now.class_of == now.run.y[index])
    return int(matched[0]) if len(matched) else None


def _role(now: Snapshot, index: int, cluster: int) -> str:
    """What a cluster is to a sample."""
    if cluster == now.labels[index]:
        return "its cluster"
    return "the cluster of its class" if cluster == _cluster_of_its_class(now, index) else "the runner-up"


def _path(now: Snapshot, index: int, cluster: int, images: dict[str, np.ndarray], role: str) -> list[dict[str, Any]]:
    """The row that leads to a center, one or none."""
    path = now.path(index, cluster, N_STEPS) if now.newest else None
    if path is None:
        return []
    keys = [f"path {cluster} {step}" for step in range(len(path))]
    images |= dict(zip(keys, path, strict=True))
    return [{"title": f"Decoded path from its z to the center of {now.name_of(cluster)}, {role}", "keys": keys}]


def _bars(run: Run, now: Snapshot, index: int, assigned: int) -> list[dict[str, Any]]:
    """q, p and distance of every cluster, in the order of their letters."""
    apart, true = np.linalg.norm(now.centers - now.z(index), axis=1), _cluster_of_its_class(now, index)

    def number(value: float) -> float | None:
        return float(value) if np.isfinite(value) else None

    return [
        {
            "name": now.name_of(cluster),
            "colour": cluster_colour(run, cluster),
            "q": number(now.q[index, cluster]),
            "p": number(now.p[index, cluster]),
            "distance": f"{apart[cluster]:.2f}" if np.isfinite(apart[cluster]) else None,
            "own": cluster == assigned,
            "true": cluster == true,
        }
        for cluster in np.argsort(run.cluster_order).tolist()
    ]


def _strip(run: Run, now: Snapshot, index: int) -> list[dict[str, Any]]:
    """Its clusters through the moments: a part for each stay."""
    parts: list[dict[str, Any]] = []
    steps = [run.snapshots[number]["iteration"] for number in run.clustered]
    for number, cluster, step in zip(run.clustered, now.strip(index).tolist(), steps, strict=False):
        if parts and parts[-1]["cluster"] == cluster:
            parts[-1] |= {"n": parts[-1]["n"] + 1, "last": step}
        else:
            parts.append({"cluster": cluster, "n": 1, "first": step, "last": step, "number": number})
    return [
        {
            "name": run.letters[part["cluster"]],
            "n": part["n"],
            "number": part["number"],
            "colour": cluster_colour(run, part["cluster"]),
            "words": f"cluster {run.letters[part['cluster']]}, step {part['first']} to {part['last']}",
        }
        for part in parts
    ]


def _lacking(run: Run, now: Snapshot, *, reconstructed: bool) -> str:
    """What the card cannot show here, and why."""
    if reconstructed or not METHODS[run.config.method].has_network:
        return ""
    if not now.newest:
        return "Reconstruction and path are shown for the latest snapshot only; earlier decoders are not stored."
    if not run.ended:
        return "Reconstruction and path appear when training ends."
    return "This run has no reconstruction or path yet: choose “Compute neighbors and UMAP” above."
