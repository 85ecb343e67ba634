"""How fast our loops are, against others' and against the arithmetic itself: ratios within one run.

Absolute seconds differ between machines and moments; all ways run here, one after the other, on the same data, and
only their ratios are worth keeping. Each figure is the better of two, after one that compiles.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks import peers
from benchmarks.history import add_history_option, add_to_history
from dec_core.cli.options import add_command, add_json_option
from dec_core.config import RunConfig
from dec_core.data import load
from dec_core.machine import fast_precision, hardware
from dec_core.presets import PRESETS

REPEATS = 30  # of each bare product, in one compiled call
SIZES = (10_000, 70_000, 280_000, 1_000_000)  # images, between which the cost of one should not grow
KEPT_VERSIONS = ("tensorflow", "keras", "numpy", "torch", "clustpy")


@dataclass(frozen=True)
class Work:
    """One row: what is done, the preset that does it, how often each layer is multiplied, and who does it."""

    name: str
    preset: str
    ours: Callable[[RunConfig, np.ndarray], float]
    keras: Callable[[RunConfig, np.ndarray], float]
    torch: Callable[[RunConfig, np.ndarray, str], float]
    clustpy: Callable[[RunConfig, np.ndarray], float] | None
    products: Callable[[RunConfig, int], list[tuple[int, int, int, int]]] | None


def add_parser(commands: Any) -> None:
    parser = add_command(commands, "bench", "compare the speed of our loops with others'")
    parser.add_argument("--samples", type=int, default=70_000, metavar="N", help="images of MNIST (default: 70000)")
    parser.add_argument("--batch-size", type=int, default=256, metavar="N", help="images of a batch (default: 256)")
    parser.add_argument("--no-growth", action="store_true", help="leave out epochs of up to a million images")
    add_history_option(parser)
    add_json_option(parser)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    sizes = () if options.no_growth else SIZES
    return bench(options.samples, options.batch_size, sizes, as_json=options.json, history=options.history)


def bench(n_samples: int, batch_size: int, sizes: Sequence[int], *, as_json: bool, history: Path | None = None) -> int:
    """Print seconds and ratios for an epoch of both autoencoders and an update interval of clustering.

    `sizes` are those at which the cost of an image is measured, too, where `n_samples` are all digits or as many.
    `history` is a JSON file to which the figures are added. More images than MNIST has are the same ones again.
    """
    x = images(n_samples)
    machine = hardware()
    print(f"{n_samples} images, batches of {batch_size}, {machine['processor']} ({' '.join(machine['instructions'])})")
    rows = []
    for work in WORK:
        rows.append(_measured(work, x, batch_size))
        print(_row_text(rows[-1]), flush=True)
    growth = _growth(x, sizes)
    if growth:
        print("one epoch, microseconds an image: " + ", ".join(f"{n} images {us:.0f}" for n, us in growth.items()))
    size = {"samples": n_samples, "batch_size": batch_size}
    figures = {"rows": rows, "growth": growth, **size, **machine, "versions": _versions()}
    if history:
        add_to_history(history, figures)
    if as_json:
        print(json.dumps(figures))
    return 0


def precisions() -> list[str]:
    """What is compared: bfloat16 only where the processor multiplies in it; elsewhere nobody trains in it."""
    return list(dict.fromkeys(["float32", fast_precision()]))


def _measured(work: Work, x: np.ndarray, batch_size: int) -> dict[str, Any]:
    config = PRESETS[work.preset].changed(batch_size=batch_size, pretrain_epochs=3, max_iterations=420, tol=0.0)
    seconds = {precision: work.ours(config.changed(precision=precision), x) for precision in precisions()}
    others = {"keras": work.keras(config, x)}
    for kind in [*precisions(), "compiled"]:
        others[f"torch {kind}"] = _tried(f"PyTorch, {kind}", work.torch, config, x, kind)
    if work.clustpy:
        others["clustpy"] = _tried("ClustPy", work.clustpy, config, x)
    row = {"work": work.name, "seconds": seconds, "others": {n: s for n, s in others.items() if s is not None}}
    if work.products:
        row["bare"] = {precision: _bare(work.products(config, len(x)), precision) for precision in precisions()}
    return row


def _row_text(row: dict[str, Any]) -> str:
    """A row in words: our seconds, and how many times as long the others take; the share of bare products."""
    lines = [row["work"]]
    for precision, ours in row["seconds"].items():
        ratios = ", ".join(f"{name} {theirs / ours:.2f} x" for name, theirs in row["others"].items())
        bare = f"; bare products {100 * row['bare'][precision] / ours:.0f} % of it" if "bare" in row else ""
        lines.append(f"  {precision:9}{ours:7.2f} s: {ratios}{bare}")
    return "\n".join(lines)


def _tried(name: str, measure: Callable[..., float], *arguments: Any) -> float | None:
    """Seconds, or None and a word why not."""
    try:
        return measure(*arguments)
    except ImportError as error:
        print(f"{name} is skipped: {error}", file=sys.stderr)
    except Exception as error:  # a compiler that is missing, a version that has changed: it is a peer, not us
        print(f"{name} is skipped: {type(error).__name__}: {str(error)[:200]}", file=sys.stderr)
    return None


def images(n_samples: int) -> np.ndarray:
    """That many of MNIST's as rows, again and again where it has fewer."""
    x = load("mnist").x
    return np.resize(x, (n_samples, x.shape[1]))


def _our_epoch(config: RunConfig, x: np.ndarray) -> float:
    from dec_core.training import TrainingState, pretrain

    times = []
    for event in pretrain(TrainingState(config, (28, 28)), x):
        if event.epoch_ended:
            times.append(time.perf_counter())
    return min(np.diff(times)).item()  # the first epoch, not in here, compiles


def _our_interval(config: RunConfig, x: np.ndarray) -> float:
    from dec_core.training import TrainingState, cluster
    from dec_core.training.events import TargetUpdated

    state = TrainingState(config, (28, 28))  # before clustering, with centers on arbitrary z: speed is the same
    state.phase, state.labels = "clustering", np.zeros(len(x), dtype=int)
    state.cluster_centers = state.embed(x[: config.n_clusters])
    times = []
    for event in cluster(state, x):
        if isinstance(event, TargetUpdated):
            times.append(time.perf_counter())
    times.append(time.perf_counter())
    return min(np.diff(times)[1:]).item()  # from one update to the next or to the end; the first interval compiles


def _layers(config: RunConfig) -> list[tuple[int, int]]:
    units = (784, *config.hidden_units, config.latent_dim)
    return list(pairwise(units))


def _epoch_products(config: RunConfig, n: int) -> list[tuple[int, int, int, int]]:
    """(rows, inner, columns, times) of every product of an epoch of the dense autoencoder, there and back."""
    layers = _layers(config)
    layers += [(outputs, inputs) for inputs, outputs in reversed(layers)]
    return _trained_products(layers, config.batch_size, n // config.batch_size)


def _interval_products(config: RunConfig, n: int) -> list[tuple[int, int, int, int]]:
    """Likewise of an update interval: z of all images, then so many steps of the encoder."""
    predicted = [(2048, inputs, outputs, n // 2048) for inputs, outputs in _layers(config)]
    return predicted + _trained_products(_layers(config), config.batch_size, config.update_interval)


def _trained_products(layers: list[tuple[int, int]], batch: int, times: int) -> list[tuple[int, int, int, int]]:
    """Forward, and back to the weights and (but for the first layer) to the inputs."""
    products = []
    for place, (inputs, outputs) in enumerate(layers):
        products += [(batch, inputs, outputs, times), (inputs, batch, outputs, times)]
        products += [(batch, outputs, inputs, times)] if place else []
    return products


def _bare(products: list[tuple[int, int, int, int]], precision: str) -> float:
    """Seconds of these products alone, one after the other, with nothing between them."""
    import tensorflow as tf

    known: dict[tuple[int, int, int], float] = {}
    for rows, inner, columns, _ in products:
        if (rows, inner, columns) not in known:
            a, b = (tf.cast(tf.random.normal(shape), precision) for shape in ((rows, inner), (inner, columns)))

            known[rows, inner, columns] = peers.seconds(lambda a=a, b=b: repeated(a, b)) / REPEATS
    return sum(times * known[rows, inner, columns] for rows, inner, columns, times in products)


def repeated(a: Any, b: Any) -> None:
    """One product after the other, each waiting for the one before."""
    import tensorflow as tf

    for _ in range(REPEATS):
        product = tf.matmul(a, b)
    product.numpy()


def _growth(x: np.ndarray, sizes: Sequence[int]) -> dict[int, float]:
    """Microseconds for each image in an epoch of the dense autoencoder, at these numbers of images."""
    config = PRESETS["tutorial-dec"].changed(pretrain_epochs=2)
    reached = [n for n in sizes if len(x) >= min(n, 70_000)]
    return {n: 1e6 * _our_epoch(config, np.resize(x, (n, x.shape[1]))) / n for n in reached}


def _versions() -> dict[str, str]:
    installed = {}
    for name in KEPT_VERSIONS:
        try:
            installed[name] = version(name)
        except PackageNotFoundError:
            continue
    return installed


WORK = (
    Work("one epoch of the dense autoencoder", "tutorial-dec", _our_epoch,
         peers.keras_epoch, peers.torch_epoch, peers.clustpy_epoch, _epoch_products),
    Work("one epoch of the convolutional autoencoder", "tutorial-conv-dec", _our_epoch,
         peers.keras_epoch, peers.torch_epoch, None, None),
    Work("140 iterations of clustering with predict", "tutorial-dec", _our_interval,
         peers.keras_interval, peers.torch_interval, peers.clustpy_interval, _interval_products),
)  # fmt: skip
