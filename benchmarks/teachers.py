"""Can the last errors on MNIST be helped by several teachers, a student of what they agree on, or averaging?

A teacher is UMAP and a mixture. The student is a small network with convolutions that learns, from distorted images,
the clusters that it is told. What is measured already, in `teachers.json`, is not measured again: delete the file to
measure all anew.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from scipy import sparse

from benchmarks.figures_and_page import figures_of, write_page
from benchmarks.options import add_docs_folder
from benchmarks.table import machine, machines, spread
from dec_core.analysis.merge_split_check import N_NEIGHBORS, graph_of
from dec_core.analysis.metrics import contingency_table, match, score
from dec_core.analysis.umap_gmm import compare, lay_out, mix
from dec_core.cli.options import add_command, add_seeds_option, checked_seeds
from dec_core.cli.repeat import summarize
from dec_core.data import Dataset, load

N_IMAGES = 5000
SETS = {"deskewed": True, "as written": False}
TEACHERS = {"gradients, distorted": ("gradients", True), "gradients": ("gradients", False),
            "pixels, distorted": ("pixels", True)}  # fmt: skip
N_INIT, N_PARTS = 3, 30  # starts of a mixture; components that are merged again
EPOCHS, BATCH, STRENGTH, N_VIEWS = 20, 100, 1.5, 8  # of a student; distorted views that are averaged

CONCLUSION = """\
## What it says

Nothing here helps, on 5 000 digits and with so small a student. The teachers share their mistakes: of what all of them
agree on, a hundredth is wrong, so a student of it begins with these. It ends no higher than the best teacher, and the
mean of the teachers is drawn down by the weaker ones. Components that are merged again find about the same groups as
ten components. Averages over distorted views cost a little.

What did help, later, is a teacher whose neighbors are better: among images whose strokes may shift ([why.md](why.md)).
"""

Predict = Callable[[int], np.ndarray]  # probabilities of all images, averaged over so many distorted views


def add_parser(commands: Any) -> None:
    parser = add_command(commands, "teachers", "measure several teachers, and students of theirs: docs/teachers.md")
    add_seeds_option(parser, 3)
    add_docs_folder(parser)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    import dec_core.silent_tensorflow  # noqa: F401  UMAP imports TensorFlow, too

    measured = {"rows": []} | figures_of(options.docs, "teachers")
    done = {(row["set"], row["seed"]) for row in measured["rows"]}
    for seed in range(checked_seeds(options.seeds)):
        for title, upright in SETS.items():
            if (title, seed) not in done:
                found = [{"set": title, "seed": seed, **row} for row in measure(drawn(seed, upright=upright), seed)]
                print(*found, sep="\n", file=sys.stderr)
                measured["rows"] += found
                write_page(options.docs, "teachers", measured, markdown(measured))
    print((options.docs / "teachers.md").read_text(encoding="utf-8"))
    return 0


def drawn(seed: int, *, upright: bool) -> Dataset:
    """`N_IMAGES` digits at random, others for every seed."""
    data = load("mnist", upright=upright)
    return data.only(np.random.default_rng(seed).permutation(len(data.images))[:N_IMAGES])


def measure(data: Dataset, seed: int) -> Iterator[dict[str, Any]]:
    """ACC of each way, and of what the teachers agree on how much it is and how much of it is right."""

    def row(way: str, labels: np.ndarray, **more: float) -> dict[str, Any]:
        return {"way": way, "acc": round(score(data.y, labels, 10).acc, 4), **more, "machine": machine()}

    image_shape = data.images.shape[1:]
    soft = []
    for name, (features, distorted) in TEACHERS.items():
        images = compare(data.x, N_NEIGHBORS + 1, features, image_shape, distorted)
        z = lay_out(images, seed)
        responsibilities = mix(z, 10, N_INIT, seed)
        soft.append(responsibilities if not soft else renumbered(responsibilities, soft[0].argmax(axis=1)))
        yield row(f"teacher: {name}", soft[-1].argmax(axis=1))
        if len(soft) == 1:
            parts = mix(z, N_PARTS, N_INIT, seed).argmax(axis=1)
            yield row(f"{N_PARTS} components of it, merged to 10", merged(parts, graph_of(images.near[0]), 10))
    yield row("mean of the teachers", np.mean(soft, axis=0).argmax(axis=1))
    first, agreed = soft[0].argmax(axis=1), agreement(soft)
    whole = first == match(contingency_table(first, data.y, 10, 10))[data.y]
    yield row("what they agree on", first) | {
        "acc": round(float(whole[agreed].mean()), 4),
        "share": round(float(agreed.mean()), 4),
    }
    for name, chosen in (("of the first teacher", np.ones(len(first), bool)), ("of what they agree on", agreed)):
        predict = student(data.x, image_shape, first, chosen, seed)
        yield row(f"student {name}", predict(0).argmax(axis=1))
        yield row(f"student {name}, averaged over distorted views", predict(N_VIEWS).argmax(axis=1))


def renumbered(responsibilities: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """The columns in the order in which most images agree with the labels of another clustering. (n, 10) -> (n, 10)."""
    n = responsibilities.shape[1]
    return responsibilities[:, match(contingency_table(responsibilities.argmax(axis=1), labels, n, n))]


def agreement(soft: list[np.ndarray]) -> np.ndarray:
    """Whether all put an image into the same cluster, bool of shape (n,); their clusters are numbered alike."""
    votes = np.stack([each.argmax(axis=1) for each in soft])
    return (votes == votes[0]).all(axis=0)


def merged(parts: np.ndarray, graph: sparse.csr_matrix, n_clusters: int) -> np.ndarray:
    """Merge again and again the two parts with most edges between them, per image of either, until so many are left.

    Parameters
    ----------
    parts : ndarray of int, shape (n,)
        The part of each image.
    graph : sparse matrix, shape (n, n)
        Of nearest neighbors.
    n_clusters : int

    Returns
    -------
    ndarray of int, shape (n,)
        0..n_clusters - 1.
    """
    labels = np.unique(parts, return_inverse=True)[1]
    while (n := labels.max() + 1) > n_clusters:
        members = sparse.csr_matrix((np.ones(len(labels)), (np.arange(len(labels)), labels)), shape=(len(labels), n))
        sizes = np.bincount(labels)
        ties = (members.T @ graph @ members).toarray() / np.outer(sizes, sizes)
        a, b = np.unravel_index(np.where(np.tri(n, dtype=bool), -1, ties).argmax(), ties.shape)  # a < b
        labels = np.unique(np.where(labels == b, a, labels), return_inverse=True)[1]
    return labels


def student(x: np.ndarray, image_shape: tuple[int, ...], labels: np.ndarray, chosen: np.ndarray, seed: int) -> Predict:
    """A network that has learned the clusters of the chosen images, each distorted anew whenever it is seen."""
    import keras
    import tensorflow as tf

    from dec_core.training.augmentation import distort

    keras.utils.set_random_seed(seed)
    layers = keras.layers
    network = keras.Sequential(
        [
            keras.Input((*image_shape, 1)),
            layers.Conv2D(16, 5, strides=2, activation="relu"),
            layers.Conv2D(32, 3, strides=2, activation="relu"),
            layers.Flatten(),
            layers.Dropout(0.3),
            layers.Dense(128, activation="relu"),
            layers.Dropout(0.3),
            layers.Dense(10, activation="softmax"),
        ]
    )
    images = (x.reshape(-1, *image_shape, 1) / 255).astype(np.float32)

    def view(batch: tf.Tensor, number: tf.Tensor, strength: float = STRENGTH) -> tf.Tensor:
        return distort(batch, image_shape, tf.stack([seed, number]), strength)

    batches = tf.data.Dataset.from_tensor_slices((images[chosen], labels[chosen]))
    batches = batches.shuffle(len(x), seed=seed).batch(BATCH).repeat(EPOCHS).enumerate()
    batches = batches.map(lambda i, batch: (view(batch[0], tf.cast(i, tf.int32)), batch[1]))
    n_steps = EPOCHS * -(-int(chosen.sum()) // BATCH)
    rate = keras.optimizers.schedules.CosineDecay(0.002, n_steps)
    network.compile(keras.optimizers.Adam(rate), "sparse_categorical_crossentropy")
    network.fit(batches, epochs=1, shuffle=False, verbose=0)  # they are shuffled already

    def predict(n_views: int) -> np.ndarray:
        views = [images, *(view(tf.constant(images), tf.constant(i), 1.0).numpy() for i in range(n_views))]
        return np.mean([network.predict(each, batch_size=500, verbose=0) for each in views], axis=0)

    return predict


def markdown(measured: dict[str, Any]) -> str:
    """The page that `teachers` writes, of what it has measured."""
    rows = measured["rows"]
    titles = list(dict.fromkeys(row["set"] for row in rows))
    lines = [
        "# Several teachers",
        "",
        "Made by `python -m benchmarks teachers`: can the last errors on MNIST be helped without labels? 5 000 digits,",
        "others for every seed. A teacher is UMAP and a mixture; a student is a small network with convolutions that",
        "learns the clusters it is told from distorted images. ACC, mean over the seeds, with min and max in brackets.",
        "",
        *machines(rows),
        "",
        "| | " + " | ".join(f"{title} (seeds: {len(_seeds(rows, title))})" for title in titles) + " |",
        "|---" * (1 + len(titles)) + "|",
    ]
    for way in dict.fromkeys(row["way"] for row in rows):
        of_way = [row for row in rows if row["way"] == way]
        cells = [spread(summarize([row for row in of_way if row["set"] == title]).get("acc")) for title in titles]
        share = summarize([{"acc": row["share"]} for row in of_way if "share" in row]).get("acc")
        name = f"{way}, {share['mean']:.0%} of all: so many right" if share else way
        lines.append(f"| {name} | {' | '.join(cells)} |")
    return "\n".join([*lines, "", CONCLUSION.rstrip()]).rstrip() + "\n"


def _seeds(rows: list[dict[str, Any]], title: str) -> set[int]:
    return {row["seed"] for row in rows if row["set"] == title}
