"""Makes the gallery: trains its runs as they are, keeps some moments of some of their images, and where they come from.

    python -m benchmarks gallery --work DIR [NAME ...]

A run of which DIR holds the training is not trained again, and one that was cut goes on from its checkpoint.
What is kept goes to `dec_core/gallery/runs`.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np

from benchmarks.recordings import RECORDINGS, Recording
from dec_core.cli.options import add_command
from dec_core.gallery import ABOUT, RUNS, run_id
from dec_core.runs import subset
from dec_core.runs.folder import RunFolder
from dec_core.runs.history import RunReader
from dec_core.runs.marks import mark
from dec_core.runs.status import RunStatus, new_attempt
from dec_core.work.disk import size_of

WHOLE = 70_000  # images of MNIST
MADE_ANEW = ("ProjectionReady", "InspectionReady", "UmapsReady")  # records of files of the images that are kept
PER_IMAGE = ("z", "plane", "labels", "q")


def add_parser(commands: Any) -> None:
    parser = add_command(commands, "gallery", "train the recorded runs that come along, and keep what is shown of them")
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"some of {', '.join(RECORDINGS)} (default: all)")
    parser.add_argument("--work", type=Path, required=True, metavar="DIR", help="where the whole runs are kept")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    unknown = [name for name in options.names if name not in RECORDINGS]
    if unknown:
        print(f"error: received {', '.join(unknown)}, expected some of {', '.join(RECORDINGS)}", file=sys.stderr)
        return 2
    for name in options.names or RECORDINGS:
        started = time.monotonic()
        whole = trained(name, RECORDINGS[name], options.work)
        n_bytes = keep(name, RECORDINGS[name], whole)
        acc = whole.status.outcome.get("acc", float("nan"))
        print(f"{name}: ACC {acc:.4f}, {n_bytes / 1e6:.2f} MB, {time.monotonic() - started:.0f} s", flush=True)
    print(f"all: {sum(size_of(folder) for folder in RUNS.iterdir()) / 1e6:.1f} MB")
    return 0


def trained(name: str, recording: Recording, work: Path) -> RunFolder:
    """The whole run, trained unless it was before; the images that are shown are those that `keep` keeps."""
    from dec_core.work.recorder import record

    folder = RunFolder(work / run_id(name))
    begun = folder.path.exists() and folder.config == recording.config
    if begun and folder.status.state == "finished":
        return folder
    if not begun:
        shutil.rmtree(folder.path, ignore_errors=True)
        (folder.path / "snapshots").mkdir(parents=True)
        folder.write(folder.path / "config.json", lambda file: file.write(recording.config.to_json().encode()))
    folder.set_status(RunStatus("queued", time.time(), **new_attempt()))
    with the_first_are_shown():
        for _ in record(folder, live_umap=False):
            pass
    return folder


@contextmanager
def the_first_are_shown() -> Iterator[None]:
    """Snapshots of a run on all digits hold the first ones, which are those of a run on so many; not some of all."""

    def view_index(n: int) -> np.ndarray:
        return np.arange(min(n, subset.VIEW_SIZE))

    with ExitStack() as stack:
        for name, module in list(sys.modules.items()):
            if name.startswith("dec_core") and hasattr(module, "view_index"):
                stack.enter_context(patch.object(module, "view_index", view_index))
        yield


def keep(name: str, recording: Recording, whole: RunFolder) -> int:
    """Write what is kept of a run to the gallery; its bytes."""
    from dec_core.work.moving_umap import add_moving_umap
    from dec_core.work.postprocess import add_inspection, add_umap

    folder = RunFolder(RUNS / run_id(name))
    shutil.rmtree(folder.path, ignore_errors=True)
    (folder.path / "snapshots").mkdir(parents=True)
    config = recording.config.changed(n_samples=recording.n_images)
    folder.write(folder.path / "config.json", lambda file: file.write(config.to_json().encode()))
    folder.set_status(replace(whole.status, pid=0, pid_started=0.0, host="", machine="", attempt=""))
    records = [record for record in whole.records()[0] if record["event"] not in MADE_ANEW]
    moments = chosen([record for record in records if record["event"] == "SnapshotTaken"], recording.n_moments)
    with the_first_are_shown():  # as when they were taken
        arrays = {record["file"]: whole.load_arrays(record["file"]) for record in moments}
    for record in records:
        if record["event"] != "SnapshotTaken":
            folder.append(record)
        elif record in moments:
            folder.append(record)
            folder.save_arrays(record["file"], **reduced(arrays[record["file"]], recording.n_images))
    for add in (add_umap, add_inspection, add_moving_umap):
        add(folder)
    if recording.with_network:
        for file in ("decoder.npz", "encoder.npz"):
            weights = whole.load_arrays(file)
            folder.save_arrays(file, **{each: array.astype(np.float16) for each, array in weights.items()})
    for path in folder.path.rglob("*.npz"):
        with np.load(path) as file:
            kept = {each: file[each] for each in file.files}
        np.savez_compressed(path, **kept)
    mark(folder, name=recording.title, note=recording.note)
    about = {
        "trained_on": recording.config.n_samples or WHOLE,
        "shown": recording.n_images,
        "moments": len(RunReader(folder).refresh().snapshots),  # of two of one step, the later one counts
        "config": json.loads(recording.config.to_json()),
        "command": f"python -m benchmarks gallery --work DIR {name}",
        "trained_with": next(record for record in records if record["event"] == "Started"),
    }
    folder.write(folder.path / ABOUT, lambda file: file.write(json.dumps(about, indent=1).encode()))
    return size_of(folder.path)


def chosen(moments: list[dict[str, Any]], most: int) -> list[dict[str, Any]]:
    """A third of pretraining, and of clustering more at the beginning, where most moves; the first and last of each."""
    before = [each for each in moments if not each["clustered"]]
    after = [each for each in moments if each["clustered"]]
    n_before = min(len(before), most // 3)
    n_after = min(len(after), most - n_before)
    early = np.linspace(0, 1, n_after) ** 1.7 * (len(after) - 1)
    numbers = sorted({*np.unique(np.maximum(early.round().astype(int), 0)).tolist()})
    spread = np.linspace(0, len(before) - 1, n_before).round().astype(int)
    return [before[i] for i in dict.fromkeys(spread.tolist())] + [after[i] for i in numbers]


def reduced(arrays: dict[str, np.ndarray], n_images: int) -> dict[str, np.ndarray]:
    """The arrays of a snapshot, of the first images alone."""
    return {name: array[:n_images] if name in PER_IMAGE else array for name, array in arrays.items()}
