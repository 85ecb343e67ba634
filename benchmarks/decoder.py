"""What the decoder makes of z at the end, with and without learning along: for what one sees, not for ACC.

By seed: ACC, the reconstruction's error at the end over that at the end of pretraining, and how many of the decoded
centers are encoded into their own cluster.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np

from dec_core.cli.options import add_command
from dec_core.config import RunConfig
from dec_core.data import load
from dec_core.presets import PRESETS, name_of
from dec_core.runs.folder import RunFolder, list_runs

N_IMAGES = 2000  # whose reconstruction is measured


def add_parser(commands: Any) -> None:
    parser = add_command(commands, "decoder", "measure what decoded centers and reconstructions are worth")
    parser.add_argument("preset", nargs="?", default="first-look", choices=PRESETS, help="default: first-look")
    parser.add_argument("--seeds", type=int, default=5, metavar="N", help="seeds 0 to N - 1 (default: 5)")
    parser.add_argument("--runs", type=Path, metavar="DIR", help="instead of training: of the finished runs in DIR")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    print(
        "| method | seed | ACC | reconstruction error, end over pretraining | centers that come back |\n"
        "|---|---|---|---|---|"
    )
    if options.runs:
        for folder in list_runs(options.runs):
            if folder.status.state == "finished" and folder.config.method in ("dec", "joint"):
                acc, ratio, n_back, n = of_run(folder)
                name, seed = name_of(folder.config), folder.config.random_state
                print(f"| {name} | {seed} | {acc:.4f} | {ratio:.2f} | {n_back} of {n} |", flush=True)
        return 0
    for method in ("dec", PRESETS[options.preset].method):
        for seed in range(options.seeds):
            acc, ratio, n_back, n = measure(PRESETS[options.preset].changed(method=method, random_state=seed))
            print(f"| {method} | {seed} | {acc:.4f} | {ratio:.2f} | {n_back} of {n} |", flush=True)
    return 0


def measure(config: RunConfig) -> tuple[float, float, int, int]:
    """ACC, ratio of errors, and how many of how many decoded centers come back."""
    from dec_core.analysis.metrics import score
    from dec_core.training import TrainingState, train
    from dec_core.training.events import CentersInitialized

    data = load(config.dataset, config.n_samples, upright=config.deskew)
    state, pretrained = TrainingState(config, data.images.shape[1:]), float("nan")
    for event in train(state, data.x):
        if isinstance(event, CentersInitialized):
            pretrained = reconstruction_error(state, data.x)
    acc = score(data.y, state.labels, config.n_clusters).acc
    return acc, reconstruction_error(state, data.x) / pretrained, n_that_come_back(state), config.n_clusters


def of_run(folder: RunFolder) -> tuple[float, float, int, int]:
    """The same of a run that was recorded and has finished."""
    from dec_core.networks.saving import load_model
    from dec_core.training import TrainingState

    config = folder.config
    data = load(config.dataset, config.n_samples, upright=config.deskew, root=folder.path.parent)
    state = TrainingState.from_arrays(config, data.images.shape[1:], folder.load_arrays("pretrained.npz"))
    pretrained = reconstruction_error(state, data.x)
    encoder, decoder, clustering_layer = load_model(folder.path / "model.keras")
    ended = SimpleNamespace(
        encoder=encoder, decoder=decoder, clustering_layer=clustering_layer, input_shape=state.input_shape,
        cluster_centers=clustering_layer.get_weights()[0],
    )  # fmt: skip
    ratio = reconstruction_error(ended, data.x) / pretrained
    return folder.status.outcome["acc"], ratio, n_that_come_back(ended), config.n_clusters


def reconstruction_error(state: Any, x: np.ndarray) -> float:
    """Mean squared error per pixel of the first images."""
    images = (x[:N_IMAGES].reshape(-1, *state.input_shape) / 255).astype(np.float32)
    return float(np.mean(np.square(np.asarray(state.decoder(state.encoder(images))) - images)))


def n_that_come_back(state: Any) -> int:
    """How many centers, decoded as an image of 256 grays and encoded again, lie in their own cluster."""
    centers = np.asarray(state.cluster_centers, dtype=np.float32)
    images = np.round(np.clip(np.asarray(state.decoder(centers)), 0, 1) * 255) / 255
    q = np.asarray(state.clustering_layer(state.encoder(images.astype(np.float32))))
    return int((q.argmax(axis=1) == np.arange(len(centers))).sum())
