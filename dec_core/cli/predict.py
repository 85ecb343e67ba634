"""Sort new images by a finished run: a table on stdout, or CSV."""

from __future__ import annotations

import csv
import sys
from pathlib import Path
from typing import IO, TYPE_CHECKING

from dec_core.cli.quiet import start_tensorflow
from dec_core.data.readers import read
from dec_core.runs.folder import RunFolder

if TYPE_CHECKING:
    from dec_core.work.prediction import Prediction

SHOWN = 20  # rows of the table


def predict(run_dir: Path, file: Path, target: Path | None, *, skip_unreadable: bool) -> int:
    """Print where the images of `file` belong, and write all of it as CSV to `target` if one is named."""
    if not (run_dir / "config.json").is_file():
        raise ValueError(f"run_dir: received {run_dir}, expected the folder of a run, with a config.json in it")
    if target is not None and not target.resolve().parent.is_dir():
        raise ValueError(f"--csv: received {target}, but there is no folder {target.parent}; make it first")
    reading = read(file, skip_unreadable=skip_unreadable, at_least=1)
    start_tensorflow()
    from dec_core.work.prediction import predict as sort

    found = sort(RunFolder(run_dir.resolve()), reading.dataset.images)
    for note in (*reading.notes, *found.notes):
        print(note, file=sys.stderr)
    _print(found)
    if target is not None:
        with target.open("w", newline="", encoding="utf-8") as out:
            write_csv(found, out)
        print(f"{len(found.labels)} rows in {target}")
    return 0


def write_csv(found: Prediction, out: IO[str]) -> None:
    """index, cluster, class if known, confidence, then q of every cluster."""
    writer = csv.writer(out)
    known = found.names is not None
    head = ["index", "cluster", *(["class"] if known else []), "confidence"]
    writer.writerow([*head, *(f"q_{j}" for j in range(found.q.shape[1]))])
    for i, (label, q) in enumerate(zip(found.labels.tolist(), found.q.tolist(), strict=True)):
        names = [found.names[label]] if known else []
        writer.writerow([i, label, *names, f"{q[label]:.6f}", *(f"{value:.6f}" for value in q)])


def _print(found: Prediction) -> None:
    print(f"{'image':>6} {'cluster':>8} {'class':>8} {'confidence':>11}")
    for i, (label, q) in enumerate(zip(found.labels[:SHOWN], found.q, strict=False)):
        print(f"{i:6} {label:8} {found.names[label] if found.names else '–':>8} {q[label]:11.3f}")
    if len(found.labels) > SHOWN:
        print(f"... and {len(found.labels) - SHOWN} more")
