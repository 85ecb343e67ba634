"""What a worker adds to a run that has ended: the UMAP of the result, and what needs no network.

Both take long and change nothing of the result, so they come after it.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

from dec_core.analysis.metrics import score
from dec_core.analysis.projection import umap_plane
from dec_core.analysis.umap_gmm import compare, group
from dec_core.config import RunConfig
from dec_core.data import load
from dec_core.runs.folder import RunFolder

MIXTURES = "mixtures.json"  # below the folder of runs: scores of `umap_gmm` by what they depend on
COUNTS = {"dataset", "n_samples", "deskew", "n_clusters", "n_neighbors", "gmm_n_init", "features", "compare_distorted"}


def add_umap(folder: RunFolder) -> None:
    """Project the last snapshot by UMAP and keep it as umap.npz; the record says of which snapshot it is."""
    snapshots = sorted((folder.path / "snapshots").glob("*.npz"))
    if not snapshots:
        return
    name = f"snapshots/{snapshots[-1].name}"
    arrays = folder.load_arrays(name)
    if arrays is None:
        return
    plane = umap_plane(arrays["z"], arrays["plane"])
    folder.save_arrays("umap.npz", plane=plane)
    folder.append({"event": "ProjectionReady", "file": "umap.npz", "snapshot": name})


def add_mixture(folder: RunFolder) -> None:
    """Score UMAP and a mixture on the images of a run, as a line for the network to be held against.

    Nothing is done where labels are not known or the run has met the mixture already, or is it. Runs on the same images
    share the scores.
    """
    config, root = folder.config, folder.path.parent
    if config.method == "umap_gmm" or any(record["event"] == "MixtureScored" for record in folder.records()[0]):
        return
    data = load(config.dataset, config.n_samples, upright=config.deskew, root=root)
    if data.y is None:
        return
    key, known = _key(config), _known(root)
    if key not in known:
        shape = data.images.shape[1:]
        images = compare(data.x, config.n_neighbors, config.features, shape, config.compare_distorted)
        labels = group(images, config.n_clusters, config.gmm_n_init).responsibilities.argmax(axis=1)
        known = _known(root) | {key: vars(score(data.y, labels, config.n_clusters))}  # others may have written
        RunFolder.write(root / MIXTURES, lambda file: file.write(json.dumps(known).encode()))
    folder.append({"event": "MixtureScored", **known[key]})


def _key(config: RunConfig) -> str:
    """What the scores depend on, as a name."""
    return hashlib.sha256(config.model_dump_json(include=COUNTS).encode()).hexdigest()[:16]


def _known(root: Path) -> dict[str, dict[str, float]]:
    """Nothing, where the file is missing or damaged."""
    try:
        found = json.loads((root / MIXTURES).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}
