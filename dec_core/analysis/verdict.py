"""A clustering's result in a sentence."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from dec_core.analysis.metrics import Confusion

HARDLY_BELOW = 0.65  # of the error of the mean image: above, k-means on z found a third of MNIST and digits at most
NEARLY_EMPTY = 0.1  # of the mean cluster
LEVEL = 0.005  # of a score, within which two runs of one seed each are level: seeds differ by as much
ENOUGH_TRIALS = 15  # of a sweep, from which on their ranks and the weights of their fields say something
THIN = "\u2009"


def thousands(n: int) -> str:
    """12345 as 12 345, with a thin space."""
    return f"{int(n):,}".replace(",", THIN)


class MixedUp(NamedTuple):
    """Two classes that share clusters.

    Attributes
    ----------
    one, other : int
        The classes, ascending.
    n : int
        Samples of each in the cluster matched to the other.
    true, cluster, n_wrong : int
        The larger of the two errors: `n_wrong` samples of the class `true` in that cluster.
    """

    one: int
    other: int
    n: int
    true: int
    cluster: int
    n_wrong: int


def most_mixed(confusion: Confusion) -> MixedUp | None:
    """The two classes that share clusters most; None if none do.

    Samples of class a in the cluster matched to b count, and the reverse. Clusters without a class
    are nobody's, so what lies in them is not mixed up with anything.
    """
    n = confusion.n_matched
    wrong = np.where(confusion.right, 0, confusion.counts)[:n, :n]
    pairs = np.triu(wrong + wrong.T)
    if not pairs.size or not pairs.max():
        return None
    pair = np.unravel_index(pairs.argmax(), pairs.shape)
    row, column = max(pair, pair[::-1], key=lambda cell: wrong[cell])
    one, other = sorted(confusion.classes[place].item() for place in pair)
    true, cluster = confusion.classes[row].item(), confusion.clusters[column].item()
    return MixedUp(one, other, int(pairs[pair]), true, cluster, int(wrong[row, column]))


def mixed_up_in_words(confusion: Confusion, names: Sequence[str], noun: str) -> str:
    """Which two classes are mixed up most, without a full stop. `noun` is what one sample is."""
    mixed = most_mixed(confusion)
    if mixed is None:
        return "no two classes share a cluster"
    counted = f"{thousands(mixed.n)} {noun}{'' if mixed.n == 1 else 's'}"
    return f"{names[mixed.one]} and {names[mixed.other]} are confused most ({counted}, both ways)"


def verdict(confusion: Confusion, names: Sequence[str], noun: str = "digit") -> str:
    """One sentence on a scored clustering. `names` are those of the classes, `noun` what one image shows."""
    total, right = confusion.counts.sum(), confusion.counts[confusion.right].sum()
    sentence = f"{thousands(right)} of {thousands(total)} {noun}s are clustered correctly"
    if most_mixed(confusion):
        sentence += f"; {mixed_up_in_words(confusion, names, noun)}"
    empty = int((confusion.counts.sum(axis=0) == 0).sum())
    if empty:
        sentence += f"; {empty} of {len(confusion.clusters)} clusters {'is' if empty == 1 else 'are'} empty"
    return sentence + "."


def doubts(judged: Mapping[str, Any], name: Callable[[int], object], *, ended: bool = True) -> str:
    """The evidence against a clustering without labels, in a sentence.

    Where it is not of the end the sentence names its step, as groups may come apart after it.

    Parameters
    ----------
    judged : mapping
        As `MergeSplitCheck.to_dict` gives it; where it is not of the end, with its "iteration".
    name : callable
        The name of the cluster of that number.
    """
    begin = "Judged without labels" if ended else f"Judged without labels at step {thousands(judged['iteration'])}"
    suspicions = []
    if judged["splits"]:
        a, b = sorted(map(name, judged["pair"]))
        border, best = 100 * judged["border"], 100 * judged["best"]
        suspicions.append(
            f"clusters {a} and {b} share a dense region ({border:.0f} % of nearest neighbors cross their border; "
            f"{best:.0f} % would cross the best one)"
        )
    if judged["merges"]:
        apart = " and splits in the middle" if judged["apart"] else ""
        suspicions.append(f"cluster {name(judged['cluster'])} is {judged['size']:.1f} times the mean size{apart}")
    if not suspicions:
        return f"{begin}, no group looks merged or split."
    if not ended:
        return f"{begin}: {suspicions[-1]}."
    return f"Groups look merged or split: {'; '.join(suspicions)}. Accuracy is likely below 90 %."


def what_to_try(taught: bool, features: str, preset: str = "") -> str:
    """A remedy where groups look merged or split.

    Parameters
    ----------
    taught : bool
        Whether UMAP and a mixture gave the initial target.
    features : str
        The field of that name.
    preset : str
        Of a run that is not taught, the preset nearest to it if that is; "" otherwise.
    """
    if not taught and preset:
        return f"Set Initial target p back to umap_gmm, as in {preset}."
    if not taught:
        return "Try another seed, or the preset first-look."
    if features == "pixels":
        return "Try gradients as the features for UMAP."
    return "Try another seed, more images, or another number of neighbors in UMAP."


def collapse(sizes: Sequence[int]) -> str:
    """That most clusters have lost all their images, or all but one have, and what to try then; "" where they have not.

    So it ends where steps are too large: the network throws all z together, or far away.
    """
    n_empty = sum(size == 0 for size in sizes)
    if 2 * n_empty <= len(sizes) and not 0 < n_empty == len(sizes) - 1:
        return ""
    return (
        f"Clustering has collapsed: {n_empty} of {len(sizes)} clusters {'is' if n_empty == 1 else 'are'} empty. "
        "Try a smaller learning rate for clustering."
    )


def nearly_empty(sizes: Sequence[int], name: Callable[[int], object]) -> str:
    """Which clusters hold less than a tenth of the mean, but something; "" if none does. `name` is as in `doubts`."""
    least = NEARLY_EMPTY * sum(sizes) / max(len(sizes), 1)
    few = sorted((str(name(cluster)), size) for cluster, size in enumerate(sizes) if 0 < size < least)
    if not few:
        return ""
    first, *others = (f"{cluster} ({thousands(size)})" for cluster, size in few)
    first = f"{first[:-1]} image{'' if few[0][1] == 1 else 's'})"
    if not others:
        return f"Cluster {first} is nearly empty."
    return f"Clusters {', '.join([first, *others[:-1]])} and {others[-1]} are nearly empty."


def hardly_learned(error: float, spread: float) -> str:
    """That pretraining was too short, without labels; "" where it was not.

    Parameters
    ----------
    error : float
        The autoencoder's mean squared error at the end of pretraining.
    spread : float
        That of one image for all, their mean: what an autoencoder reaches that has learned nothing.
    """
    if error < HARDLY_BELOW * spread:
        return ""
    share = f"{100 * error / spread:.0f} % of what the mean image alone reaches"
    return f"The autoencoder has hardly learned: its reconstruction error is {share}. Pretrain it for more epochs."


def compared_with_mixture(acc: float, mixture: float) -> str:
    """Whether the network beats UMAP and a mixture, which need none. Accuracies, 0..1."""
    alone = f"UMAP and a Gaussian mixture alone reach {100 * mixture:.1f} %"
    if acc > mixture + LEVEL:
        return f"{alone}: the network is ahead."
    rank = "level with them" if acc > mixture - LEVEL else "behind"
    return f"{alone}: the network is {rank}, but it can assign new images and decode its centers."


def compared_with_kmeans(acc: float, kmeans: float) -> str:
    """That the network is worse than k-means on the pixels; "" where it is not. Accuracies, 0..1."""
    behind = acc < kmeans - LEVEL
    return f"The network is behind k-means on the pixels, which reaches {100 * kmeans:.1f} %." if behind else ""


def verdict_without_labels(sizes: np.ndarray) -> str:
    """One sentence on a clustering that cannot be scored."""
    sizes = np.asarray(sizes)
    used = sizes[sizes > 0]
    return (
        f"{thousands(sizes.sum())} images are in {len(used)} clusters of {thousands(used.min())} to "
        f"{thousands(used.max())}; accuracy cannot be computed without labels."
    )
