"""Training with a progress bar on stderr and the result on stdout: for `train`, `resume`, `repeat` and benchmarks."""

from __future__ import annotations

import json
import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from tqdm import tqdm

from dec_core.config import RunConfig
from dec_core.presets import name_of
from dec_core.reading.divergence import smaller_rate
from dec_core.reading.known import known_run_line, trained_before
from dec_core.runs.folder import RunFolder
from dec_core.runs.index import RunIndex
from dec_core.runs.lock import training_lock
from dec_core.runs.status import new_attempt

BAR = "{desc} {percentage:3.0f}% |{bar}| {n:.1f}/{total_fmt} {unit}, {remaining} left, {rate_fmt}{postfix}"
SAVED = "the runs so far are saved"  # what an interrupt says where there are some


def train_and_print(folder: RunFolder, *, umap: bool, as_json: bool) -> int:
    """Train the rest of a run and print the result, in words or as JSON. Returns the exit code."""
    interrupted = _drive(folder)
    outcome = result(folder)
    if interrupted:
        print(
            f"Interrupted; kept in {folder.path}, go on with: python -m dec_core resume {folder.path}", file=sys.stderr
        )
        if as_json:
            print(json.dumps(outcome))
        return 130
    if outcome["state"] == "failed":
        remedy = f" {_remedy(folder)}" if folder.status.diverged else ""
        print(f"error: {folder.status.message}{remedy}", file=sys.stderr)
    elif umap:
        from dec_core.work.postprocess import add_umap

        print("Computing UMAP of the result ...", file=sys.stderr)
        add_umap(folder)
    print(json.dumps(outcome) if as_json else _sentence(outcome))
    return 1 if outcome["state"] == "failed" else 0


def say_if_known(root: Path, config: RunConfig) -> None:
    """Say on stderr that a finished run below `root` is the same: who asks for training gets it all the same."""
    entry = trained_before(RunIndex(root).entries(), config)
    if entry is not None:
        print(f"{known_run_line(entry)}; kept in {entry.folder.path}. It is trained anew.", file=sys.stderr)


def train_quietly(config: RunConfig, root: Path) -> dict[str, Any]:
    """Train `config` below `root` with a progress bar; the result as `result` gives it."""
    return finish_quietly(RunFolder.create(root, config, "running"))


def finish_quietly(folder: RunFolder) -> dict[str, Any]:
    """Train the rest of a run with a progress bar; the result. Ctrl-C raises KeyboardInterrupt."""
    if _drive(folder):
        raise KeyboardInterrupt(SAVED)
    return result(folder)


def result(folder: RunFolder) -> dict[str, Any]:
    """The result as a flat record: scores, seconds, iterations, state and where it is kept."""
    status = folder.status
    seconds = {name: round(value, 2) for name, value in status.seconds.items()}
    return {
        **status.outcome,
        "seconds": round(sum(status.seconds.values()), 2),
        "seconds_pretrain": seconds.get("pretraining", 0.0),
        "seconds_centers": seconds.get("centers", 0.0),
        "seconds_cluster": seconds.get("clustering", 0.0),
        "n_iterations": status.progress.get("n_iterations", status.progress.get("iteration", 0)),
        "state": status.state,
        "preset": name_of(folder.config),
        "random_state": folder.config.random_state,
        "run_dir": str(folder.path),
    }


def _drive(folder: RunFolder) -> bool:
    """Train to the end under a progress bar; whether Ctrl-C ended it early. Raises ValueError as `_take_up` does."""
    with training_lock(folder):  # before TensorFlow's import, which takes seconds
        _take_up(folder)
        from dec_core.work.recorder import record

        with _interruptible() as interrupted, _Bar() as bar:
            recording = record(folder)
            for event in recording:
                bar.show(event)
                if interrupted:
                    recording.close()
    return bool(interrupted)


def _take_up(folder: RunFolder) -> None:
    """Say that this process trains the run. Raises ValueError for one that cannot go on."""
    status = folder.status
    is_new = status.state == "running" and status.pid == os.getpid()
    if status.diverged:
        raise ValueError(f"run_dir: {folder.path} diverged, and would again at the same place. {_remedy(folder)}")
    if not (is_new or status.resumable):
        raise ValueError(
            f"run_dir: {folder.path} is {status.state}; only stopped, failed or interrupted runs can go on"
        )
    folder.set_status(replace(status, state="running", message="", **new_attempt()))


def _remedy(folder: RunFolder) -> str:
    """What to type after a run has diverged."""
    field, rate = smaller_rate(folder.status, folder.config)
    return f"Try: python -m dec_core train --config {folder.path / 'config.json'} --set {field}={rate:g}"


@contextmanager
def _interruptible() -> Iterator[list]:
    """Ctrl-C fills the list, so that training stops between two events; a second one raises."""
    received: list[int] = []

    def note(number: int, frame: Any) -> None:
        if received:
            raise KeyboardInterrupt(SAVED)
        received.append(number)

    previous = signal.signal(signal.SIGINT, note)
    try:
        yield received
    finally:
        signal.signal(signal.SIGINT, previous)


class _Bar:
    """Two bars, one after the other: epochs of pretraining, then iterations of clustering."""

    def __init__(self) -> None:
        self.bar: tqdm | None = None
        self.phase = ""

    def __enter__(self) -> _Bar:
        return self

    def __exit__(self, *error: Any) -> None:
        if self.bar is not None:
            self.bar.close()

    def show(self, event: dict[str, Any]) -> None:
        kind = event["event"]
        if kind == "PretrainProgress":
            done = event["epoch"] - 1 + event["batch"] / event["n_batches"]
            self._move("autoencoder", "epochs", event["n_epochs"], done, {"loss": f"{event['loss']:.4f}"})
        elif kind in ("ClusterProgress", "TargetUpdated"):
            scores = {"ACC": f"{event['acc']:.4f}", "changed": f"{event['delta_label']:.4f}"} if "acc" in event else {}
            self._move("clustering", "steps", event["max_iterations"], event["iteration"], scores)

    def _move(self, phase: str, unit: str, total: int, done: float, scores: dict[str, str]) -> None:
        if self.phase != phase:
            self.__exit__()
            self.phase = phase
            self.bar = tqdm(total=total, desc=phase, unit=unit, bar_format=BAR, initial=done)
        if scores:
            self.bar.set_postfix(scores, refresh=False)
        self.bar.update(done - self.bar.n)


def _sentence(outcome: dict[str, Any]) -> str:
    scores = ", ".join(f"{name.upper()} {outcome[name]:.4f}" for name in ("acc", "nmi", "ari") if name in outcome)
    return (
        f"{scores or 'No labels to score by'}; {outcome['n_iterations']} iterations, "
        f"{outcome['seconds']:.0f} s; kept in {outcome['run_dir']}"
    )
