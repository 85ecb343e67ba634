"""The worked example of docs/sweep.md: how learning rate, augmentation and number of clusters act on 10 000 digits.

A grid, three seeds each, judged without labels; then labels are asked how far that judgement can be trusted. Goes on
where it was left, and writes `sweep.md` and `sweep.json` once all trials have ended.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from statistics import mean
from typing import Any

from benchmarks.figures_and_page import write_page
from benchmarks.options import add_docs_folder
from benchmarks.table import machine, spread
from dec_core.cli.options import add_command, add_runs_folder
from dec_core.fields import field_title
from dec_core.figures.shown import value_text
from dec_core.presets import PRESETS
from dec_core.sweeps import studies
from dec_core.sweeps.outcome import rank_correlation
from dec_core.sweeps.plan import SweepPlan

NAME = "worked-example"
RATES, CLUSTERS = (0.0001, 0.001, 0.01), (8, 10, 12, 15)
COMMAND = "python -m benchmarks sweep-example"
ABOUT = {"agreement": "agreement with neighbors", "silhouette": "silhouette of z"}


def add_parser(commands: Any) -> None:
    parser = add_command(commands, "sweep-example", "train the worked example of a sweep: docs/sweep.md")
    add_runs_folder(parser)
    add_docs_folder(parser)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    return sweep_example(options.out, options.docs)


def plan() -> SweepPlan:
    """DEC from k-means on z, which has something to gain: a mixture's first target leaves little to tune."""
    base = PRESETS["first-look"].changed(method="dec", first_target="kmeans", max_iterations=600)
    space = {
        "cluster_learning_rate": {"choices": RATES},
        "augment": {"choices": (False, True)},
        "n_clusters": {"choices": CLUSTERS},
    }
    return SweepPlan.make(name=NAME, base=base, space=space, sampler="grid", pruner="none", n_seeds=3)


def sweep_example(root: Path, docs: Path) -> int:
    """Work on the sweep below `root` until it is done; write the page into `docs`. The exit code."""
    from dec_core.work.sweep_worker import work

    url = f"sqlite:///{root / 'sweeps.db'}"
    database = studies.connect(url, create=True)
    if NAME not in studies.names(database):
        studies.create(plan(), url)
    work(url, NAME, root, tell=lambda row, n_ended, n: print(f"{n_ended} of {n} trials have ended", flush=True))
    rows = studies.table(studies.open_study(url, NAME))
    if any(row["state"] != "finished" for row in rows):
        return 1
    trust = {name: rank_correlation(rows, name) for name in ABOUT}
    outcome = {"trials": [_kept(row) for row in rows], "machine": machine(), "rank_correlation": trust}
    write_page(docs, "sweep", outcome, page(outcome))
    return 0


def _kept(row: dict[str, Any]) -> dict[str, Any]:
    """Of a trial what does not speak of where it was trained."""
    seeds = [{name: value for name, value in seed.items() if name != "run"} for seed in row["per_seed"]]
    return {"number": row["number"], "params": row["params"], "scores": row["scores"], "per_seed": seeds}


def page(outcome: dict[str, Any]) -> str:
    """The page as Markdown, made of what `sweep.json` holds."""
    trials = sorted(outcome["trials"], key=lambda trial: -trial["scores"]["agreement"])
    names = list(trials[0]["params"])
    best, by_labels = trials[0], max(trials, key=lambda trial: trial["scores"]["acc"])
    rank = next(i for i, trial in enumerate(trials, 1) if trial is by_labels)
    trust = outcome["rank_correlation"]
    lines = [
        "# A sweep, worked through",
        "",
        f"Made by `{COMMAND}`: `first-look` with k-means as the initial target (10 000 digits, 600 gradient",
        f"steps), a grid of {len(trials)} configs, three seeds each, judged by agreement with neighbors, which uses",
        "no labels. Scores are means over the seeds, with minimum and maximum in parentheses.",
        "",
        "## Result",
        "",
        f"- Chosen without labels: {_params(best)}. Its ACC is {_over(best, 'acc')}.",
        f"- Chosen by labels: {_params(by_labels)}, with ACC {_over(by_labels, 'acc')};",
        f"  without labels it comes {_place(rank)} of {len(trials)}.",
        f"- Rank correlation with ACC over the configs: {_trusted(trust)}.",
        f"- The worst, {_params(trials[-1])}, has ACC {_over(trials[-1], 'acc')}.",
        "",
        "## What each field does",
        "",
        "Means over all configs with that value:",
        "",
        "| field | value | agreement | silhouette | ACC |",
        "|---|---|---|---|---|",
        *[line for name in names for line in _alone(trials, name)],
        "",
        "## All configs",
        "",
        f"| {' | '.join(field_title(name) for name in names)} | agreement | silhouette | ACC |",
        "|---" * (len(names) + 3) + "|",
    ]
    for trial in trials:
        cells = [value_text(trial["params"][name]) for name in names]
        cells += [_over(trial, score) for score in ("agreement", "silhouette", "acc")]
        lines.append(f"| {' | '.join(cells)} |")
    plain = ("processor", "system")
    parts = [value if name in plain else f"{name} {value}" for name, value in outcome["machine"].items()]
    return "\n".join([*lines, "", f"{', '.join(parts)}.", ""])


def _params(trial: dict[str, Any]) -> str:
    return ", ".join(f"{field_title(name)} {value_text(value)}" for name, value in trial["params"].items())


def _over(trial: dict[str, Any], score: str) -> str:
    values = [seed[score] for seed in trial["per_seed"]]
    return spread({"mean": mean(values), "min": min(values), "max": max(values)})


def _place(rank: int) -> str:
    return {1: "first", 2: "second", 3: "third"}.get(rank, f"{rank}th")


def _trusted(trust: dict[str, float | None]) -> str:
    return ", ".join(f"{ABOUT[name]} {value:.2f}" for name, value in trust.items() if value is not None)


def _alone(trials: list[dict[str, Any]], name: str) -> list[str]:
    """A line for each value of a field."""
    lines = []
    for value in dict.fromkeys(sorted(trial["params"][name] for trial in trials)):
        scores_of_value = [trial["scores"] for trial in trials if trial["params"][name] == value]
        means = [
            f"{mean(scores[score] for scores in scores_of_value):.4f}" for score in ("agreement", "silhouette", "acc")
        ]
        lines.append(f"| {field_title(name)} | {value_text(value)} | {' | '.join(means)} |")
    return lines
