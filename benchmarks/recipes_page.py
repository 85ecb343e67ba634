"""The page of the recipes: presets over seeds, ingredients, verdicts, and what others have published."""

from __future__ import annotations

from typing import Any

from benchmarks.recipes_trials import BESIDES, INGREDIENTS, SECTIONS, WHOLE
from benchmarks.table import machines, spread
from dec_core.cli.repeat import summarize

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

ELSEWHERE = (
    "## What else was tried",
    "",
    "Each has its own page: ways to compare clothes ([fashion.md](fashion.md)); several teachers, students of what",
    "they agree on, merged components and averages over distorted images ([teachers.md](teachers.md)). How presets do",
    "on sets that nobody tuned them on: [robustness.md](robustness.md).",
    "",
)


def markdown(measured: dict[str, Any], peers: list[str] = ()) -> str:
    """The page that `recipes` writes, of what it has measured, with the lines that hold others against it."""
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
        *(_methods(parts["methods"]) if parts["methods"] else []),
        *(_ingredients(parts["ingredients"]) if parts["ingredients"] else []),
        *_verdict(rows),
        *ELSEWHERE,
        *peers,
        *_published(),
    ]
    return "\n".join(lines) + "\n"


def _grouped(rows: list[dict[str, Any]], *keys: str) -> dict[tuple[str, ...], list[dict[str, Any]]]:
    groups: dict[tuple[str, ...], list[dict[str, Any]]] = {}
    for row in rows:
        groups.setdefault(tuple(row[key] for key in keys), []).append(row)
    return groups


def _presets(rows: list[dict[str, Any]]) -> list[str]:
    about = "Seconds are of training, in a process that has to compile first; the app's warm worker has done so."
    return ["## Presets", "", about, "", *_scored(rows, "preset")]


def _methods(rows: list[dict[str, Any]]) -> list[str]:
    return [
        "## The methods, on the same images",
        "",
        "10 000 digits as they are; network, optimizer, batches and steps are those of the presets `dcn` and `vade`.",
        "`autoencoder` is where `dec`, `joint` and `dcn` begin.",
        "",
        *_scored(rows, "method"),
    ]


def _scored(rows: list[dict[str, Any]], what: str) -> list[str]:
    lines = [f"| {what} | seeds | ACC | NMI | ARI | seconds |", "|---" * 6 + "|"]
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
