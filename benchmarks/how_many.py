"""How often `dec_core.analysis.how_many` counts the groups right: digits, some of them, unequal ones, and clothes.

Of each case several subsets are drawn, and each is laid out with several seeds. Labels draw the subsets of a case and
say what is right; no rule sees them. Other rules are asked on the first subsets, on the same UMAP and graph; DipDECK,
which trains a network for many minutes, where ClustPy is installed. Rows that stand in `how-many.json` are kept, so
that the command can be stopped and called again: delete the file to measure all anew.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.figures_and_page import figures_of, write_page
from benchmarks.history import add_history_option, add_to_history
from benchmarks.how_many_page import OURS, UNEQUAL, markdown, summaries
from benchmarks.how_many_rules import RULES, TRAINED
from benchmarks.options import add_docs_folder
from dec_core.analysis.how_many import MOST, count_groups, embed
from dec_core.analysis.merge_split_check import N_NEIGHBORS, graph_of
from dec_core.analysis.strange_groups import StrangeGroup, strange_groups
from dec_core.analysis.umap_gmm import compare
from dec_core.cli.options import add_command, add_seeds_option, checked_seeds
from dec_core.data import Dataset, load
from dec_core.data.deskew import deskew
from dec_core.data.readers import read
from dec_core.machine import hardware

N_COMPARED = 1  # subsets of each case on which other rules are asked, with the first seed
STRANGER, N_STRANGERS = 10, MOST // 20  # the class of images that are no digits, and how many are mixed in
TIMES = 3  # as many subsets of unequal digits, which are counted wrong now and then
LEAST = 0.2  # of the images of the most frequent class: what the rarest has, where classes are unequal


def add_parser(commands: Any) -> None:
    parser = add_command(commands, "how-many", "measure how often groups are counted right: docs/how-many.md")
    parser.add_argument("--fashion", type=Path, metavar="DIR", help="folder of Fashion-MNIST's IDX files")
    subsets = "subsets of each case, of unequal digits three times as many (default: 8)"
    parser.add_argument("--subsets", type=int, default=8, metavar="N", help=subsets)
    add_seeds_option(parser, 3)
    add_docs_folder(parser)
    add_history_option(parser)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    checked_seeds(options.seeds)
    import dec_core.silent_tensorflow  # noqa: F401  UMAP imports TensorFlow, too

    measured = {"rows": []} | figures_of(options.docs, "how-many")
    known = {(row["case"], row["subset"], row["seed"]) for row in measured["rows"]}
    measured["machine"] = hardware()["processor"]
    drawn = cases(options.fashion)
    n_subsets = dict.fromkeys(drawn, options.subsets) | {"digits": 1, UNEQUAL: TIMES * options.subsets}
    for subset in range(max(n_subsets.values())):  # a part of all of them is there early
        for case, draw in drawn.items():
            seeds = [seed for seed in range(options.seeds) if (case, subset, seed) not in known]
            if seeds and subset < n_subsets[case]:
                for rows in _rows(case, subset, draw(subset), seeds):
                    measured["rows"] += rows
                    write_page(options.docs, "how-many", measured, markdown(measured))
                    print(rows[0], file=sys.stderr)
    for row in _by_trained_rules(measured["rows"], drawn):
        measured["rows"].append(row)
        write_page(options.docs, "how-many", measured, markdown(measured))
        print(row, file=sys.stderr)
    if options.history is not None:
        add_to_history(options.history, {"machine": measured["machine"], "how_many": summaries(measured["rows"])})
    print((options.docs / "how-many.md").read_text(encoding="utf-8"))
    return 0


def cases(fashion: Path | None) -> dict[str, Callable[[int], Dataset]]:
    """Name of each case, and what draws a subset of it by number."""

    def digits(subset: int, n_classes: int = 10, least: float = 1.0) -> Dataset:
        data, rng = load("mnist"), np.random.default_rng(subset)
        weights = np.linspace(least, 1, 10)[rng.permutation(10)]
        weights[rng.permutation(10)[n_classes:]] = 0
        return _upright(data.only(_drawn(weights[data.y], rng)))

    @cache
    def clothes() -> Dataset:
        return read(fashion, skip_unreadable=False).dataset

    def with_noise(subset: int) -> Dataset:
        data, rng = digits(subset), np.random.default_rng(subset)
        return _mixed(data, rng.permuted(data.x[-N_STRANGERS:], axis=1).reshape(-1, *data.images.shape[1:]))

    def with_clothes(subset: int) -> Dataset:
        chosen = np.random.default_rng(subset).choice(len(clothes().images), N_STRANGERS, replace=False)
        return _mixed(digits(subset), clothes().images[chosen])

    drawn = {
        "mnist": digits,
        "mnist, 5 classes": lambda subset: digits(subset, 5),
        "mnist, 7 classes": lambda subset: digits(subset, 7),
        UNEQUAL: lambda subset: digits(subset, least=LEAST),
        "digits": lambda subset: load("digits"),
        "mnist and 5 % noise": with_noise,
    }
    if fashion is not None:
        rng = np.random.default_rng
        drawn["mnist and 5 % clothes"] = with_clothes
        drawn["fashion"] = lambda subset: clothes().only(_drawn(np.ones(len(clothes().images)), rng(subset)))
    return drawn


def _drawn(weights: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    return rng.choice(len(weights), MOST, replace=False, p=weights / weights.sum())


def _upright(dataset: Dataset) -> Dataset:
    return Dataset(dataset.name, deskew(dataset.images), dataset.y, dataset.classes)


def _mixed(dataset: Dataset, strangers: np.ndarray) -> Dataset:
    """The data set, its last images replaced by strangers, which are a class of their own."""
    images, y = dataset.images.copy(), dataset.y.copy()
    images[-len(strangers) :], y[-len(strangers) :] = strangers, STRANGER
    return Dataset(dataset.name, images, y)


def _rows(case: str, subset: int, dataset: Dataset, seeds: list[int]) -> Iterator[list[dict[str, Any]]]:
    """Our rows and those of the other rules, seed by seed, on one UMAP each."""
    images = compare(dataset.x, N_NEIGHBORS + 1, "gradients", dataset.images.shape[1:])
    graph = graph_of(images.near[0])
    about = {"case": case, "subset": subset, "right": len(np.unique(dataset.y))}
    for seed in seeds:
        z = embed(images, seed)
        found = count_groups(z, graph)
        told = strange_groups(images.reduced, found.best.labels)
        ours = {"n_clusters": found.n_clusters, "score": round(found.best.score, 3), "n_strange": len(told)}
        rows = [about | {"seed": seed, "rule": OURS} | ours | _of_strangers(told, dataset.y)]
        if STRANGER not in dataset.y and seed == 0 and subset < N_COMPARED:
            rows += [about | {"seed": seed, "rule": name, "n_clusters": rule(z, graph)} for name, rule in RULES.items()]
        yield rows


def _by_trained_rules(
    rows: list[dict[str, Any]], drawn: dict[str, Callable[[int], Dataset]]
) -> Iterator[dict[str, Any]]:
    """What rules that train a network say of the subsets on which the others were asked, where they are installed."""
    asked = {(row["case"], row["subset"], row["rule"]) for row in rows}
    compared = dict.fromkeys((r["case"], r["subset"]) for r in rows if r["rule"] in RULES and r["case"] in drawn)
    for name, rule in TRAINED.items():
        for case, subset in compared:
            if (case, subset, name) in asked:
                continue
            dataset = drawn[case](subset)
            try:
                n_clusters = rule(dataset.x)
            except ImportError as error:
                print(f"{name} is skipped: {error}; pip install torch clustpy", file=sys.stderr)
                break
            about = {"case": case, "subset": subset, "right": len(np.unique(dataset.y))}
            yield about | {"seed": 0, "rule": name, "n_clusters": n_clusters}


def _of_strangers(told: Sequence[StrangeGroup], y: np.ndarray) -> dict[str, float]:
    """Precision and recall of the images that are told as strange, if there are strangers."""
    if STRANGER not in y:
        return {}
    images = np.concatenate([np.zeros(0, int), *(group.images for group in told)])
    n_right = int((y[images] == STRANGER).sum())
    precision, recall = n_right / max(len(images), 1), n_right / int((y == STRANGER).sum())
    return {"precision": round(precision, 3), "recall": round(recall, 3)}
