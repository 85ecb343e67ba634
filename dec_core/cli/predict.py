"""`predict`: the clusters of new images, by a finished run."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dec_core.cli.options import add_command, add_json_option, add_skip_option, check_target, checked_run

if TYPE_CHECKING:
    from dec_core.runs.folder import RunFolder

BLOCK = 100_000_000  # bytes of images at a time, of a file that is mapped: as they are, and as the run's are
MOST_ROWS = 50_000  # answers at a time: of small images they need more memory than these


def add_parser(commands: Any) -> None:
    parser = add_command(commands, "predict", "assign new images to the clusters of a finished run")
    parser.add_argument("run_dir", type=Path, metavar="RUN_DIR", help="folder of the run")
    parser.add_argument("file", type=Path, metavar="FILE", help="the images, in any format that train --data reads")
    parser.add_argument("--csv", type=Path, metavar="FILE", help="write all rows to FILE, with q of every cluster")
    add_skip_option(parser)
    add_json_option(parser)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Print where the images belong, in words or JSON, and write a CSV if one is named. Raises ValueError.

    Of a file that is too large to be read there is the CSV alone.
    """
    run_dir, target = checked_run(options.run_dir), options.csv
    check_target("--csv", target)
    from dec_core.cli.prediction_table import as_json, table_text, write_csv
    from dec_core.data.mapped import is_for_mapping
    from dec_core.data.readers import read
    from dec_core.runs.folder import RunFolder

    folder = RunFolder(run_dir.resolve())
    if is_for_mapping(options.file):
        if target is None or options.json:
            raise ValueError(
                f"--csv: {options.file.name} has more images than can be printed; name a file, without --json"
            )
        return _predict_blocks(folder, options.file, target)
    reading = read(options.file, skip_unreadable=options.skip_unreadable, at_least=1)
    from dec_core.work.prediction import predict

    prediction = predict(folder, reading.dataset.images)
    for note in (*reading.notes, *prediction.notes):
        print(note, file=sys.stderr)
    print(as_json(prediction) if options.json else table_text(prediction))
    if target is not None:
        with target.open("w", newline="", encoding="utf-8") as file:
            write_csv(prediction, file)
        print(f"{len(prediction.labels)} rows in {target}", file=sys.stderr)
    return 0


def _predict_blocks(folder: RunFolder, images_path: Path, target: Path) -> int:
    """Write where the images of a mapped file belong, a block of them after the other."""
    from dec_core.cli.prediction_table import write_csv
    from dec_core.data.mapped import mapped_images

    images = mapped_images(images_path)
    from dec_core.work.prediction import Predictor

    predictor = Predictor(folder)
    size = max(1, min(MOST_ROWS, BLOCK // max(images[0].nbytes, predictor.image_bytes)))
    told: set[str] = set()
    with target.open("w", newline="", encoding="utf-8") as file:
        for first in range(0, len(images), size):
            prediction = predictor(images[first : first + size])
            write_csv(prediction, file, first)
            for note in prediction.notes:
                if note not in told:
                    print(f"From image {first} on: {note}", file=sys.stderr)
            told.update(prediction.notes)
    print(f"{len(images)} rows in {target}", file=sys.stderr)
    return 0
