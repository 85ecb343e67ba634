"""UMAP while the clusters form: how many frames a minute, what they cost training, and how still they hold.

The clustering of a preset is recorded again and again from one pretrained autoencoder, in turn with and without frames,
so that what else the machine does weighs on both alike. The slowdown is the median of the ratios of neighbours in time.
Then the UMAPs of all snapshots are made, as after every run. Printed is a Markdown table.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.bench import add_to_history
from benchmarks.options import add_history_option
from dec_core.analysis.inspection import steadiness
from dec_core.analysis.projection import umap_plane
from dec_core.cli.options import add_command, add_json_option, add_set_option, changes_from
from dec_core.cli.quiet import start_tensorflow
from dec_core.config import RunConfig
from dec_core.presets import preset
from dec_core.runs.folder import RunFolder
from dec_core.runs.history import RunReader
from dec_core.runs.machine import hardware
from dec_core.runs.snapshots import LIVE_UMAP_FILE

PRESET = "first-look"
CHANGES = {"first_target": "kmeans", "pretrain_epochs": 2, "max_iterations": 800}  # UMAP of the images is not measured
AFTER = 2  # target updates that do not count: what follows is compiled in them
MOST_APART = 8  # independent UMAPs that steadiness is compared with


def add_parser(commands: Any) -> None:
    parser = add_command(commands, "live-umap", "measure UMAP while the clusters form: frames, slowdown, steadiness")
    parser.add_argument("preset", nargs="?", default=PRESET, metavar="PRESET", help=f"default: {PRESET}")
    parser.add_argument("--pairs", type=int, default=5, metavar="N", help="runs with, and without (default: 5)")
    add_set_option(parser)
    add_history_option(parser)
    add_json_option(parser)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    config = preset(options.preset).changed(**CHANGES).changed(**changes_from(options.set))
    start_tensorflow()
    figures = {"what": "live UMAP", **hardware(), "preset": options.preset, **measure(config, options.pairs)}
    print(table(figures))
    if options.history:
        add_to_history(options.history, figures)
    if options.json:
        print(json.dumps(figures))
    return 0


def measure(config: RunConfig, n_pairs: int) -> dict[str, Any]:
    """What `table` shows: the figures of `n_pairs` runs with frames and as many without, and of their snapshots."""
    with tempfile.TemporaryDirectory() as root:
        first = _recorded(Path(root), config, None, live_umap=False)
        pairs = []
        for number in range(n_pairs):
            order = (True, False) if number % 2 else (False, True)
            both = {live: _recorded(Path(root), config, first.folder, live_umap=live) for live in order}
            pairs.append((both[True], both[False]))
            print(f"… pair {number + 1} of {n_pairs}: {_slowdown(*pairs[-1]):.3f}", file=sys.stderr)
        watched = [pair[0] for pair in pairs]
        slowdowns = [_slowdown(*pair) for pair in pairs]
        return {
            "frames_a_minute": 60 * sum(len(one.frames) for one in watched) / sum(one.seconds for one in watched),
            "frame_cpu": statistics.median(cpu for one in watched for cpu in one.frame_cpu),
            "n_points": len(watched[0].frames[-1]["plane"]),
            "iterations_a_second": statistics.median(one.speed for _, one in pairs),
            "slowdown": statistics.median(slowdowns),
            "slowdowns": sorted(slowdowns),
            **_steadiness(watched[0]),
            **_all_snapshots(watched[0].folder),
        }


class _Watched:
    """A run that has been recorded: how fast, and with which frames."""

    def __init__(self, folder: RunFolder):
        self.folder = folder
        self.frames: list[dict[str, np.ndarray]] = []
        self.frame_cpu: list[float] = []
        self.updates: list[tuple[float, int]] = []  # when, and after how many iterations

    @property
    def seconds(self) -> float:
        return self.updates[-1][0] - self.updates[AFTER][0]

    @property
    def speed(self) -> float:
        """Iterations a second."""
        return (self.updates[-1][1] - self.updates[AFTER][1]) / self.seconds


def _recorded(root: Path, config: RunConfig, begin_with: RunFolder | None, *, live_umap: bool) -> _Watched:
    """Record a run; frames of the first updates, in which all is compiled, do not count."""
    from dec_core.work import live_umap as live
    from dec_core.work.recorder import record

    watched = _Watched(RunFolder.create(root, config, "running"))
    if begin_with:
        watched.folder.begin_with(begin_with)
    real = live.LiveUmap._frame

    def frame(self: live.LiveUmap, *offered: Any) -> None:
        cpu = time.thread_time()
        real(self, *offered)
        arrays = watched.folder.load_arrays(LIVE_UMAP_FILE)
        if arrays and len(watched.updates) > AFTER:
            watched.frames.append(arrays)
            watched.frame_cpu.append(time.thread_time() - cpu)

    live.LiveUmap._frame = frame
    try:
        for item in record(watched.folder, live_umap=live_umap):
            if item["event"] == "TargetUpdated":
                watched.updates.append((time.perf_counter(), item["iteration"]))
    finally:
        live.LiveUmap._frame = real
    return watched


def _slowdown(watched: _Watched, unwatched: _Watched) -> float:
    """How many times as long an iteration takes with frames."""
    return unwatched.speed / watched.speed


def _steadiness(watched: _Watched) -> dict[str, float]:
    """How far points wander that hardly move in z: from frame to frame, and in independent UMAPs of the same z."""
    taken = {record["iteration"]: record["file"] for record in RunReader(watched.folder).refresh().snapshots}
    frames = [frame for frame in watched.frames if int(frame["iteration"]) in taken]
    index = frames[0]["index"]
    snapshots = [watched.folder.load_arrays(taken[int(frame["iteration"])], "z", "plane") for frame in frames]
    z, planes = _view_of([s["z"] for s in snapshots], index), [s["plane"][index] for s in snapshots]
    few = slice(0, MOST_APART)
    apart = [umap_plane(at, plane, random_state=0) for at, plane in zip(z[few], planes[few], strict=True)]
    return {
        "wandering": steadiness([frame["plane"] for frame in frames], z),
        "wandering_pca": steadiness(planes, z),
        "wandering_independent": steadiness(apart, z[few]),
    }


def _view_of(embeddings: Sequence[np.ndarray], index: np.ndarray) -> list[np.ndarray]:
    """z of some samples of the view, of snapshots that hold it of all."""
    from dec_core.runs.subset import view_index

    return [z[view_index(len(z))[index]].astype(np.float32) for z in embeddings]


def _all_snapshots(folder: RunFolder) -> dict[str, float]:
    """What the UMAPs of all snapshots take, and how still they hold while the clusters form."""
    from dec_core.work.moving_umap import add_moving_umap
    from dec_core.work.postprocess import add_inspection, add_umap

    add_umap(folder)
    add_inspection(folder)
    began = time.process_time()
    add_moving_umap(folder)
    cpu = time.process_time() - began
    kept, snapshots = folder.load_arrays("umaps.npz"), RunReader(folder).refresh().snapshots
    clustered = [number for number, record in enumerate(snapshots) if record["clustered"]]
    z = [folder.load_arrays(snapshots[number]["file"], "z")["z"].astype(np.float32) for number in clustered]
    planes = [kept["planes"][number].astype(np.float32) for number in clustered]
    return {
        "snapshots": len(snapshots),
        "snapshot_points": len(kept["samples"]),
        "snapshot_cpu": cpu / len(snapshots),
        "wandering_snapshots": steadiness(planes, [at[kept["samples"]] for at in z]),
    }


def table(figures: dict[str, Any]) -> str:
    """As Markdown."""
    low, high = figures["slowdowns"][0], figures["slowdowns"][-1]
    rows = [
        ("points in a frame", f"{figures['n_points']}"),
        ("frames a minute", f"{figures['frames_a_minute']:.0f}"),
        ("CPU seconds of a frame", f"{figures['frame_cpu']:.2f}"),
        ("iterations a second without", f"{figures['iterations_a_second']:.0f}"),
        ("time of an iteration with, times that without", f"{figures['slowdown']:.2f} ({low:.2f} – {high:.2f})"),
        ("wandering from frame to frame", f"{figures['wandering']:.3f}"),
        ("of PCA, each turned onto the one before", f"{figures['wandering_pca']:.3f}"),
        ("of independent UMAPs", f"{figures['wandering_independent']:.3f}"),
        ("UMAP of each snapshot, once training has ended: points", f"{figures['snapshot_points']}"),
        ("CPU seconds of one", f"{figures['snapshot_cpu']:.2f}"),
        ("wandering from snapshot to snapshot", f"{figures['wandering_snapshots']:.3f}"),
    ]
    head = [f"{figures['processor']}.", "", f"| {figures['preset']} | |", "|---|---|"]
    return "\n".join([*head, *(f"| {name} | {value} |" for name, value in rows)])
