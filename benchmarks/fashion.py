"""Clothes: what was tried to find a recipe for Fashion-MNIST, and whether it does as well on images that chose nothing.

UMAP and a mixture alone, as they teach `first-look`, which does not find better groups than its teacher. What is
measured already, in `fashion.json`, is not measured again: delete the file to measure all anew.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.fashion_page import markdown
from benchmarks.figures_and_page import figures_of, write_page
from benchmarks.options import add_docs_folder
from benchmarks.table import machine
from dec_core.analysis.label_free import modularity
from dec_core.analysis.merge_split_check import N_NEIGHBORS, graph_of
from dec_core.analysis.metrics import score
from dec_core.analysis.umap_gmm import NeighbourGraph, compare, group
from dec_core.cli.options import add_command, add_seeds_option, checked_seeds
from dec_core.config import RunConfig
from dec_core.data import Dataset
from dec_core.data.readers import read

N_IMAGES = 10_000
N_TRIED = 2  # seeds of what is tried
N_INIT = 3  # of each mixture; of all images 32, as `best-umap` has, for with 8 one seed in six misses the likeliest
N_INIT_ON_ALL = 32
EPOCHS = (50, 200)  # of an autoencoder
AUTOENCODER = RunConfig.make(  # the sizes of N2D, which are the tutorial's
    method="autoencoder", pretrain_optimizer="adam", pretrain_learning_rate=0.001, precision="auto"
)


@dataclass(frozen=True)
class Recipe:
    """What UMAP compares, whether augmented neighbors are sought, too, and how many neighbors count.

    With `epochs`, it compares z of an autoencoder that was trained for so many, as N2D does; `centered`, with the mean
    image subtracted.
    """

    features: str
    distorted: bool
    n_neighbors: int
    epochs: int = 0
    centered: bool = False

    @property
    def name(self) -> str:
        compared = f"z after {self.epochs} epochs" if self.epochs else self.features
        how = f"{', distorted' if self.distorted else ''}{', mean subtracted' if self.centered else ''}"
        return f"{compared}{how}, {self.n_neighbors} neighbors"


TRIED = [  # our own number of neighbors, and that of N2D
    Recipe(features, distorted, n_neighbors)
    for distorted in (False, True)
    for features in ("pixels", "gradients")
    for n_neighbors in (10, 20)
] + [Recipe("deformed", False, n_neighbors) for n_neighbors in (10, 20)]
JUDGED = [  # that of `umap-gmm`, those of the highest agreement and the highest ACC, and what is best for digits
    Recipe("pixels", False, 10),
    Recipe("gradients", False, 20),
    Recipe("pixels", True, 20),
    Recipe("deformed", False, 20),
]
ON_ALL = [Recipe("deformed", False, n_neighbors) for n_neighbors in (10, 20)]  # of all 70 000
LIKE_N2D = [  # on the images that judge
    *(Recipe("z", False, 20, epochs) for epochs in EPOCHS),
    Recipe("z", False, 20, max(EPOCHS), centered=True),
]


def add_parser(commands: Any) -> None:
    parser = add_command(commands, "fashion", "measure recipes for clothes: docs/fashion.md")
    parser.add_argument("folder", type=Path, metavar="FOLDER", help="folder of Fashion-MNIST's IDX files")
    add_seeds_option(parser, 5)
    add_docs_folder(parser)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    import dec_core.silent_tensorflow  # noqa: F401  UMAP imports TensorFlow, too

    n_seeds = checked_seeds(options.seeds)
    clothes = read(options.folder, skip_unreadable=False).dataset
    measured = {"tried": [], "judged": [], "on_all": []} | figures_of(options.docs, "fashion")
    parts = {
        "tried": (TRIED, N_TRIED, choosing(clothes)),
        "judged": (JUDGED + LIKE_N2D, n_seeds, None),
        "on_all": (ON_ALL, n_seeds, clothes),
    }
    for part, (recipes, n, same) in parts.items():
        done = {(row["recipe"], row["seed"]) for row in measured[part]}
        compared: dict[Recipe, NeighbourGraph] = {}  # what every seed begins with, where all have the same images
        for seed in range(n):
            wanted = [recipe for recipe in recipes if (recipe.name, seed) not in done]
            images = judging(clothes, seed) if same is None else same
            n_init = N_INIT_ON_ALL if part == "on_all" else N_INIT
            for row in measure(images, wanted, seed, {} if same is None else compared, n_init):
                print(row, file=sys.stderr)
                measured[part].append(row)
                write_page(options.docs, "fashion", measured, markdown(measured))
    write_page(options.docs, "fashion", measured, markdown(measured))  # also where nothing was measured anew
    print((options.docs / "fashion.md").read_text(encoding="utf-8"))
    return 0


def choosing(clothes: Dataset) -> Dataset:
    """`N_IMAGES` evenly spread images: what is tried is tried on these."""
    return clothes.only(_chosen(len(clothes.images)))


def judging(clothes: Dataset, number: int) -> Dataset:
    """`N_IMAGES` others at random, none of `choosing`; another number draws others."""
    n = len(clothes.images)
    others = np.setdiff1d(np.arange(n), _chosen(n))
    return clothes.only(np.random.default_rng(number).permutation(others)[:N_IMAGES])


def _chosen(n: int) -> np.ndarray:
    return np.arange(N_IMAGES) * n // N_IMAGES


def measure(
    clothes: Dataset, recipes: list[Recipe], seed: int, compared: dict[Recipe, NeighbourGraph], n_init: int = N_INIT
) -> Iterator[dict[str, Any]]:
    """UMAP and a mixture by each recipe, scored with labels (ACC, NMI) and without (agreement: modularity).

    `compared` keeps, of recipes without a network, what no seed changes.
    """
    if not recipes:
        return
    image_shape = clothes.images.shape[1:]

    def graph(recipe: Recipe) -> NeighbourGraph:
        if recipe.epochs:
            return compare(embedding(clothes, recipe, seed), recipe.n_neighbors)
        if recipe not in compared:
            by = recipe.features, image_shape, recipe.distorted
            compared[recipe] = compare(clothes.x, recipe.n_neighbors, *by)
        return compared[recipe]

    ties = graph_of(graph(Recipe("gradients", False, N_NEIGHBORS + 1)).near[0])
    for recipe in recipes:
        found = group(graph(recipe), 10, n_init, seed)
        labels = found.responsibilities.argmax(axis=1)
        scores = score(clothes.y, labels, 10)
        yield {"recipe": recipe.name, "seed": seed, "acc": round(scores.acc, 4), "nmi": round(scores.nmi, 4),
               "agreement": round(modularity(ties, labels, 10), 4), "machine": machine()}  # fmt: skip


def embedding(clothes: Dataset, recipe: Recipe, seed: int) -> np.ndarray:
    """z of an autoencoder that was trained on these images, float32, shape (n, 10)."""
    from dec_core.training import TrainingState, pretrain

    config = AUTOENCODER.changed(pretrain_epochs=recipe.epochs, centered=recipe.centered, random_state=seed)
    state = TrainingState(config, clothes.images.shape[1:])
    for _ in pretrain(state, clothes.x):
        pass
    return state.embed(clothes.x)
