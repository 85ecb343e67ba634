"""Images that do not fit into memory: what an image costs beside one of a set in memory, and how much memory it takes.

Makes a file of so many images from MNIST by shifts and noise, and trains on it by command, as anybody would. In the
midst of the pretraining the process is killed, and the run resumed. The same is trained on the first images of the
file, read into memory. Where the system has control groups that this user may make, both run under a limit of memory.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.history import add_history_option, hand_out
from dec_core.cli.options import add_command, add_json_option
from dec_core.data import load
from dec_core.machine import hardware
from dec_core.runs.folder import RunFolder, list_runs

BLOCK = 50_000  # images that are made at a time
SHIFT, NOISE = 2, 24  # pixels to each side; gray levels
GROUPS = Path("/sys/fs/cgroup/memory")  # of version 1
FIELDS = {
    "pretrain_epochs": "1", "pretrain_optimizer": "adam", "pretrain_learning_rate": "0.001", "precision": "auto",
    "update_interval": "140", "max_iterations": "420", "tol": "0",
}  # fmt: skip


def add_parser(commands: Any) -> None:
    parser = add_command(commands, "large", "train on images that do not fit into memory: their cost, and the memory")
    add = parser.add_argument
    add("--work", type=Path, required=True, metavar="DIR", help="where the images and the runs are kept")
    add("--images", type=int, default=5_000_000, metavar="N", help="how many (default: 5000000)")
    add("--beside", type=int, default=200_000, metavar="N", help="of the set in memory (default: 200000)")
    add("--memory", type=float, default=4.0, metavar="GB", help="that a process may take (default: 4)")
    add_history_option(parser)
    add_json_option(parser)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    options.work.mkdir(parents=True, exist_ok=True)
    file, few = made(options.work, options.images), options.work / f"few-images-{options.beside}.npy"
    labels = options.work / few.name.replace("images", "labels")
    np.save(few, np.load(file, mmap_mode="r")[: options.beside])
    np.save(labels, np.load(file.with_name(file.name.replace("images", "labels")))[: options.beside])
    runs = Path(tempfile.mkdtemp(prefix="runs-", dir=options.work))  # of this call alone
    rows = {
        "in memory": trained(few, runs / "few", options.memory, killed=False),
        "mapped": trained(file, runs / "many", options.memory, killed=True),
    }
    limit = options.memory if _can_limit() else None
    figures = {"what": "large", **hardware(), "memory_limit": limit, "rows": rows}
    return hand_out(figures, table(figures), options.history, as_json=options.json)


def made(work: Path, n: int) -> Path:
    """The file of `n` images with its labels beside it; made unless it is there."""
    path = work / f"many-images-{n}.npy"
    if path.is_file():
        return path
    mnist, rng = load("mnist"), np.random.default_rng(0)
    part = path.with_suffix(".part")
    images = np.lib.format.open_memmap(part, "w+", np.uint8, (n, *mnist.images.shape[1:]))
    index = np.arange(n) % len(mnist.images)
    for first in range(0, n, BLOCK):
        some = mnist.images[index[first : first + BLOCK]]
        for each, shift in zip(some, rng.integers(-SHIFT, SHIFT + 1, (len(some), 2)), strict=True):
            each[:] = np.roll(each, shift, (0, 1))
        noise = rng.integers(0, NOISE, some.shape, np.uint8)
        images[first : first + BLOCK] = np.where(some > 255 - NOISE, some, some + noise)
    images.flush()
    np.save(path.with_name(path.name.replace("images", "labels")), mnist.y[index])
    return part.rename(path)


def trained(file: Path, root: Path, gigabytes: float, *, killed: bool) -> dict[str, Any]:
    """What training on a file costs: seconds an image of each phase, and bytes."""
    fields = [f"--set={name}={value}" for name, value in FIELDS.items()]
    begun = time.monotonic()
    command = ["train", "tutorial-dec", "--data", str(file), "--out", str(root), *fields]
    peak = _run(command, root, gigabytes, killed_at=0.5 if killed else None)
    if killed:
        (folder,) = list_runs(root)
        peak = max(peak, _run(["resume", str(folder.path)], root, gigabytes))
    (folder,) = list_runs(root)
    status, n = folder.status, len(np.load(file, mmap_mode="r"))
    if status.state != "finished":
        raise RuntimeError(f"the run on {file.name} is {status.state}: {status.message}")
    seconds, steps = status.seconds, folder.config.max_iterations * folder.config.batch_size
    n_updates = folder.config.max_iterations // folder.config.update_interval
    return {
        "n": n, "whole": time.monotonic() - begun, "anonymous_gb": peak, "acc": status.outcome.get("acc"),
        "pretraining": 1e6 * seconds["pretraining"] / n, "centers": 1e6 * seconds["centers"] / n,
        "clustering": 1e6 * seconds["clustering"] / (steps + n_updates * n),
        "disk_mb": sum(path.stat().st_size for path in folder.path.rglob("*") if path.is_file()) / 1e6,
    }  # fmt: skip


def _run(arguments: Sequence[str], root: Path, gigabytes: float, killed_at: float | None = None) -> float:
    """Run a command of dec_core, perhaps until so much of its pretraining is done; gigabytes of its own at most."""
    process = subprocess.Popen(
        [sys.executable, "-m", "dec_core", *arguments], start_new_session=True, stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL, preexec_fn=lambda: _limited(gigabytes),
    )  # fmt: skip
    most = 0.0  # gigabytes
    while process.poll() is None:
        most = max(most, _anonymous(process.pid))
        if killed_at is not None and _pretrained(root) > killed_at:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            _unlimited(process.pid)
            return most
        time.sleep(0.2)
    _unlimited(process.pid)
    if process.returncode:
        raise RuntimeError(f"{arguments[0]} ended with {process.returncode}")
    if killed_at is not None:
        raise RuntimeError(f"{arguments[0]} ended before it left a checkpoint within its epoch; take more --images")
    return most


def _can_limit() -> bool:
    return os.access(GROUPS, os.W_OK)


def _limited(gigabytes: float) -> None:
    """Put this process into a control group of its own, with a limit that files in the page cache count for, too."""
    if _can_limit():
        group = GROUPS / f"dec-{os.getpid()}"
        group.mkdir(exist_ok=True)
        (group / "memory.limit_in_bytes").write_text(str(int(gigabytes * 1e9)))
        (group / "cgroup.procs").write_text(str(os.getpid()))


def _unlimited(pid: int) -> None:
    """Remove the control group of a process that has ended."""
    with contextlib.suppress(OSError):
        (GROUPS / f"dec-{pid}").rmdir()


def _anonymous(pid: int) -> float:
    """Gigabytes that a process has for itself, without files that are mapped."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return 0.0
    return next((int(line.split()[1]) * 1024 / 1e9 for line in lines if line.startswith("RssAnon")), 0.0)


def _pretrained(root: Path) -> float:
    """The share of the pretraining that is done, of the one run there is, once there is a checkpoint."""
    runs: list[RunFolder] = list_runs(root) if root.is_dir() else []
    if not runs or not (runs[0].path / "checkpoint.npz").is_file():
        return 0.0
    progress = runs[0].status.progress
    return progress.get("batch", 0) / progress.get("n_batches", 1) if progress.get("epoch") == 1 else 0.0


def table(figures: dict[str, Any]) -> str:
    """Markdown, for docs/scaling.md."""
    limit = figures["memory_limit"]
    of_memory = f"a limit of {limit:g} GB" if limit else "no limit of memory, as there are no control groups to set one"
    rows = [
        f"{figures['processor']}, {of_memory}. Microseconds an image; clustering sees those "
        "of its steps, and at each update all.",
        "",
        "| | images | an epoch of pretraining | centers | clustering | memory of its own | the run on disk | ACC |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for name, row in figures["rows"].items():
        rows.append(
            f"| {name} | {row['n']:,} | {row['pretraining']:.0f} | {row['centers']:.1f} | {row['clustering']:.0f} "
            f"| {row['anonymous_gb']:.2f} GB | {row['disk_mb']:.0f} MB | {row['acc']:.3f} |"
        )
    return "\n".join([*rows, "", f"As JSON: {json.dumps(figures['rows'])}"])
