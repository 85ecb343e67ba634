"""Where the time goes: of a whole run by its phases, and within a compiled step by its operations.

Phases are those of the thread that trains: UMAP, the mixture and k-means on pixels run beside it, and only what it has
to wait for them counts. Operations are as TensorFlow's own profiler saw them; as some run side by side, their times
add up to more than those of the clock.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from types import CodeType, FrameType
from typing import TYPE_CHECKING, Any

import numpy as np

from benchmarks import roofline
from benchmarks.bench import images, precisions
from benchmarks.history import add_history_option, add_to_history
from benchmarks.table import versions
from dec_core.cli.options import add_command, add_json_option
from dec_core.config import RunConfig
from dec_core.machine import hardware, processor
from dec_core.presets import PRESETS
from dec_core.runs.folder import RunFolder

if TYPE_CHECKING:
    from dec_core.training import TrainingState

PARTS = {  # of the training thread, by (file, function); what one calls of another is its own
    "gradient steps, autoencoder": [("steps.py", "pretrain_batches")],
    "gradient steps, clustering": [("steps.py", "cluster_batches")],
    "z of all images": [("steps.py", "__call__")],
    "waiting for UMAP and the mixture": [("mixture.py", "wait")],
    "k-means on z": [("_kmeans.py", "fit")],
    "q, p and labels": [("toward_target.py", "update")],
    "scores, with and without labels": [
        ("recorder.py", name) for name in ("_scores", "_scores_without_labels", "_judged")
    ],
    "projection and snapshots": [("snapshots.py", "take")],
    "checkpoints, network and records": [
        *(("recorder.py", name) for name in ("_checkpoint", "_save_decoder", "_write")),
        ("pretraining.py", "keep_pretraining"),
        ("saving.py", "save_model"),
    ],
    "building the network": [("state.py", "__init__")],
    "loading the images, deskewing them": [("loading.py", "load")],
    "waiting at the end for what runs beside": [("image_analysis.py", "take_baseline")],
}
REST = "the rest"
OPERATIONS = {  # by what the name of an operation begins with
    "products and convolutions": ("MatMul", "Conv", "FusedMatMul", "FusedConv"),
    "optimizer": ("ResourceApply", "AssignAdd", "AssignSub"),
    "biases and activations": ("Relu", "BiasAdd", "Add", "Tanh"),
    "input: gather, cast, scale": ("GatherV2", "ResourceGather", "Cast", "RealDiv", "Mul", "Range", "StridedSlice"),
}
WHOLE = "fast"  # the preset that is run from its start to its end
STEPS = 60  # that are watched
SHORT = {"pretrain_epochs": 2, "max_iterations": 2 * STEPS, "update_interval": STEPS}


def add_parser(commands: Any) -> None:
    parser = add_command(commands, "profile", "show where the time of a run and of a step goes")
    add_history_option(parser)
    add_json_option(parser)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    return profile(as_json=options.json, history=options.history)


def profile(*, as_json: bool, history: Path | None = None) -> int:
    """Print both tables; add them to `history`."""
    from dec_core.training import TrainingState

    seconds, total = _phases(PRESETS[WHOLE])
    print(f"{WHOLE}: {total:.1f} s; {processor()}")
    _print(seconds, total)
    figures: dict[str, Any] = {"kind": "profile", "preset": WHOLE, "seconds": total, "phases": seconds}
    figures["operations"], figures["gflops"], figures["milliseconds"] = {}, {}, {}
    fastest = {precision: roofline.fastest_product(precision) for precision in precisions()}
    figures["gflops"] |= {f"the largest product, {precision}": value for precision, value in fastest.items()}
    figures["bandwidth"] = roofline.bandwidth()
    x = images(STEPS * 256)
    for name, base, events in (
        ("epoch, dense autoencoder", "tutorial-dec", _pretraining),
        ("epoch, convolutional autoencoder", "tutorial-conv-dec", _pretraining),
        ("clustering, dense", "tutorial-dec", _clustering),
    ):
        for precision in precisions():
            state = TrainingState(PRESETS[base].changed(precision=precision, tol=0.0, **SHORT), (28, 28))
            clustering = events is _clustering
            times, wall = _operations(events(state, x))
            label, done = f"{name}, {precision}", 256 * roofline.operations_of_an_image(state, clustering=clustering)
            figures["operations"][label], figures["gflops"][label] = times, done * STEPS / wall / 1e9
            moved = roofline.bytes_of_a_step(state, clustering=clustering)
            figures["milliseconds"][label] = {
                "arithmetic": done / fastest[precision] / 1e6,
                "memory": moved / figures["bandwidth"] / 1e6,
                "taken": 1e3 * wall / STEPS,
            }
            print(label)
            _print(times, sum(times.values()))
    print("GFLOP/s")
    for label, value in figures["gflops"].items():
        print(f"  {value:7.0f}  {label}")
    print(f"milliseconds of a step; memory: {figures['bandwidth']:.1f} GB/s, copying")
    for label, of_a_step in figures["milliseconds"].items():
        print("  " + ", ".join(f"{limit} {value:.2f}" for limit, value in of_a_step.items()) + f"  {label}")
    if history is not None:
        add_to_history(history, figures | hardware() | {"versions": versions()})
    if as_json:
        print(json.dumps(figures))
    return 0


def _print(times: dict[str, float], total: float) -> None:
    for name, value in sorted(times.items(), key=lambda item: -item[1]):
        print(f"  {100 * value / total:5.1f} %  {name}")


# -- a whole run


def _phases(config: RunConfig) -> tuple[dict[str, float], float]:
    """Seconds of the training thread by phase, and all of them."""
    from dec_core.work.recorder import record

    with tempfile.TemporaryDirectory() as root:
        folder, clock = RunFolder.create(Path(root), config, "running"), PhaseClock()
        with clock:
            for _ in record(folder):
                pass
    return clock.seconds, sum(clock.seconds.values())


class PhaseClock:
    """Seconds of this thread by phase, while it is entered; what one phase calls of another is the other's."""

    def __init__(self) -> None:
        self.seconds = {**dict.fromkeys(PARTS, 0.0), REST: 0.0}
        self._running = [REST]
        self._since = 0.0

    def __enter__(self) -> PhaseClock:
        self._since = time.perf_counter()
        sys.setprofile(self._called)
        return self

    def __exit__(self, *_: object) -> None:
        sys.setprofile(None)
        self._book()

    def _called(self, frame: FrameType, event: str, _: object) -> None:
        """A phase begins with the call of one of its functions, or its going on, and ends with what that gives back."""
        phase = _phase(frame.f_code) if event in ("call", "return") else None
        if phase is None:
            return
        self._book()
        if event == "call":
            self._running.append(phase)
        else:
            self._running.pop()

    def _book(self) -> None:
        now = time.perf_counter()
        self.seconds[self._running[-1]] += now - self._since
        self._since = now


@cache
def _phase(code: CodeType) -> str | None:
    if code.co_name == "__init__" and "dec_core" not in code.co_filename:
        return None
    function = Path(code.co_filename).name, code.co_name
    return next((phase for phase, functions in PARTS.items() if function in functions), None)


# -- the operations of a compiled step


def _pretraining(state: TrainingState, x: np.ndarray) -> Iterator[Any]:
    """Two epochs; before the second, which is watched, it yields None."""
    from dec_core.training import pretrain

    for event in pretrain(state, x):
        yield None if event.epoch_ended else event


def _clustering(state: TrainingState, x: np.ndarray) -> Iterator[Any]:
    """So many steps twice, with arbitrary centers: what is timed does not depend on them."""
    from dec_core.training import cluster
    from dec_core.training.events import TargetUpdated

    state.phase, state.labels = "clustering", np.zeros(len(x), dtype=int)
    state.cluster_centers = state.embed(x[: state.config.n_clusters])
    for event in cluster(state, x):
        yield None if isinstance(event, TargetUpdated) and state.iteration else event


def _operations(events: Iterator[Any]) -> tuple[dict[str, float], float]:
    """Seconds by kind of operation, of what happens after the first None; and by the clock."""
    import tensorflow as tf
    from tensorflow.tsl.profiler.protobuf import xplane_pb2

    for event in events:
        if event is None:
            break
    options = tf.profiler.experimental.ProfilerOptions(host_tracer_level=2, python_tracer_level=0)
    with tempfile.TemporaryDirectory() as folder:
        tf.profiler.experimental.start(folder, options=options)
        started = time.perf_counter()
        for _ in events:
            pass
        wall = time.perf_counter() - started
        tf.profiler.experimental.stop()
        space = xplane_pb2.XSpace()
        for path in Path(folder).rglob("*.xplane.pb"):
            space.MergeFromString(path.read_bytes())
    seconds: Counter[str] = Counter()
    for plane in space.planes:
        for line in plane.lines:
            for event in line.events:
                named = re.search(r"[^:]:(_Mkl(?:Native)?)?(\w+)$", plane.event_metadata[event.metadata_id].name)
                if named:
                    seconds[_kind(named[2])] += event.duration_ps / 1e12
    return dict(seconds), wall


def _kind(operation: str) -> str:
    return next((kind for kind, names in OPERATIONS.items() if operation.startswith(names)), REST)
