"""Train one config with several seeds, so that a result is a spread and not a draw of a lottery."""

from __future__ import annotations

import json
from pathlib import Path
from statistics import mean
from typing import Any

from dec_core.cli.train import train_quietly
from dec_core.config import RunConfig

COLUMNS = ("acc", "nmi", "ari", "seconds")


def repeat(config: RunConfig, n_seeds: int, root: Path, *, as_json: bool) -> int:
    """Train seeds 0..n_seeds-1 and print mean, min and max of scores and seconds. Raises ValueError."""
    if n_seeds < 1:
        raise ValueError(f"--seeds: received {n_seeds}, expected 1 or more")
    results = [train_quietly(config.changed(random_state=seed), root) for seed in range(n_seeds)]
    print(_table(results))
    if as_json:
        print(json.dumps({"runs": results, "summary": summarize(results)}))
    return int(any(result["state"] == "failed" for result in results))


def summarize(results: list[dict[str, Any]]) -> dict[str, dict[str, float]]:
    """Mean, min and max of scores and seconds over results that `train.result` gave."""
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
