"""Presets on sets that nobody tuned them on: how well they do, how badly at worst, and whether the verdict notices.

Runs that are finished are not trained again, and rows that stand in `robustness.json` already are kept, so that the
command can be stopped and called again: delete the file to measure all anew.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from benchmarks.figures_and_page import figures_of, write_page
from benchmarks.options import add_docs_folder
from benchmarks.recipes import measured_row
from benchmarks.recipes_trials import Trial
from benchmarks.robustness_page import markdown
from benchmarks.robustness_sets import Draw, sets
from benchmarks.table import trained
from dec_core.cli.options import add_command, add_runs_folder, add_seeds_option, checked_seeds
from dec_core.data.own import keep
from dec_core.presets import PRESETS, fitted_to

TRIED = {  # what is quick comes first: the preset, and what differs from it
    "umap-gmm": ("umap-gmm", {}),
    "best-umap": ("best-umap", {}),
    "first-look": ("first-look", {}),
    "first-look, mean subtracted": ("first-look", {"centered": True}),  # as on all images of one's own
}
HANDWRITING = ("MNIST", "OpenCV")  # how titles of sets begin that a preset may deskew


def add_parser(commands: Any) -> None:
    parser = add_command(commands, "robustness", "measure presets on sets nobody tuned on: docs/robustness.md")
    parser.add_argument("--fashion", type=Path, metavar="DIR", help="folder of Fashion-MNIST's IDX files")
    parser.add_argument("--fonts", type=Path, metavar="DIR", help="folder of fonts, for letters")
    parser.add_argument("--sheet", type=Path, metavar="FILE", help="OpenCV's samples/data/digits.png")
    add_seeds_option(parser, 3)
    add_runs_folder(parser)
    add_docs_folder(parser)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    drawn = sets(options.fashion, options.fonts, options.sheet)
    return robustness(checked_seeds(options.seeds), drawn, options.out, options.docs)


def robustness(n_seeds: int, drawn: dict[str, Draw], root: Path, docs: Path) -> int:
    """Train what is missing, and write `robustness.md` and `.json` into `docs` after every run."""
    measured = {"rows": []} | figures_of(docs, "robustness")
    rows = measured["rows"]
    known = {(row["name"], row["data"], row["random_state"]) for row in rows}
    for trial, n_images in _trials(n_seeds, drawn, root, known):
        print(f"{trial.name}, {trial.data}, seed {trial.config.random_state}", file=sys.stderr)
        rows.append(measured_row(trial, trained(trial.config, root, resume=True)) | {"n_images": n_images})
        write_page(docs, "robustness", measured, markdown(measured))
    write_page(docs, "robustness", measured, markdown(measured))  # also where nothing was measured anew
    print((docs / "robustness.md").read_text(encoding="utf-8"))
    return int(any(row["state"] == "failed" for row in rows))


def _trials(
    n_seeds: int, drawn: dict[str, Draw], root: Path, known: set[tuple[str, str, int]]
) -> Iterator[tuple[Trial, int]]:
    """What is to be trained, and on how many images; the set with the number of a seed is kept below `root`."""
    for name, (preset, differs) in TRIED.items():
        for seed in range(n_seeds):
            for title, draw in drawn.items():
                if (name, title, seed) in known:
                    continue
                dataset = draw(seed)
                n_images = len(dataset.images)
                config = PRESETS[preset]
                changes = fitted_to(config, n_images) | differs
                changes |= {"dataset": keep(dataset, root), "random_state": seed}
                if not title.startswith(HANDWRITING):
                    changes["deskew"] = False  # as for all images of one's own that are no handwriting
                yield Trial("robustness", name, title, config.changed(**changes)), n_images
