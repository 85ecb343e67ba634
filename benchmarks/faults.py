"""Processes that are killed at random moments, and what is left of their runs.

A server is a supervisor in a process of its own, as in the web process, with a worker that trains, or with a Dask
cluster of two workers. One process is ended by SIGKILL, again and again, at a moment of the run drawn from a seed; then
the run goes on by itself, or is resumed. At the end its labels must be those of a run that nobody disturbed, every line
of its records that was on disk must still be there, what its status says must be true, and no process may be left.
Printed is a Markdown table.
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.kills import KILLS, scene, wait
from dec_core.cli.options import add_command
from dec_core.config import RunConfig
from dec_core.runs.folder import RunFolder
from dec_core.runs.status import ACTIVE

SMALL = {
    "dataset": "digits", "hidden_units": (128, 64), "pretrain_epochs": 60, "pretrain_optimizer": "adam",
    "pretrain_learning_rate": 0.005, "batch_size": 128, "kmeans_n_init": 3, "update_interval": 20,
    "cluster_optimizer": "sgd", "cluster_learning_rate": 0.02, "max_iterations": 400, "tol": 0.0,
}  # fmt: skip
KILLS_A_RUN = 5


@dataclass
class Tally:
    """What was found of one kind of kill; `wrong` says what should not have been."""

    target: str
    n_kills: int = 0
    n_runs: int = 0
    phases: dict[str, int] = field(default_factory=dict)  # in which the kills came
    wrong: list[str] = field(default_factory=list)


def add_parser(commands: Any) -> None:
    parser = add_command(commands, "faults", "kill processes at random moments, and look at what is left")
    parser.add_argument("targets", nargs="*", metavar="TARGET",
                        help=f"what to kill: {', '.join(KILLS)} (default: all)")  # fmt: skip
    parser.add_argument("--kills", type=int, default=20, metavar="N", help="of each (default: 20)")
    parser.add_argument("--seed", type=int, default=0, metavar="N", help="draws the moments (default: 0)")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """1 where anything is wrong. Raises ValueError for what is no target."""
    if unknown := set(options.targets) - set(KILLS):
        raise ValueError(f"TARGET: received {', '.join(sorted(unknown))}, expected one of {', '.join(KILLS)}")
    tallies = measure(options.kills, random.Random(options.seed), options.targets or list(KILLS))
    print(table(tallies))
    return int(any(tally.wrong for tally in tallies))


def measure(n_kills: int, chance: random.Random, targets: Sequence[str]) -> list[Tally]:
    """Kill so many of each."""
    config = RunConfig.make(**SMALL)
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as temporary:
        labels, seconds = _undisturbed(Path(temporary) / "undisturbed", config)
        tallies = [Tally(target) for target in targets]
        for tally in tallies:
            while tally.n_kills < n_kills:
                n = min(KILLS_A_RUN, n_kills - tally.n_kills)
                tally.n_runs += 1
                root = Path(temporary) / f"{tally.target}-{tally.n_runs}"
                n_before = tally.n_kills
                lasted = _one_run(tally, root, config, n, labels, lambda longest=seconds: chance.uniform(0, longest))
                if tally.n_kills == n_before:  # it ended before its moment: the machine has become faster
                    seconds = min(seconds, lasted)
                print(table([tally]).partition("\n|---|---|---|---|---|\n")[2], file=sys.stderr, flush=True)
        return tallies


def table(tallies: list[Tally]) -> str:
    """A row for each kind of kill, and what was wrong below it."""
    lines = ["| killed | times | in | runs | what was wrong |", "|---|---|---|---|---|"]
    for tally in tallies:
        phases = ", ".join(f"{phase} {n}" for phase, n in sorted(tally.phases.items()))
        lines.append(
            f"| {tally.target} | {tally.n_kills} | {phases} | {tally.n_runs} | {len(tally.wrong) or 'nothing'} |"
        )
    return "\n".join([*lines, *(f"- {tally.target}: {problem}" for tally in tallies for problem in tally.wrong)])


def _undisturbed(root: Path, config: RunConfig) -> tuple[np.ndarray, float]:
    """The labels at the end, and how long training takes."""
    with scene(root, has_cluster=False) as undisturbed:
        folder = undisturbed.server.tell("start", config.to_json().replace("\n", " "))
        wait(lambda: folder.status.state not in ACTIVE, "the undisturbed run has not ended")
        if folder.status.state != "finished":
            raise ValueError(f"the undisturbed run has {folder.status.state}: {folder.status.message}")
        return _labels(folder), sum(folder.status.seconds.values())


def _one_run(
    tally: Tally, root: Path, config: RunConfig, n: int, labels: np.ndarray, moment: Callable[[], float]
) -> float:
    """Start a run, disturb it `n` times, let it finish; note what is wrong. Returns how long training took, in s."""
    kill, has_cluster = KILLS[tally.target]
    with scene(root, has_cluster=has_cluster) as made:
        folder = made.server.tell("start", config.to_json().replace("\n", " "))
        for _ in range(n):
            wait(lambda: folder.status.state in ("running", "finished"), "the run has not begun")
            time.sleep(moment())
            if folder.status.state == "finished":
                break  # before the moment came: it counts for none
            flushed = _whole_lines(folder)
            tally.n_kills += 1
            tally.phases[folder.status.phase] = tally.phases.get(folder.status.phase, 0) + 1
            tally.wrong += kill(made, folder)
            if not _whole_lines(folder).startswith(flushed):
                tally.wrong.append("lines of events.jsonl that were on disk are gone")
            if folder.status.resumable:
                made.server.tell("resume", str(folder.path))
        wait(lambda: folder.status.state not in ACTIVE, "the run has not ended")
        if folder.status.state != "finished":
            tally.wrong.append(f"the run ended {folder.status.state}: {folder.status.message}")
        elif not np.array_equal(_labels(folder), labels):
            tally.wrong.append("its labels are not those of the undisturbed run")
        tally.wrong += made.close()
        return sum(folder.status.seconds.values())


def _labels(folder: RunFolder) -> np.ndarray:
    """The clusters that the newest snapshot assigns the images to."""
    newest = max((folder.path / "snapshots").glob("*.npz"))
    return folder.load_arrays(f"snapshots/{newest.name}", "labels")["labels"]


def _whole_lines(folder: RunFolder) -> bytes:
    """The records that are on disk; a half-written last line is none yet."""
    try:
        data = (folder.path / "events.jsonl").read_bytes()
    except FileNotFoundError:
        return b""
    return data[: data.rfind(b"\n") + 1]
