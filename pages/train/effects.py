"""What a field's value will do, where that is known, in a few words beside its slider."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress
from functools import lru_cache
from math import ceil
from pathlib import Path

from dec_core.analysis.verdict import thousands
from dec_core.config import BUNDLED, RunConfig
from dec_core.data import load
from dec_core.methods import held_steps
from dec_core.reading.cost import ByPhase, Cost, Rates, cost, rates
from dec_core.reading.progress import UNKNOWN, duration
from pages.shared import focus
from pages.shared.places import runs_root
from pages.train.spans import Number

MOST_FOR_ADAM = 0.01  # above which training is likely to diverge
MOST_TRAINED = 20  # runs whose speed is asked
COUNT_EVERY = 10.0  # seconds after which these are looked for anew


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


def _gamma(config: RunConfig, cost: Cost, n: int) -> str:
    return f"loss = {config.gamma:g} · KL + reconstruction" if config.gamma else "reconstruction alone"


def _momentum(config: RunConfig, cost: Cost, n: int) -> str:
    return f"averages about {1 / (1 - config.momentum):.0f} steps" if config.momentum else "each step by itself"


LINES: dict[str, Line] = {
    "n_samples": lambda config, cost, n: f"{thousands(cost.batches_an_epoch)} batches · {_memory(cost.n_bytes)}",
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
    "gamma": _gamma,
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


def expected_time(config: RunConfig, rates: Rates) -> str:
    """How long Start would train, as in "about 40 s"; "" where that cannot be known."""
    seconds = sum(expected_seconds(config, rates))
    return duration(seconds) if seconds else ""


def expected_seconds(config: RunConfig, rates: Rates) -> ByPhase:
    """How long each phase takes; `UNKNOWN` where that cannot be known."""
    try:
        return _cost(config, *size_and_shape(config.dataset)).seconds(rates)
    except ValueError:
        return UNKNOWN


@lru_cache(maxsize=500)
def _cost(config: RunConfig, n_images: int, image_shape: tuple[int, ...]) -> Cost:
    """Arithmetic, but of each preset at every redraw."""
    return cost(config, n_images, image_shape)


def rates_of_server(config: RunConfig) -> Rates:
    """How fast this server trains networks of the config's kind, by the newest runs it has finished.

    Every redraw asks for each preset, of whatever visitor: a run that has just ended counts some seconds later.
    """
    return _rates(config.autoencoder, config.precision, runs_root(), time.monotonic() // COUNT_EVERY)


@lru_cache(maxsize=32)
def _rates(autoencoder: str, precision: str, root: Path, as_of: float) -> Rates:
    return rates(RunConfig.make(autoencoder=autoencoder, precision=precision), _trained(root, as_of))


@lru_cache(maxsize=4)
def _trained(root: Path, as_of: float) -> tuple[tuple[RunConfig, dict[str, float], Cost], ...]:
    """Config, seconds by phase and cost of the newest runs that have finished."""
    finished = [e for e in focus.all_runs().entries() if e.config and e.status.state == "finished" and e.status.seconds]
    trained = []
    for entry in sorted(finished, key=lambda entry: entry.status.created, reverse=True)[:MOST_TRAINED]:
        with suppress(ValueError):  # its data are gone
            trained.append(
                (entry.config, entry.status.seconds, cost(entry.config, *size_and_shape(entry.config.dataset)))
            )
    return tuple(trained)


def size_and_shape(name: str) -> tuple[int, tuple[int, ...]]:
    """How many images a data set has, and the shape of one. Raises DataError if they are gone."""
    if name in BUNDLED:
        return BUNDLED[name]
    images = load(name, root=runs_root()).images
    return len(images), images.shape[1:]


def _memory(n_bytes: int) -> str:
    return f"{n_bytes / 1e6:.0f} MB" if n_bytes >= 1e6 else f"{n_bytes / 1e3:.0f} kB"
