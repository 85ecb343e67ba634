"""The recipes measured: presets over seeds, what each ingredient adds, how often the verdict without labels is right.

Runs that are finished are not trained again and interrupted ones go on, so that the command can be stopped and called
again. What it has so far it writes after every run. Rows that stand in `recipes.json` already are kept where their
configs have the same effect, each with the machine that made it: delete the file to measure all anew.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from benchmarks.clustpy_scores import section
from benchmarks.figures_and_page import write_page
from benchmarks.options import add_docs_folder
from benchmarks.recipes_page import markdown
from benchmarks.recipes_trials import FASHION, SECTIONS, Trial, trials
from benchmarks.table import digest, machine_of, trained
from dec_core.analysis.metrics import confusion, least_whole
from dec_core.cli.options import (
    add_command,
    add_runs_folder,
    add_seeds_option,
    add_set_option,
    changes_from,
    checked_seeds,
    keep_own_data,
)
from dec_core.data import load
from dec_core.runs.folder import RunFolder
from dec_core.runs.history import last_snapshot


def add_parser(commands: Any) -> None:
    parser = add_command(commands, "recipes", "measure presets and their ingredients: docs/recipes.md")
    parser.add_argument("--sections", nargs="+", choices=SECTIONS, default=list(SECTIONS), help="only these sections")
    add_seeds_option(parser, 5)
    parser.add_argument("--fashion", type=Path, metavar="DIR", help="folder of Fashion-MNIST's IDX files")
    add_set_option(parser)
    add_runs_folder(parser)
    add_docs_folder(parser)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    n_seeds, changes = checked_seeds(options.seeds), changes_from(options.set)
    fashion = keep_own_data(options.fashion, options.out, skip_unreadable=False) if options.fashion else None
    return recipes(n_seeds, fashion, options.out, options.docs, changes, options.sections)


def recipes(
    n_seeds: int, fashion: str | None, root: Path, docs: Path, changes: dict[str, Any], sections: list[str]
) -> int:
    """Train what is missing, and write `recipes.md` and `.json` into `docs` after every run.

    `fashion` is the name of Fashion-MNIST among the data below `root`, if it is to be tried, too; `changes` are
    fields to replace everywhere, for a try on fewer images.
    """
    docs.mkdir(parents=True, exist_ok=True)
    known = {(row["name"], row["data"], row["config"]): row for row in _read(docs)}
    wanted = trials(n_seeds, fashion, changes)
    rows = {trial: known.pop((trial.name, trial.data, _digest(trial)), None) for trial in wanted}
    untried = [] if fashion else [row for row in known.values() if row["data"] == FASHION]
    for trial, row in rows.items():
        if row is None and trial.section in sections:
            print(f"{trial.section}: {trial.name}, {trial.data}, seed {trial.config.random_state}", file=sys.stderr)
            rows[trial] = measured_row(trial, trained(trial.config, root, resume=True))
            _write(docs, [*(row for row in rows.values() if row is not None), *untried], changes)
    print((docs / "recipes.md").read_text(encoding="utf-8"))
    return int(any(row is not None and row["state"] == "failed" for row in rows.values()))


def _digest(trial: Trial) -> str:
    """Of its config without the data set, which `data` names: people's own has another name after another reading."""
    return digest(trial.config, "dataset")


def _read(docs: Path) -> list[dict[str, Any]]:
    path = docs / "recipes.json"
    return json.loads(path.read_text(encoding="utf-8"))["rows"] if path.exists() else []


def measured_row(trial: Trial, result: dict[str, Any]) -> dict[str, Any]:
    """What is kept of a trial: scores, the verdict without labels, and the least share of a class in its cluster."""
    folder = RunFolder(Path(result.pop("run_dir")))
    records = folder.records()[0]
    judged = next((record for record in reversed(records) if record["event"] == "Judged"), None)
    judgement = (
        {name: judged[name] for name in ("border", "best", "size", "valley", "splits", "merges")} if judged else {}
    )
    return {
        "section": trial.section,
        "name": trial.name,
        "data": trial.data,
        "config": _digest(trial),
        **result,
        "machine": machine_of(folder),
        "doubted": bool(judged) and (judged["splits"] or judged["merges"]),
        "judged": judgement,
        "least_whole": _least_whole(folder),
    }


def _least_whole(folder: RunFolder) -> float:
    config = folder.config
    name = last_snapshot(folder)
    arrays = folder.load_arrays(name) if name else None
    if arrays is None or "labels" not in arrays:
        return 0.0
    y = load(config.dataset, config.n_samples, upright=config.deskew, root=folder.path.parent).y
    return round(least_whole(confusion(y, arrays["labels"].astype(int), config.n_clusters)), 3)


def _write(docs: Path, rows: list[dict[str, Any]], changes: dict[str, Any]) -> None:
    measured = {"rows": rows, "changes": changes}
    write_page(docs, "recipes", measured, markdown(measured, section(docs)))
