"""How long a training takes on this server, before it begins: by what its newest runs took, or by arithmetic."""

from __future__ import annotations

import time
from contextlib import suppress
from functools import lru_cache
from pathlib import Path

from dec_core.config import BUNDLED, RunConfig
from dec_core.data import load
from dec_core.reading.cost import ByPhase, Cost, Rates, cost, rates
from dec_core.reading.progress import UNKNOWN, duration
from pages.shared import focus
from pages.shared.places import runs_root

MOST_TRAINED = 20  # runs whose speed is asked
COUNT_EVERY = 10.0  # seconds after which these are looked for anew


def expected_time(config: RunConfig, rates: Rates) -> str:
    """How long Start would train, as in "about 40 s"; "" where that cannot be known."""
    seconds = sum(expected_seconds(config, rates))
    return duration(seconds) if seconds else ""


def expected_seconds(config: RunConfig, rates: Rates) -> ByPhase:
    """How long each phase takes; `UNKNOWN` where that cannot be known."""
    try:
        return cost_of(config, *size_and_shape(config.dataset)).seconds(rates)
    except ValueError:
        return UNKNOWN


@lru_cache(maxsize=500)
def cost_of(config: RunConfig, n_images: int, image_shape: tuple[int, ...]) -> Cost:
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
