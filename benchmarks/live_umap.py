"""UMAP while the clusters form: how many frames a minute, what they cost training, and how still they hold.

The clustering of a preset is recorded with frames in every second block of target updates, so that what else the
machine does weighs on both kinds alike. The slowdown is the median of the ratios of blocks that are neighbours in time.
Then the UMAPs of all snapshots are made, as after every run. Printed is a Markdown table.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.history import add_history_option, hand_out
from dec_core.analysis.inspection import steadiness
from dec_core.analysis.projection import umap_plane
from dec_core.cli.options import add_command, add_json_option, add_set_option, changes_from
from dec_core.config import RunConfig
from dec_core.machine import hardware
from dec_core.presets import preset
from dec_core.runs.folder import RunFolder
from dec_core.runs.history import RunReader
from dec_core.runs.snapshots import LIVE_UMAP_FILE

PRESET = "first-look"
CHANGES = {"first_target": "kmeans", "pretrain_epochs": 2, "max_iterations": 2640}  # UMAP of the images is not measured
AFTER = 2  # target updates that do not count: what follows is compiled in them
BLOCK = 8  # target updates


def add_parser(commands: Any) -> None:
    parser = add_command(commands, "live-umap", "measure UMAP while the clusters form: frames, slowdown, steadiness")
    parser.add_argument("preset", nargs="?", default=PRESET, metavar="PRESET", help=f"default: {PRESET}")
    parser.add_argument("--repeats", type=int, default=2, metavar="N", help="runs to record (default: 2)")
    add_set_option(parser)
    add_history_option(parser)
    add_json_option(parser)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    config = preset(options.preset).changed(**CHANGES).changed(**changes_from(options.set))
    figures = {"what": "live UMAP", **hardware(), "preset": options.preset, **measure(config, options.repeats)}
    return hand_out(figures, table(figures), options.history, as_json=options.json)


def measure(config: RunConfig, n_runs: int) -> dict[str, Any]:
    """What `table` shows, of runs that share their pretraining."""
    with tempfile.TemporaryDirectory() as root:
        folders: list[RunFolder] = []
        blocks: list[list[_Block]] = []
        for _ in range(n_runs):
            folders.append(RunFolder.create(Path(root), config, "running"))
            if len(folders) > 1:
                folders[-1].begin_with(folders[0])
            blocks.append(_recorded(folders[-1]))
            print(f"… {[round(ratio, 3) for ratio in _slowdowns(blocks[-1])]}", file=sys.stderr)
        without = [block for run in blocks for block in run[::2]]
        watched = [block for run in blocks for block in run[1::2]]
        slowdowns = sorted(ratio for run in blocks for ratio in _slowdowns(run))
        return {
            "n_points": len(watched[0].frames[-1]["plane"]),
            "frames_a_minute": sum(len(one.frames) for one in watched) / sum(one.minutes for one in watched),
            "frame_cpu": statistics.median(cpu for one in watched for cpu in one.cpu),
            "iterations_a_second": statistics.median(one.speed for one in without),
            "slowdown": statistics.median(slowdowns),
            "slowdowns": slowdowns,
            **_steadiness(folders[-1], blocks[-1]),
            **_all_snapshots(folders[-1]),
        }


@dataclass
class _Block:
    """Some target updates in a row, with frames or without."""

    frames: list[dict[str, np.ndarray]] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)  # seconds of each frame
    updates: list[tuple[float, int]] = field(default_factory=list)  # when, and after how many iterations

    @property
    def minutes(self) -> float:
        return (self.updates[-1][0] - self.updates[0][0]) / 60

    @property
    def speed(self) -> float:
        """Iterations a second; in the first of its intervals a frame of the block before may still be in the making."""
        (began, first), (ended, last) = self.updates[1], self.updates[-1]
        return (last - first) / (ended - began)


def _recorded(folder: RunFolder) -> list[_Block]:
    """Record a run; the blocks of it, of which every second has frames. The first updates are in none: they compile."""
    from dec_core.work import live_umap as live
    from dec_core.work.recorder import record

    blocks, n_updates = [_Block()], 0
    real_frame, real_offer = live.LiveUmap._frame, live.LiveUmap.offer

    def frame(self: live.LiveUmap, *offered: Any) -> None:
        cpu = time.thread_time()
        real_frame(self, *offered)
        blocks[-1].cpu.append(time.thread_time() - cpu)
        blocks[-1].frames.append(folder.load_arrays(LIVE_UMAP_FILE) or {})

    def offer(self: live.LiveUmap, *offered: Any) -> None:
        if len(blocks) % 2:
            real_offer(self, *offered)

    live.LiveUmap._frame, live.LiveUmap.offer = frame, offer
    try:
        for item in record(folder, live_umap=True):
            if item["event"] == "TargetUpdated":
                blocks[-1].updates.append((time.perf_counter(), item["iteration"]))
                n_updates += 1
                if n_updates == AFTER or (n_updates > AFTER and len(blocks[-1].updates) > BLOCK):
                    blocks.append(_Block(updates=blocks[-1].updates[-1:]))
    finally:
        live.LiveUmap._frame, live.LiveUmap.offer = real_frame, real_offer
    return [block for block in blocks[1:] if len(block.updates) > BLOCK]


def _slowdowns(blocks: Sequence[_Block]) -> list[float]:
    """How many times as long an iteration takes with frames, by blocks that are neighbours in time, ascending."""
    return sorted(
        (one.speed / other.speed if number % 2 == 0 else other.speed / one.speed)
        for number, (one, other) in enumerate(pairwise(blocks))
    )


def _steadiness(folder: RunFolder, blocks: Sequence[_Block]) -> dict[str, float]:
    """How far points wander that hardly move in z: from frame to frame, and in independent UMAPs of the same z."""
    taken = {record["iteration"]: record["file"] for record in RunReader(folder).refresh().snapshots}
    figures: dict[str, list[float]] = {"wandering": [], "wandering_pca": [], "wandering_independent": []}
    for block in blocks:
        frames = [frame for frame in block.frames if frame and int(frame["iteration"]) in taken]
        if len(frames) < 2:
            continue
        index = frames[0]["index"]
        snapshots = [folder.load_arrays(taken[int(frame["iteration"])], "z", "plane") for frame in frames]
        z, planes = _view_of([s["z"] for s in snapshots], index), [s["plane"][index] for s in snapshots]
        apart = [umap_plane(at, plane, random_state=0) for at, plane in zip(z, planes, strict=True)]
        for name, laid_out in zip(figures, ([frame["plane"] for frame in frames], planes, apart), strict=True):
            figures[name].append(steadiness(laid_out, z))
    return {name: statistics.mean(values) for name, values in figures.items() if values}


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
    low, _, high = statistics.quantiles(figures["slowdowns"], n=4)
    rows = [
        ("points in a frame", f"{figures['n_points']}"),
        ("frames a minute", f"{figures['frames_a_minute']:.0f}"),
        ("CPU seconds of a frame", f"{figures['frame_cpu']:.2f}"),
        ("iterations a second without", f"{figures['iterations_a_second']:.0f}"),
        (
            "time of an iteration with, times that without (middle half)",
            f"{figures['slowdown']:.2f} ({low:.2f} – {high:.2f})",
        ),
        ("wandering from frame to frame", f"{figures['wandering']:.3f}"),
        ("of PCA, each turned onto the one before", f"{figures['wandering_pca']:.3f}"),
        ("of independent UMAPs", f"{figures['wandering_independent']:.3f}"),
        ("UMAP of each snapshot, once training has ended: points", f"{figures['snapshot_points']}"),
        ("CPU seconds of one", f"{figures['snapshot_cpu']:.2f}"),
        ("wandering from snapshot to snapshot", f"{figures['wandering_snapshots']:.3f}"),
    ]
    head = [f"{figures['processor']}.", "", f"| {figures['preset']} | |", "|---|---|"]
    return "\n".join([*head, *(f"| {name} | {value} |" for name, value in rows)])
