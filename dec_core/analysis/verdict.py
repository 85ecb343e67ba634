"""What came out, in a sentence."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from dec_core.analysis.metrics import Confusion

THIN = "\u2009"


def thousands(n: int) -> str:
    """12345 as 12 345, with a thin space."""
    return f"{int(n):,}".replace(",", THIN)


def most_mixed(confusion: Confusion) -> tuple[object, object, int] | None:
    """The two classes that share clusters most, and how many samples that concerns; None if none do.

    Samples of class a in the cluster matched to b count, and the reverse. Clusters without a class
    are nobody's, so what lies in them is not mixed up with anything.
    """
    n = confusion.n_matched
    wrong = np.where(confusion.right, 0, confusion.counts)[:n, :n]
    pairs = np.triu(wrong + wrong.T)
    if not pairs.size or not pairs.max():
        return None
    a, b = np.unravel_index(pairs.argmax(), pairs.shape)
    return confusion.classes[a], confusion.classes[b], int(pairs[a, b])


def verdict(confusion: Confusion, names: Sequence[str], noun: str = "digits") -> str:
    """One sentence on a scored clustering. `names` are those of the classes, `noun` what the images show."""
    total, right = confusion.counts.sum(), confusion.counts[confusion.right].sum()
    sentence = f"{thousands(right)} of {thousands(total)} {noun} lie in the cluster of their kind"
    pair = most_mixed(confusion)
    if pair:
        a, b = sorted(pair[:2])
        sentence += f"; {names[a]} and {names[b]} are mixed most ({thousands(pair[2])} {noun})"
    empty = int((confusion.counts.sum(axis=0) == 0).sum())
    if empty:
        sentence += f"; {empty} of {len(confusion.clusters)} clusters {'is' if empty == 1 else 'are'} empty"
    return sentence + "."


def verdict_without_labels(sizes: np.ndarray) -> str:
    """One sentence on a clustering that cannot be scored."""
    sizes = np.asarray(sizes)
    used = sizes[sizes > 0]
    return (
        f"{thousands(sizes.sum())} images lie in {len(used)} clusters of {thousands(used.min())} to "
        f"{thousands(used.max())}; without labels nobody can say how many lie right."
    )
