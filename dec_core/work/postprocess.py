"""What a worker adds to a run that has ended: UMAPs of the result, neighbours in z, and what needs no network.

All that takes long and changes nothing of the result, so it comes after it.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import numpy as np

from dec_core.analysis.metrics import score
from dec_core.analysis.projection import but_itself, neighbours, umap_layout, umap_plane, umap_start
from dec_core.analysis.umap_gmm import compare, group
from dec_core.analysis.warm_umap import extended_layout
from dec_core.architecture import is_one_line
from dec_core.config import RunConfig
from dec_core.data import load_shown
from dec_core.json_text import read_json
from dec_core.methods import METHODS
from dec_core.runs.folder import RunFolder, in_order
from dec_core.runs.history import RunReader, last_snapshot
from dec_core.runs.snapshots import LIVE_UMAP_FILE, half
from dec_core.runs.subset import view_index
from dec_core.work.live_umap import remove_live_umap
from dec_core.work.steady_planes import steady_planes

EPOCHS = 120  # from the last frame to the UMAP of the result: enough even if that frame is one of the first
N_NEIGHBORS = 15  # kept of each sample, itself not counted
MIXTURES = "mixtures.json"  # below the folder of runs: scores of `umap_gmm` by what they depend on
DEPENDS_ON = {
    "dataset",
    "n_samples",
    "deskew",
    "n_clusters",
    "n_neighbors",
    "gmm_n_init",
    "features",
    "compare_distorted",
}


def add_umap(folder: RunFolder) -> None:
    """Project what the last snapshot shows by UMAP and keep it as umap.npz; the record says of which snapshot it is.

    It goes on from the last frame that was made during training, if there is one, so that the map does not jump when a
    run ends. A UMAP that is there already stays as it is.
    """
    name, arrays = _last_snapshot(folder)
    if arrays is None or _is_known(folder, "umap"):
        return
    plane, z = arrays["plane"], arrays["z"]
    if len(z) > len(plane):
        z = z[view_index(len(z))]
    frame = folder.load_arrays(LIVE_UMAP_FILE)
    if frame is None:
        plane = umap_plane(z, plane)
    else:
        plane = extended_layout(z.astype(np.float32), frame["plane"], frame["index"], EPOCHS)
    folder.save_arrays("umap.npz", plane=plane)
    folder.append({"event": "ProjectionReady", "file": "umap.npz", "snapshot": name})
    remove_live_umap(folder)


def add_inspection(folder: RunFolder) -> None:
    """Find neighbours in z, a UMAP of all samples and planes that hold still, and keep them as inspection.npz.

    The UMAP begins with that of the view, so that the two look alike. Snapshots of earlier versions hold z of the view
    alone: then the model places the rest, and its z are kept, too. What is there already stays as it is.
    """
    name, arrays = _last_snapshot(folder)
    if arrays is None or "labels" not in arrays or _is_known(folder, "inspection"):
        return
    _keep_networks(folder)
    z, placed = _whole_z(folder, arrays)
    if z is None:
        return
    near = neighbours(z, N_NEIGHBORS + 1)
    plane, view = _known_umap(folder, name, len(z)), view_index(len(z))
    if plane is None:
        plane = umap_plane(z[view], arrays["plane"])
    if len(view) < len(z):
        nearest = neighbours(z[view], 1, z)[0][:, 0]
        plane = umap_layout(z, umap_start(plane[nearest], 2), near, min_dist=0.1)
    kept = {"z": half(z)} if placed else {}
    kept |= steady_planes(folder)
    folder.save_arrays("inspection.npz", neighbours=but_itself(near[0]).astype(np.int32), umap=plane, **kept)
    folder.append({"event": "InspectionReady", "file": "inspection.npz", "snapshot": name})


def _is_known(folder: RunFolder, what: str) -> bool:
    """Whether the newest snapshot has this already, and it can be read."""
    file = getattr(RunReader(folder).refresh(), what)
    return file is not None and folder.load_arrays(file) is not None


def _keep_networks(folder: RunFolder) -> None:
    """Decoder and encoder of a run that ended before they were kept, from its model."""
    if not METHODS[folder.config.method].has_network or not (folder.path / "model.keras").is_file():
        return
    if all((folder.path / name).is_file() for name in ("decoder.npz", "encoder.npz")):
        return
    from dec_core.networks.saving import load_model

    encoder, decoder, _ = load_model(folder.path / "model.keras")
    folder.save_arrays("decoder.npz", **in_order(decoder.get_weights()))
    folder.save_arrays("encoder.npz", **in_order(encoder.get_weights()))


def _last_snapshot(folder: RunFolder) -> tuple[str, dict[str, np.ndarray] | None]:
    name = last_snapshot(folder)
    return name or "", folder.load_arrays(name) if name else None


def _known_umap(folder: RunFolder, snapshot: str, n: int) -> np.ndarray | None:
    """The UMAP of the view, if it is of this snapshot."""
    ready = [record for record in folder.records()[0] if record["event"] == "ProjectionReady"]
    arrays = folder.load_arrays("umap.npz") if ready and ready[-1].get("snapshot") == snapshot else None
    return arrays["plane"] if arrays and len(arrays["plane"]) == len(view_index(n)) else None


def _whole_z(folder: RunFolder, arrays: dict[str, np.ndarray]) -> tuple[np.ndarray | None, bool]:
    """z of all samples, and whether the model had to place them; None where it is gone."""
    config, n = folder.config, len(arrays["labels"])
    if len(arrays["z"]) == n and METHODS[config.method].z != "pixels":
        return arrays["z"].astype(np.float32), False
    data = load_shown(config.dataset, config.n_samples, upright=config.deskew, root=folder.path.parent)
    if METHODS[config.method].z == "pixels":
        return data.x.astype(np.float32) / 255, False
    if not (folder.path / "model.keras").is_file():
        return None, False
    from dec_core.networks.saving import load_model
    from dec_core.training.steps import Embedder, as_images

    encoder = load_model(folder.path / "model.keras")[0]
    return Embedder(encoder, as_images(data.x, encoder.input_shape[1:]))(), True


def add_mixture(folder: RunFolder) -> None:
    """Score UMAP and a mixture on the images of a run, as a reference line for the network.

    Does nothing without labels, and for a run that has these scores already or is the mixture itself. Runs on the
    same images share the scores.
    """
    config, root = folder.config, folder.path.parent
    has_met_it = any(record["event"] == "MixtureScored" for record in folder.records()[0])
    if METHODS[config.method].centers_from == "umap_mixture" or has_met_it:
        return
    data = load_shown(config.dataset, config.n_samples, upright=config.deskew, root=root)
    if data.y is None:
        return
    key, known = _key(config), _known(root)
    if key not in known:
        shape = data.images.shape[1:]
        by = ("pixels", shape) if is_one_line(shape) else (config.features, shape, config.compare_distorted)
        images = compare(data.x, config.n_neighbors, *by)
        labels = group(images, config.n_clusters, config.gmm_n_init).responsibilities.argmax(axis=1)
        known = _known(root) | {key: vars(score(data.y, labels, config.n_clusters))}  # others may have written
        RunFolder.write(root / MIXTURES, lambda file: file.write(json.dumps(known).encode()))
    folder.append({"event": "MixtureScored", **known[key]})


def _key(config: RunConfig) -> str:
    """A key made of all that the scores depend on."""
    return hashlib.sha256(config.model_dump_json(include=DEPENDS_ON).encode()).hexdigest()[:16]


def _known(root: Path) -> dict[str, dict[str, float]]:
    """Scores stored by earlier runs; empty where the file is missing or damaged."""
    try:
        scores = read_json(root / MIXTURES)
    except ValueError:
        return {}
    return scores if isinstance(scores, dict) else {}
