"""How fast our loops are, against the tutorial's way in plain Keras: ratios within one run.

Absolute seconds differ between machines and moments; both ways run here, one after the other, on the
same data, and only their ratio is worth keeping. Each figure is the better of two, after one that compiles.
"""

from __future__ import annotations

import json
import platform
import time
from collections.abc import Callable
from importlib.metadata import version
from typing import Any

import numpy as np

from dec_core.cli.quiet import start_tensorflow
from dec_core.config import RunConfig
from dec_core.data import load
from dec_core.presets import PRESETS


def bench(n_samples: int, *, as_json: bool) -> int:
    """Print seconds and ratios for an epoch of both autoencoders and an update interval of clustering."""
    start_tensorflow()
    x = load("mnist", n_samples).x
    print(f"{n_samples} images, batches of 256, {processor()}, TensorFlow {version('tensorflow')}")
    rows = []
    for work, preset, theirs, ours in WORK:
        config = PRESETS[preset].changed(n_samples=n_samples, pretrain_epochs=3, max_iterations=420, tol=0.0)
        seconds = {precision: ours(config.changed(precision=precision), x) for precision in PRECISIONS}
        rows.append(_row(work, theirs(config, x), seconds))
        print(_line(rows[-1]), flush=True)
    if as_json:
        versions = {name: version(name) for name in ("tensorflow", "keras", "numpy")}
        print(json.dumps({"rows": rows, "samples": n_samples, "processor": processor(), "versions": versions}))
    return 0


def _row(work: str, keras: float, ours: dict[str, float]) -> dict[str, Any]:
    ratios = {name: round(keras / seconds, 3) for name, seconds in ours.items()}
    return {"work": work, "keras": round(keras, 3), **{n: round(s, 3) for n, s in ours.items()}, "ratios": ratios}


def _line(row: dict[str, Any]) -> str:
    ours = "".join(f"   {name} {row[name]:6.2f} s {ratio:5.2f} x" for name, ratio in row["ratios"].items())
    return f"{row['work']:45} Keras {row['keras']:6.2f} s{ours}"


def _seconds(function: Callable[[], Any]) -> float:
    started = time.perf_counter()
    function()
    return time.perf_counter() - started


def _keras_epoch(config: RunConfig, x: np.ndarray) -> float:
    from dec_core.training import TrainingState

    state = TrainingState(config, (28, 28))
    floats = x.reshape(-1, *state.input_shape).astype(np.float32) / 255
    state.autoencoder.compile(state.start_optimizer("pretraining", 1), "mse")
    fit = lambda: state.autoencoder.fit(floats, floats, batch_size=config.batch_size, epochs=1, verbose=0)  # noqa: E731
    fit()  # compiles
    return min(_seconds(fit), _seconds(fit))


def _our_epoch(config: RunConfig, x: np.ndarray) -> float:
    from dec_core.training import TrainingState, pretrain

    times = []
    for event in pretrain(TrainingState(config, (28, 28)), x):
        if event.epoch_ended:
            times.append(time.perf_counter())
    return min(np.diff(times)).item()  # the first epoch, not in here, compiles


def _clustering_state(config: RunConfig, x: np.ndarray) -> Any:
    """A state that stands before clustering, with centers on arbitrary z: speed does not depend on them."""
    from dec_core.training import TrainingState

    state = TrainingState(config, (28, 28))
    state.phase, state.labels = "clustering", np.zeros(len(x), dtype=int)
    state.cluster_centers = state.embed(x[: config.n_clusters])
    return state


def _keras_interval(config: RunConfig, x: np.ndarray) -> float:
    """The tutorial's loop: predict all, then train_on_batch for each step."""
    from dec_core.analysis.assignment import target_distribution

    state, floats = _clustering_state(config, x), x.astype(np.float32) / 255
    model, size = state.clustering_model, config.batch_size
    model.compile(state.start_optimizer("clustering", 1), "kld")

    def interval() -> None:
        p = target_distribution(model.predict(floats, verbose=0))
        for i in range(config.update_interval):
            first = i * size % (len(x) - size)
            model.train_on_batch(floats[first : first + size], p[first : first + size])

    interval()  # compiles
    return min(_seconds(interval), _seconds(interval))


def _our_interval(config: RunConfig, x: np.ndarray) -> float:
    from dec_core.training import cluster
    from dec_core.training.events import TargetUpdated

    times = []
    for event in cluster(_clustering_state(config, x), x):
        if isinstance(event, TargetUpdated):
            times.append(time.perf_counter())
    times.append(time.perf_counter())
    return min(np.diff(times)[1:]).item()  # from one update to the next or to the end; the first interval compiles


PRECISIONS = ("float32", "bfloat16")
WORK = (  # what, the preset that does it, plain Keras, ours
    ("one epoch of the dense autoencoder", "tutorial-dec", _keras_epoch, _our_epoch),
    ("one epoch of the convolutional autoencoder", "tutorial-conv-dec", _keras_epoch, _our_epoch),
    ("140 iterations of clustering with predict", "tutorial-dec", _keras_interval, _our_interval),
)


def processor() -> str:
    """The processor's name, as far as the system tells."""
    try:
        with open("/proc/cpuinfo") as file:
            names = [line.split(":", 1)[1].strip() for line in file if line.startswith("model name")]
    except OSError:
        names = []
    return names[0] if names else platform.processor() or platform.machine()
