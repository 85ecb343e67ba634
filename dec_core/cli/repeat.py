"""`repeat`: one config trained with several seeds, so that a result is a spread and not the luck of one seed."""

from __future__ import annotations

import argparse
import json
import sys
from statistics import mean
from typing import Any

from dec_core.cli.options import (
    add_command,
    add_config_options,
    add_json_option,
    add_runs_folder,
    add_seeds_option,
    checked_seeds,
    config_from,
)

COLUMNS = ("acc", "nmi", "ari", "seconds")


def add_parser(commands: Any) -> None:
    parser = add_command(commands, "repeat", "train a preset with several seeds: mean, min and max")
    add_config_options(parser)
    add_seeds_option(parser, 5)
    add_runs_folder(parser)
    add_json_option(parser)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Train each seed and print mean, min and max of scores and seconds. Raises ValueError."""
    config, n_seeds = config_from(options), checked_seeds(options.seeds)
    from dec_core.cli.progress import train_quietly

    results: list[dict[str, Any]] = []
    try:
        for seed in range(n_seeds):
            results.append(train_quietly(config.changed(random_state=seed), options.out))
    finally:  # Ctrl-C, too, leaves what there is
        print(_table(results), file=sys.stderr if options.json else sys.stdout)
        if options.json:
            print(json.dumps({"runs": results, "summary": summarize(results)}))
    return int(any(result["state"] == "failed" for result in results))


def summarize(results: list[dict[str, Any]]) -> dict[str, dict[str, float]]:
    """Mean, min and max of scores and seconds over results that `progress.result` gave."""
    return {
        name: {"mean": mean(values), "min": min(values), "max": max(values)}
        for name in COLUMNS
        if (values := [result[name] for result in results if name in result])
    }


def _table(results: list[dict[str, Any]]) -> str:
    """A Markdown table: a row for each seed, then mean, min and max."""

    def row(title: Any, values: dict[str, float]) -> str:
        cells = [f"{values[name]:.1f}" if name == "seconds" else f"{values[name]:.4f}" for name in shown]
        return f"| {title} | " + " | ".join(cells) + " |"

    summary = summarize(results)
    shown = [name for name in COLUMNS if name in summary]
    titles = {"seconds": "seconds", "acc": "ACC", "nmi": "NMI", "ari": "ARI"}
    lines = ["| seed | " + " | ".join(titles[name] for name in shown) + " |", "|---" * (len(shown) + 1) + "|"]
    lines += [row(result["random_state"], result) for result in results]
    lines += [row(kind, {name: summary[name][kind] for name in shown}) for kind in ("mean", "min", "max")]
    return "\n".join(lines)
