"""The recipes measured: presets over seeds, what each ingredient adds, how often the verdict without labels is right.

Runs that are finished are not trained again and interrupted ones go on, so that the command can be stopped and called
again. What it has so far it writes after every run. Rows that stand in `recipes.json` already are kept where their
configs have the same effect, each with the machine that made it: delete the file to measure all anew.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.options import add_docs_folder
from benchmarks.table import digest, machine_of, machines, spread, trained
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
from dec_core.cli.repeat import summarize
from dec_core.config import RunConfig
from dec_core.data import load
from dec_core.presets import CHAPTERS, PRESETS
from dec_core.runs.folder import RunFolder
from dec_core.runs.history import last_snapshot

FASHION = "Fashion-MNIST"
WHOLE = 0.6  # of a class must lie in its cluster, and of a cluster belong to its class
SECTIONS = ("presets", "ingredients", "others")

# as it was when its ingredients were measured; since then its decoder learns along and its batches are smaller
FULL = PRESETS["first-look"].changed(
    method="dec", precision="float32", batch_size=256, pretrain_epochs=8, update_interval=40, max_iterations=1200,
    first_target_steps=800, cluster_learning_rate=0.001,
)  # fmt: skip
INGREDIENTS: dict[str, tuple[dict[str, Any], str]] = {  # what switches it off, where it comes from
    "deskew": ({"deskew": False}, "shear until second moments are upright; for handwriting"),
    "initial target p of UMAP + mixture": (
        {"first_target": "kmeans"},
        "McConville et al. 2019 (N2D), here as a target",
    ),
    "gradients as features for UMAP": ({"features": "pixels"}, "Dalal and Triggs 2005"),
    "augmentation, autoencoder": ({"pretrain_augment": False}, "Guo et al. 2018 (DEC-DA)"),
    "augmentation, clustering": ({"augment": False}, "Guo et al. 2018 (DEC-DA)"),
    "cosine learning-rate schedule": ({"learning_rate_decay": "constant"}, "Loshchilov and Hutter 2017"),
}
BESIDES: dict[str, tuple[dict[str, Any], str]] = {  # what is not in `first-look`, and what switches it on
    "augmented neighbors": ({"compare_distorted": True}, "ours; after Guo et al. 2018"),
}
PLAIN = FULL.changed(**{name: value for off, _ in INGREDIENTS.values() for name, value in off.items()})
SHORT = {"n_samples": 10_000, "pretrain_epochs": 8, "pretrain_optimizer": "adam", "pretrain_learning_rate": 0.001,
         "max_iterations": 700, "tol": 0.0}  # fmt: skip
PUBLISHED = (  # on all of MNIST: ACC, NMI, where it is told
    ("DEC", ".843", "–", "Xie, Girshick and Farhadi 2016, table 2"),
    ("DEC, ten trials", ".912 (.830 – .964)", ".869", "XifengGuo/DEC-keras, results/exp1"),
    ("IDEC", ".881", ".867", "Guo et al. 2017"),
    ("DCEC", ".890", ".885", "Guo et al. 2017"),
    ("DEKM", ".958", ".911", "spdj2271/DEKM"),
    ("N2D", ".979", ".942", "McConville et al. 2019"),
    ("DEC-DA", ".985", ".960", "Guo et al. 2018, XifengGuo/DEC-DA"),
    ("DynAE", ".987", ".964", "Mrabah et al. 2019"),
    ("SPC", ".992", ".975", "Mahon and Lukasiewicz 2021"),
)


@dataclass(frozen=True)
class Trial:
    """One config of one section. `name` is what its row is called, `data` what its images are."""

    section: str
    name: str
    data: str
    config: RunConfig


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
            rows[trial] = _row(trial, trained(trial.config, root, resume=True))
            _write(docs, [*(row for row in rows.values() if row is not None), *untried], changes)
    print((docs / "recipes.md").read_text(encoding="utf-8"))
    return int(any(row is not None and row["state"] == "failed" for row in rows.values()))


def _digest(trial: Trial) -> str:
    """Of its config without the data set, which `data` names: people's own has another name after another reading."""
    return digest(trial.config, "dataset")


def _read(docs: Path) -> list[dict[str, Any]]:
    path = docs / "recipes.json"
    return json.loads(path.read_text(encoding="utf-8"))["rows"] if path.exists() else []


def trials(n_seeds: int, fashion: str | None, changes: dict[str, Any]) -> Iterator[Trial]:
    """Everything that is trained: first what is quick, last the presets that take minutes, seed by seed."""

    def over_seeds(n: int, section: str, name: str, data: str, config: RunConfig) -> Iterator[Trial]:
        for seed in range(n):
            yield Trial(section, name, data, config.changed(random_state=seed, **changes))

    quick = {name: PRESETS[name] for name in ("first-look", "fast", "umap-gmm")}
    quick["first-look, plain DEC in batches of 256"] = FULL
    quick["umap-gmm, features=gradients"] = PRESETS["umap-gmm"].changed(features="gradients")
    for name, config in quick.items():
        yield from over_seeds(n_seeds, "presets", name, "MNIST", config)
    sets = {"MNIST": {}, **({FASHION: {"dataset": fashion, "deskew": False}} if fashion else {})}
    few = min(n_seeds, 2)
    for data, chosen in sets.items():
        yield from over_seeds(few, "ingredients", "all", data, FULL.changed(**chosen))
        yield from over_seeds(few, "ingredients", "none", data, PLAIN.changed(**chosen))
        for name, (off, _) in INGREDIENTS.items():
            if "deskew" in off and "deskew" in chosen:
                continue
            on = {field: getattr(FULL, field) for field in off}
            if "features" in off:  # nothing is compared unless UMAP is asked
                on["first_target"] = "umap_gmm"
            yield from over_seeds(few, "ingredients", f"all but {name}", data, FULL.changed(**off, **chosen))
            yield from over_seeds(few, "ingredients", f"only {name}", data, PLAIN.changed(**on, **chosen))
        for name, (on, _) in BESIDES.items():
            yield from over_seeds(few, "ingredients", f"all and {name}", data, FULL.changed(**on, **chosen))
            alone = PLAIN.changed(first_target="umap_gmm", **on, **chosen)
            yield from over_seeds(few, "ingredients", f"only {name}", data, alone)
    yield from over_seeds(few, "others", "kmeans-pixels", "MNIST", PRESETS["kmeans-pixels"].changed(n_samples=10_000))
    for name in ("tutorial-conv-dec", "tutorial-dense-joint", "tutorial-autoencoder"):
        yield from over_seeds(few, "others", f"{name}, short", "MNIST", PRESETS[name].changed(**SHORT))
    for data, chosen in {"MNIST": {"n_samples": 3000}, "digits": {"dataset": "digits", "n_samples": None}}.items():
        for features in ("pixels", "gradients"):
            config = PRESETS["umap-gmm"].changed(deskew=False, features=features, **chosen)
            yield from over_seeds(n_seeds, "others", f"umap-gmm, {features}, as written", data, config)
        yield from over_seeds(few, "others", "first-look, as written", data, FULL.changed(deskew=False, **chosen))
    for seed in range(n_seeds):
        for name in (name for name, chapter in CHAPTERS.items() if chapter == "Best"):
            yield Trial("presets", name, "MNIST", PRESETS[name].changed(random_state=seed, **changes))


def _row(trial: Trial, result: dict[str, Any]) -> dict[str, Any]:
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
    RunFolder.write(docs / "recipes.json", lambda file: file.write(json.dumps(measured, indent=1).encode()))
    RunFolder.write(docs / "recipes.md", lambda file: file.write(markdown(measured).encode()))


def markdown(measured: dict[str, Any]) -> str:
    """The page that `recipes` writes, of what it has measured."""
    rows = measured["rows"]
    changed = "".join(f" --set {name}={value}" for name, value in measured["changes"].items())
    parts = {section: [row for row in rows if row["section"] == section] for section in SECTIONS}
    lines = [
        "# Recipes, measured",
        "",
        f"Made by `python -m benchmarks recipes --fashion FOLDER{changed}`; FOLDER holds Fashion-MNIST's IDX files.",
        "Mean over the seeds, with min and max in brackets. Labels score; they neither train, choose nor stop.",
        *machines(rows),
        "",
        *(_presets(parts["presets"]) if parts["presets"] else []),
        *(_ingredients(parts["ingredients"]) if parts["ingredients"] else []),
        *_verdict(rows),
        *_published(),
    ]
    return "\n".join(lines) + "\n"


def _grouped(rows: list[dict[str, Any]], *keys: str) -> dict[tuple[str, ...], list[dict[str, Any]]]:
    groups: dict[tuple[str, ...], list[dict[str, Any]]] = {}
    for row in rows:
        groups.setdefault(tuple(row[key] for key in keys), []).append(row)
    return groups


def _presets(rows: list[dict[str, Any]]) -> list[str]:
    lines = [
        "## Presets",
        "",
        "Seconds are of training, in a process that has to compile first; the app's warm worker has done so.",
        "",
        "| preset | seeds | ACC | NMI | ARI | seconds |",
        "|---" * 6 + "|",
    ]
    for (name,), group in _grouped(rows, "name").items():
        summary = summarize(group)
        scores = [spread(summary.get(score)) for score in ("acc", "nmi", "ari")]
        lines.append(f"| `{name}` | {len(group)} | {' | '.join(scores)} | {_seconds(summary['seconds'])} |")
    return [*lines, ""]


def _ingredients(rows: list[dict[str, Any]]) -> list[str]:
    sets = list(dict.fromkeys(row["data"] for row in rows))
    scored = {key: spread(summarize(group).get("acc")) for key, group in _grouped(rows, "name", "data").items()}
    lines = [
        "## What each ingredient adds",
        "",
        "ACC of the recipe of `first-look` on 10 000 images, as plain DEC in 1200 batches of 256: with one ingredient",
        "alone, and with all of them but that one. Fashion is not handwriting, so it is never deskewed. Two seeds",
        "each. What is about neighbors has UMAP and the mixture with it when it is alone, for without them nothing is",
        "compared. The last row, in italics, is no part of `first-look`: it tells what it would add to all of them.",
        "",
        "| ingredient | " + " | ".join(f"alone, {data} | all but it, {data}" for data in sets) + " | source |",
        "|---" * (2 + 2 * len(sets)) + "|",
        "| none; all | " + " | ".join(f"{scored.get(('none', d), '–')} | {scored.get(('all', d), '–')}" for d in sets)
        + " | |",
    ]  # fmt: skip
    for name, (_, source) in INGREDIENTS.items():
        pairs = (f"{scored.get((f'only {name}', d), '–')} | {scored.get((f'all but {name}', d), '–')}" for d in sets)
        lines.append(f"| {name} | {' | '.join(pairs)} | {source} |")
    for name, (_, source) in BESIDES.items():
        pairs = (f"{scored.get((f'only {name}', d), '–')} | *{scored.get((f'all and {name}', d), '–')}*" for d in sets)
        lines.append(f"| *{name}* | {' | '.join(pairs)} | {source} |")
    return [*lines, ""]


def _verdict(rows: list[dict[str, Any]]) -> list[str]:
    broken = [row for row in rows if row["least_whole"] < WHOLE]
    whole = [row for row in rows if row["least_whole"] >= WHOLE]
    caught, false = [row for row in broken if row["doubted"]], [row for row in whole if row["doubted"]]
    missed = [row for row in broken if not row["doubted"]]
    lines = [
        "## The verdict without labels",
        "",
        f"A run counts as merged or split if less than {WHOLE:.0%} of some class lies in its cluster, or less than",
        "that of some cluster belongs to its class. Over all runs of this page:",
        "",
        "| | doubted | not doubted |",
        "|---|---|---|",
        f"| merged or split: {len(broken)} runs | {len(caught)} ({_share(caught, broken)}) | {len(missed)} |",
        f"| whole: {len(whole)} runs | {len(false)} ({_share(false, whole)}) | {len(whole) - len(false)} |",
        "",
    ]
    for title, wrong in (("Missed", missed), ("False alarms", false)):
        if wrong:
            names = (f"{r['name']} ({r['data']}, seed {r['random_state']}, ACC {r['acc']:.3f})" for r in wrong)
            lines += [f"{title}: {'; '.join(names)}.", ""]
    return lines


def _published() -> list[str]:
    lines = [
        "## What others report",
        "",
        "On all 70 000 digits, by their authors; few tell of more than one run.",
        "",
    ]
    lines += ["| system | ACC | NMI | source |", "|---|---|---|---|"]
    return lines + [f"| {' | '.join(row)} |" for row in PUBLISHED]


def _share(part: list, whole: list) -> str:
    return f"{len(part) / len(whole):.0%}" if whole else "–"


def _seconds(values: dict[str, float]) -> str:
    if values["min"] == values["max"]:
        return f"{values['mean']:.0f}"
    return f"{values['mean']:.0f} ({values['min']:.0f} – {values['max']:.0f})"
