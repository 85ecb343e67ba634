"""What a config costs, before it is trained: parameters, gradient steps, memory; seconds, by runs that were.

Every estimate is arithmetic: the multiplications of a step are known from the layers, and how fast a machine does them
from runs that it has finished, or, before there is one, from a product of two matrices.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from math import ceil, prod
from typing import NamedTuple

import numpy as np

from dec_core.architecture import Layer, Shape, architecture
from dec_core.config import RunConfig
from dec_core.methods import METHODS, fits_mixture

STEP = 3  # passes through a layer in one gradient step: forward, and back to its inputs and to its weights
LIKE_A_PRODUCT = 0.6  # share of the speed of such a product that whole steps reach
GRAPH = 6e7  # multiplications that UMAP and a mixture are worth for each image, a rough mean


class ByPhase(NamedTuple):
    """A number for each phase of a run, named as in `RunStatus.seconds`."""

    pretraining: float = 0.0
    centers: float = 0.0
    clustering: float = 0.0


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
        Multiplications.
    """

    n_parameters: int
    batches_an_epoch: int
    pretrain_steps: int
    cluster_steps: int
    n_bytes: int
    work: ByPhase

    def seconds(self, rates: ByPhase) -> ByPhase:
        """How long each phase takes at `rates`, seconds for each multiplication."""
        return ByPhase(*(work * rate for work, rate in zip(self.work, rates, strict=True)))


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
    work = ByPhase(
        pretraining,
        centers=max(0.0, GRAPH * n - pretraining) if fits_mixture(config) else 0.0,  # it begins with the pretraining
        clustering=STEP * moved * config.batch_size * steps + encode * n * steps / config.update_interval,
    )
    n_bytes = n * (prod(image_shape) + 4 * network.latent_dim)
    return Cost(network.n_parameters, batches, epochs * batches, steps, n_bytes, work)


def rates(config: RunConfig, trained: Iterable[tuple[RunConfig, dict[str, float], Cost]]) -> ByPhase:
    """Seconds for each multiplication of `config`'s phases, by the finished runs whose network is of the same kind.

    `trained` are config, seconds by phase and cost of each. A phase that none of them had is estimated by how fast the
    machine multiplies matrices.
    """
    alike = [
        (took, cost)
        for c, took, cost in trained
        if (c.autoencoder, c.precision) == (config.autoencoder, config.precision)
    ]
    return ByPhase(*(_rate(phase, alike) for phase in ByPhase._fields))


def _rate(phase: str, trained: list[tuple[dict[str, float], Cost]]) -> float:
    work = sum(getattr(cost.work, phase) for took, cost in trained if phase in took)
    return sum(took[phase] for took, cost in trained if phase in took) / work if work else 1 / _products_a_second()


def _products(layers: tuple[Layer, ...], start: Shape) -> float:
    """Multiplications of one image's way through the layers: a kernel is applied at every place of the smaller side."""
    total, before = 0.0, start
    for layer in layers:
        places = min(prod(before[:-1]), prod(layer.shape[:-1])) if len(layer.shape) == len(before) == 3 else 1
        total += layer.n_parameters * places
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
