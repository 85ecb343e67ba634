"""What a field's value will do, where that is known, in a few words beside its slider."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from math import ceil

from dec_core.analysis.verdict import thousands
from dec_core.config import RunConfig
from dec_core.methods import METHODS, held_steps
from dec_core.reading.cost import Cost, Rates, cost
from dec_core.reading.progress import duration
from pages.shared.expected import size_and_shape
from pages.train.spans import Number

MOST_FOR_ADAM = 0.01  # above which training is likely to diverge


Value = Number | tuple[int, ...]
Line = Callable[[RunConfig, Cost, int], str]


def _passes(config: RunConfig, cost: Cost, n: int) -> str:
    passes = cost.cluster_steps / cost.batches_an_epoch
    return f"{passes:.0f} passes over the images" if passes >= 2 else f"{passes:.1f} of a pass over the images"


def _passes_or_target(config: RunConfig, cost: Cost, n: int) -> str:
    held = held_steps(config) >= config.max_iterations
    return f"{_passes(config, cost, n)}{' · all with the initial target' if held else ''}"


def _held(config: RunConfig, cost: Cost, n: int) -> str:
    share, most = config.first_target_steps / config.max_iterations, thousands(config.max_iterations)
    return f"{share:.0%} of at most {most}" if share < 1 else f"all of at most {most}: p is never computed from q"


def _tol(config: RunConfig, cost: Cost, n: int) -> str:
    held = held_steps(config)
    if not config.tol or held >= config.max_iterations:
        return "never stops early"
    changes = f"stops below {thousands(ceil(config.tol * n))} changes in {thousands(n)} images"
    return f"{changes}, after step {thousands(held)}" if held else changes


def _rate(rate: str, optimizer: str) -> Line:
    """Of a learning rate, where it is far above what the optimizer is used with."""
    return lambda config, cost, n: (
        "large for adam: 0.001 is usual"
        if getattr(config, optimizer) == "adam" and getattr(config, rate) > MOST_FOR_ADAM
        else ""
    )


def _weight(field: str) -> Line:
    """Of the weight of a clustering loss."""

    def line(config: RunConfig, cost: Cost, n: int) -> str:
        loss, value = METHODS[config.method].loss, getattr(config, field)
        return f"loss = {value:g} · {loss.name} + reconstruction" if loss and value else "reconstruction alone"

    return line


def _momentum(config: RunConfig, cost: Cost, n: int) -> str:
    return f"averages about {1 / (1 - config.momentum):.0f} steps" if config.momentum else "each step by itself"


def _read(config: RunConfig, cost: Cost, n: int) -> str:
    memory = _memory(cost.n_bytes)
    return f"{thousands(cost.batches_an_epoch)} batches · {memory}" if METHODS[config.method].has_network else memory


LINES: dict[str, Line] = {
    "n_samples": _read,
    "latent_dim": lambda config, cost, n: f"{thousands(cost.n_parameters)} parameters",
    "hidden_units": lambda config, cost, n: f"{thousands(cost.n_parameters)} parameters",
    "filters": lambda config, cost, n: f"{thousands(cost.n_parameters)} parameters",
    "pretrain_epochs": lambda config, cost, n: f"{thousands(cost.pretrain_steps)} steps",
    "batch_size": lambda config, cost, n: f"{thousands(cost.batches_an_epoch)} batches an epoch",
    "distortion": lambda config, cost, n: f"up to {6 * config.distortion:.3g}°, {10 * config.distortion:.3g} %",
    "n_clusters": lambda config, cost, n: f"{thousands(n // config.n_clusters)} images each, if even",
    "n_neighbors": lambda config, cost, n: f"of {thousands(n - 1)} others",
    "first_target_steps": _held,
    "pretrain_learning_rate": _rate("pretrain_learning_rate", "pretrain_optimizer"),
    "cluster_learning_rate": _rate("cluster_learning_rate", "cluster_optimizer"),
    "update_interval": lambda config, cost, n: f"{ceil(cost.cluster_steps / config.update_interval)} updates at most",
    "max_iterations": _passes_or_target,
    "gamma": _weight("gamma"),
    "kmeans_weight": _weight("kmeans_weight"),
    "kl_weight": _weight("kl_weight"),
    "tol": _tol,
    "momentum": _momentum,
}  # fmt: skip
TIMED = ("n_samples", "pretrain_epochs", "batch_size", "max_iterations", "hidden_units", "filters")


def effects(name: str, config: RunConfig, values: tuple[Value, ...], rates: Rates) -> tuple[str, ...]:
    """What each of these values of the field does, the rest of `config` as it is; "" where that is not known."""
    if name not in LINES:
        return ("",) * len(values)
    return _effects(name, config.model_copy(update={name: values[0]}), values, rates)


@lru_cache(maxsize=1000)
def _effects(name: str, config: RunConfig, values: tuple, rates: Rates) -> tuple[str, ...]:
    return tuple(_effect(name, config.model_copy(update={name: value}), rates) for value in values)


def _effect(name: str, config: RunConfig, rates: Rates) -> str:
    try:
        n_images, image_shape = size_and_shape(config.dataset)
        needed = cost(config, n_images, image_shape)
    except ValueError:
        return ""  # said at the field
    line = LINES[name](config, needed, min(config.n_samples or n_images, n_images))
    return f"{line} · {duration(sum(needed.seconds(rates)))}" if name in TIMED else line


def _memory(n_bytes: int) -> str:
    return f"{n_bytes / 1e6:.0f} MB" if n_bytes >= 1e6 else f"{n_bytes / 1e3:.0f} kB"
