"""What a config costs, before it is trained: parameters, gradient steps, memory; seconds, by runs that were.

Every estimate is arithmetic: the multiplications of a step are known from the layers, and how fast a machine does them
from runs that it has finished, or, before there is one, from a product of two matrices.
"""

from __future__ import annotations

import importlib.util
import os
import time
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from math import ceil, inf, prod
from pathlib import Path
from typing import NamedTuple

import numpy as np

from dec_core.analysis.deformed import SIDE
from dec_core.analysis.umap_gmm import CANDIDATES
from dec_core.architecture import Layer, Shape, architecture
from dec_core.config import RunConfig
from dec_core.machine import fast_precision
from dec_core.methods import METHODS, fits_mixture

STEP = 3  # passes through a layer in one gradient step: forward, and back to its inputs and to its weights
LIKE_A_PRODUCT = 0.6  # share of the speed of such a product that whole steps reach
GRAPH = 6e7  # multiplications that UMAP and a mixture are worth for each image, a rough mean
DEFORMED = 4e6  # that comparing two images of 28 x 28 is worth, where strokes may shift: from 70 000 digits, on a Xeon
IN_BFLOAT16 = 2.2  # times as fast as in float32 whole steps are, where the processor multiplies in bfloat16
BESIDE_UMAP = 1.8  # times as long gradient steps take while UMAP and a mixture have one of two cores
COMPILING = 15.0  # seconds, where numba has never compiled UMAP: measured once, on an EPYC beside a pretraining


class ByPhase(NamedTuple):
    """A number for each phase of a run, named as in `RunStatus.seconds`."""

    pretraining: float = 0.0
    centers: float = 0.0
    clustering: float = 0.0


class Rates(NamedTuple):
    """Seconds for each multiplication of a phase, and those for which UMAP is compiled first.

    `measured` says whether gradient steps were timed in a run. What products of matrices say is the least they take:
    the fastest product tells nothing of what else the machine has to do.
    """

    pretraining: float = 0.0
    centers: float = 0.0
    clustering: float = 0.0
    compiling: float = 0.0
    measured: bool = False


@dataclass(frozen=True)
class Cost:
    """What one run takes.

    Attributes
    ----------
    n_parameters : int
        Of the autoencoder; 0 without a network.
    batches_an_epoch : int
    pretrain_steps, cluster_steps : int
        Gradient steps; of clustering at most, as `tol` may end it before.
    n_bytes : int
        Images and z in memory.
    work : ByPhase
        Multiplications; for the centers those of UMAP and the mixture, which begin with the pretraining.
    """

    n_parameters: int
    batches_an_epoch: int
    pretrain_steps: int
    cluster_steps: int
    n_bytes: int
    work: ByPhase

    def seconds(self, rates: Rates) -> ByPhase:
        """How long each phase takes. For the centers, as long as a mixture is waited for after the pretraining."""
        pretraining, mixture, clustering = (work * rate for work, rate in zip(self.work, rates, strict=False))
        mixture += rates.compiling if self.work.centers else 0.0
        return ByPhase(pretraining, max(0.0, mixture - pretraining), clustering)


def cost(config: RunConfig, n_images: int, image_shape: Shape) -> Cost:
    """What training `config` on `n_images` of `image_shape` takes. Raises ValueError if its network does not fit."""
    method, n = METHODS[config.method], min(config.n_samples or n_images, n_images)
    network = architecture(config, image_shape)
    batches = ceil(n / config.batch_size)
    epochs = config.pretrain_epochs if method.has_network else 0
    steps = config.max_iterations if method.trains_centers else 0
    encode = _products(network.encoder, network.input_shape)
    decode = _products(network.decoder, (network.latent_dim,))
    moved = encode + decode if method.trains_decoder else encode
    pretraining = STEP * (encode + decode) * n * epochs
    mixed = fits_mixture(config)
    work = ByPhase(
        pretraining * (BESIDE_UMAP if mixed else 1),
        centers=_graph(config, image_shape) * n if mixed else 0.0,
        clustering=STEP * moved * config.batch_size * steps + encode * n * steps / config.update_interval,
    )
    n_bytes = n * (prod(image_shape) + 4 * network.latent_dim)
    return Cost(network.n_parameters, batches, epochs * batches, steps, n_bytes, work)


def _graph(config: RunConfig, image_shape: Shape) -> float:
    """Multiplications that UMAP and a mixture are worth for each image."""
    if config.features != "deformed":
        return GRAPH
    share = prod(min(side, SIDE) for side in image_shape[:2]) / SIDE**2  # of the places of 28 x 28
    return GRAPH + DEFORMED * share * CANDIDATES * config.n_neighbors


def rates(config: RunConfig, trained: Iterable[tuple[RunConfig, dict[str, float], Cost]]) -> Rates:
    """How fast `config` is trained, by the finished runs whose network is of the same kind.

    `trained` are config, seconds by phase and cost of each. A phase that none of them had is estimated by how fast the
    machine multiplies matrices.
    """
    known = [(took, cost) for _, took, cost in trained]
    alike = [
        (took, cost)
        for c, took, cost in trained
        if (c.autoencoder, c.precision) == (config.autoencoder, config.precision)
    ]
    mixture, is_compiled = _rate_of_mixture(known)
    compiling = 0.0 if is_compiled or umap_is_compiled() else COMPILING
    precision = fast_precision() if config.precision == "auto" else config.precision
    by_products = 1 / (_products_a_second() * (IN_BFLOAT16 if precision == fast_precision() == "bfloat16" else 1))
    timed = {phase: _rate(phase, alike) for phase in ("pretraining", "clustering")}
    steps = {phase: rate or by_products for phase, rate in timed.items()}
    return Rates(**steps, centers=mixture, compiling=compiling, measured=any(timed.values()))


def _rate(phase: str, trained: list[tuple[dict[str, float], Cost]]) -> float:
    """By the runs that had this phase; 0 where none had."""
    work = sum(getattr(cost.work, phase) for took, cost in trained if phase in took)
    return sum(took[phase] for took, cost in trained if phase in took) / work if work else 0.0


def _rate_of_mixture(trained: list[tuple[dict[str, float], Cost]]) -> tuple[float, bool]:
    """Of UMAP and a mixture, whatever the network, and whether a run has had them.

    They were ready when the centers were, at the latest: the fastest run counts. Of a single one it is not known
    whether it had UMAP compiled, which none after it has.
    """
    by_run = [
        (took.get("pretraining", 0.0) + took["centers"]) / cost.work.centers
        for took, cost in trained
        if cost.work.centers and "centers" in took
    ]
    by_products = 1 / _products_a_second() if len(by_run) < 2 else inf
    return min([*by_run, by_products]), bool(by_run)


def umap_is_compiled() -> bool:
    """Whether numba has kept what it compiles of UMAP: beside the package, or where it keeps such files otherwise."""
    package = importlib.util.find_spec("umap")
    chosen = os.environ.get("NUMBA_CACHE_DIR")
    of_package = [Path(folder) / "__pycache__" for folder in (package and package.submodule_search_locations) or ()]
    folders = [*Path(chosen).glob("umap*")] if chosen else [*of_package, *Path.home().glob(".cache/numba/umap*")]
    return any(next(folder.glob("layouts.*single_epoch-*.nbi"), None) for folder in folders)


def _products(layers: tuple[Layer, ...], start: Shape) -> float:
    """Multiplications of one image's way through the layers: a kernel is applied at every place of the smaller side."""
    total, before = 0.0, start
    for layer in layers:
        places = min(prod(before[:-1]), prod(layer.shape[:-1])) if len(layer.shape) == len(before) == 3 else 1
        total += layer.n_parameters * places * layer.has_kernel
        before = layer.shape
    return total


@cache
def _products_a_second() -> float:
    """Of this machine, in whole training steps: the fastest of some small products of matrices, on every core."""
    a, times = np.ones((128, 128), dtype=np.float32), []
    for _ in range(100):
        started = time.perf_counter()
        a @ a
        times.append(time.perf_counter() - started)
    return LIKE_A_PRODUCT * (os.cpu_count() or 1) * 128**3 / min(times)
