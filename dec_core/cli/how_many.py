"""`how-many`: how many groups there are among the images, without labels."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dec_core.cli.options import (
    add_command,
    add_config_options,
    add_json_option,
    add_runs_folder,
    check_target,
    config_from,
)

if TYPE_CHECKING:
    from dec_core.analysis.how_many import HowMany

PRESET = "first-look"  # which deskews digits, and of many images looks at 10 000


def add_parser(commands: Any) -> None:
    parser = add_command(commands, "how-many", "say how many groups there are, without labels")
    add_config_options(parser)
    parser.add_argument("--seed", type=int, metavar="N", help="seed of UMAP (random_state)")
    parser.add_argument(
        "--figure", type=Path, metavar="FILE", help="write the figure: HTML, or plotly's JSON if FILE ends in .json"
    )
    add_json_option(parser)
    add_runs_folder(parser)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Print a table of the numbers of groups and their scores. The images are those that `train` would see."""
    if options.preset is None and options.config is None:
        options.preset = PRESET
    check_target("--figure", options.figure)
    config = config_from(options)
    from dec_core.cli.counting import counted

    found, dataset = counted(config, options.out)
    print(table(found), file=sys.stderr if options.json else sys.stdout)
    if options.json:
        print(json.dumps(found.to_dict()))
    if options.figure is not None:
        from dec_core.figures.how_many import how_many_figure

        figure, path = how_many_figure(found, dataset.images), options.figure
        figure.write_json(path) if path.suffix == ".json" else figure.write_html(path)
        print(options.figure, file=sys.stderr)
    return 0


def table(found: HowMany) -> str:
    """A Markdown table of the candidates, the best in bold, and what merges between them."""
    lines = ["| groups | score | share of sizes | separation | smallest group |", "|---" * 5 + "|"]
    for candidate in found.candidates:
        mark = "**" if candidate is found.best else ""
        numbers = [f"{value:.2f}" for value in (candidate.score, candidate.share, candidate.separation)]
        low, high = candidate.sizes
        lines.append(f"| {mark}{candidate.n_clusters}{mark} | {' | '.join(numbers)} | {low} to {high} images |")
    lines += ["", found.in_words(), *(group.in_words() for group in found.strange), ""]
    for coarse, fine, changes in found.changes():
        told = "; ".join(change.in_words() for change in changes) or "other images are in none"
        lines.append(f"- From {fine.n_clusters} to {coarse.n_clusters}: {told}.")
    return "\n".join(lines).rstrip()
