"""The same methods in ClustPy and here, over seeds: the part of docs/recipes.md that says how good each is.

Both have the same network, optimizers, rates, batches and numbers of steps, those of ClustPy's defaults unless `CASES`
says otherwise, and the same images, 0..1. What differs is what each library makes of the papers (`DIFFERENCES`). An
autoencoder is pretrained once for each seed and library, and all methods begin with it.

Needs `pip install torch clustpy`. Rows that stand in `peers.json` already are kept, so that the command can be stopped
and called again: delete the file to measure all anew.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.options import add_docs_folder
from benchmarks.peers import silence
from benchmarks.recipes_page import markdown
from benchmarks.table import LIBRARIES, machines, spread
from dec_core.analysis.metrics import score
from dec_core.cli.options import add_command, add_seeds_option, checked_seeds
from dec_core.cli.repeat import summarize
from dec_core.config import RunConfig
from dec_core.data import Dataset, load
from dec_core.machine import processor
from dec_core.runs.folder import RunFolder

PEERS = ("torch", "clustpy")
BATCH, N_CLUSTERS, LATENT_DIM = 256, 10, 10
DIFFERENCES = """\
ClustPy makes p of each batch, we make it of all images at every update. It takes its labels from a k-means at the end,
we take the argmax of q. Both weigh the clustering loss of IDEC and DCN by 0.1, but ClustPy beside an error that is
summed over the pixels, we beside their mean."""


@dataclass(frozen=True)
class Case:
    """Images, and how long both libraries train on them."""

    name: str
    dataset: str
    n_samples: int | None
    hidden_units: tuple[int, ...]
    pretrain_epochs: int
    clustering_epochs: int


CASES = (
    Case("digits", "digits", None, (256, 128), 100, 150),
    Case("10 000 of MNIST", "mnist", 10_000, (256, 128), 30, 50),
)
OUR_NAMES = {"DEC": "dec", "IDEC": "joint", "DCN": "dcn"}  # by those of the papers, which are ClustPy's, too
Labels = Callable[[str], np.ndarray]  # of the name of a method


def add_parser(commands: Any) -> None:
    parser = add_command(commands, "peers", "score the same methods in ClustPy and here: docs/recipes.md")
    add_seeds_option(parser, 5)
    add_docs_folder(parser)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    n_seeds = checked_seeds(options.seeds)
    measured = read(options.docs)
    measured["machine"] = {"processor": processor()} | {name: version(name) for name in (*LIBRARIES, *PEERS)}
    for case in CASES:
        data = load(case.dataset, case.n_samples)
        for seed in range(n_seeds):
            for library, pretrained in (("ours", ours), ("ClustPy", clustpy)):
                _measure(measured["rows"], case, data, library, pretrained, seed)
                _write(options.docs, measured)
    print("\n".join(section(options.docs)))
    return 0


def _measure(rows: list[dict[str, Any]], case: Case, data: Dataset, library: str, pretrained: Any, seed: int) -> None:
    """Add the rows of one seed of one library that are not there."""
    known = {(row["data"], row["library"], row["method"], row["random_state"]) for row in rows}
    missing = [method for method in OUR_NAMES if (case.name, library, method, seed) not in known]
    labels_of = pretrained(case, data, seed) if missing else None
    for method in missing:
        scores = {name: round(value, 4) for name, value in asdict(score(data.y, labels_of(method), N_CLUSTERS)).items()}
        rows.append({"data": case.name, "library": library, "method": method, "random_state": seed, **scores})
        print(rows[-1], file=sys.stderr, flush=True)


def config_of(case: Case, method: str, n: int, seed: int) -> RunConfig:
    """Our config: ClustPy's optimizers and rates, and as many steps of clustering as its epochs have."""
    return RunConfig.make(
        dataset=case.dataset,
        n_samples=case.n_samples,
        hidden_units=case.hidden_units,
        latent_dim=LATENT_DIM,
        n_clusters=N_CLUSTERS,
        batch_size=BATCH,
        pretrain_epochs=case.pretrain_epochs,
        pretrain_optimizer="adam",
        pretrain_learning_rate=1e-3,
        cluster_optimizer="adam",
        cluster_learning_rate=1e-4,
        max_iterations=case.clustering_epochs * -(-n // BATCH),
        tol=0.0,
        random_state=seed,
        method=OUR_NAMES[method],
    )


def ours(case: Case, data: Dataset, seed: int) -> Labels:
    """Pretrain ours; what gives the labels of a method that begins there."""
    from dec_core.training import TrainingState, pretrain, train

    n, shape = len(data.x), data.images.shape[1:]
    first = TrainingState(config_of(case, "DEC", n, seed), shape)
    for _ in pretrain(first, data.x):
        pass
    arrays = first.to_arrays()

    def labels_of(method: str) -> np.ndarray:
        state = TrainingState.from_pretrained(config_of(case, method, n, seed), shape, arrays)
        for _ in train(state, data.x):
            pass
        return state.labels

    return labels_of


def clustpy(case: Case, data: Dataset, seed: int) -> Labels:
    """Pretrain ClustPy's; what gives the labels of a method that begins there."""
    from clustpy import deep
    from clustpy.deep.neural_networks import FeedforwardAutoencoder
    from torch.nn import ReLU

    x = data.x.astype(np.float32) / 255
    layers = [x.shape[1], *case.hidden_units, LATENT_DIM]
    network = FeedforwardAutoencoder(layers, activation_fn=ReLU, random_state=seed)
    with silence():
        network.fit(n_epochs=case.pretrain_epochs, data=x, batch_size=BATCH, optimizer_params={"lr": 1e-3})

    def labels_of(method: str) -> np.ndarray:
        model = getattr(deep, method)(
            N_CLUSTERS,
            batch_size=BATCH,
            clustering_epochs=case.clustering_epochs,
            neural_network=network,  # it trains a copy
            initial_clustering_params={"n_init": RunConfig.model_fields["kmeans_n_init"].default},
            random_state=seed,
        )
        with silence():
            return model.fit(x).labels_

    return labels_of


def read(docs: Path) -> dict[str, Any]:
    """What was measured before."""
    path = docs / "peers.json"
    return json.loads(path.read_text(encoding="utf-8")) if path.exists() else {"rows": []}


def _write(docs: Path, measured: dict[str, Any]) -> None:
    """Keep the figures, and write the page anew that has them."""
    RunFolder.write(docs / "peers.json", lambda file: file.write(json.dumps(measured, indent=1).encode()))
    recipes = json.loads((docs / "recipes.json").read_text(encoding="utf-8"))
    RunFolder.write(docs / "recipes.md", lambda file: file.write(markdown(recipes, section(docs)).encode()))


def section(docs: Path) -> list[str]:
    """The part of the page that holds both libraries against each other, as lines; none where nothing is measured."""
    measured = read(docs)
    cases = [case for case in CASES if any(row["data"] == case.name for row in measured["rows"])]
    if not cases:
        return []
    lines = [
        "## Beside ClustPy",
        "",
        "Made by `python -m benchmarks peers`, with `pip install torch clustpy`: the same methods in both libraries,",
        "on the same images, with the same network, optimizers, rates, batches and steps, as plain as their papers",
        "have them: no UMAP, no deskewing, no augmentation. One autoencoder for each seed and library, with which all",
        "three begin.",
        DIFFERENCES,
        *map(_conditions, cases),
        *machines([measured]),
        "",
        "| images | method | seeds | ACC ClustPy | ACC ours | NMI ClustPy | NMI ours |",
        "|---" * 7 + "|",
    ]  # fmt: skip
    return [*lines, *_rows(measured["rows"]), ""]


def _conditions(case: Case) -> str:
    *before, last = (*case.hidden_units, LATENT_DIM)
    layers = f"layers of {', '.join(map(str, before))} and {last}"
    return f"{case.name}: {layers}, {case.pretrain_epochs} epochs, then {case.clustering_epochs} of clustering."


def _rows(rows: list[dict[str, Any]]) -> Iterator[str]:
    for case in CASES:
        for method in OUR_NAMES:
            of_both = [
                [row for row in rows if (row["data"], row["method"], row["library"]) == (case.name, method, library)]
                for library in ("ClustPy", "ours")
            ]
            n_seeds = min(map(len, of_both))
            if n_seeds:
                theirs, here = (summarize(group[:n_seeds]) for group in of_both)
                cells = [spread(summary[name]) for name in ("acc", "nmi") for summary in (theirs, here)]
                yield f"| {case.name} | {method} | {n_seeds} | {' | '.join(cells)} |"
