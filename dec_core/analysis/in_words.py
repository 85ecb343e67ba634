"""What the figures of a run show, each in a sentence: the same finding for who cannot see it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from dec_core.analysis.metrics import Confusion
from dec_core.analysis.verdict import mixed_up_in_words, thousands


def matrix_in_words(confusion: Confusion, names: Sequence[str], noun: str) -> str:
    """How many clusters hold mostly the class matched to them, and which classes are mixed up most.

    `names` are those of the classes, `noun` what one sample is.
    """
    sizes, right = confusion.counts.sum(axis=0), np.where(confusion.right, confusion.counts, 0).sum(axis=0)
    n_pure, kind = int((2 * right > sizes).sum()), "digit" if noun == "digit" else "class"
    empty = int((sizes == 0).sum())
    sentence = f"{n_pure} of {len(sizes)} clusters hold mostly the {kind} matched to them"
    if empty:
        sentence += f", {empty} {'is' if empty == 1 else 'are'} empty"
    return f"{sentence}; {mixed_up_in_words(confusion, names, noun)}."


def sizes_in_words(sizes: Sequence[int], letters: Sequence[str]) -> str:
    """The largest and the smallest cluster; `letters` name the clusters."""
    large, small = int(np.argmax(sizes)), int(np.argmin(sizes))
    counted = f"{len(sizes)} clusters of {thousands(sizes[small])} to {thousands(sizes[large])} images"
    return f"{counted}; {letters[large]} is the largest, {letters[small]} the smallest."


def centers_in_words(class_of: np.ndarray | None, letters: Sequence[str], names: Sequence[str]) -> str:
    """Which cluster is matched to which class, in the order of the letters; without labels, which clusters there are.

    Parameters
    ----------
    class_of : ndarray of int, shape (n_clusters,), or None
        The class matched to each cluster, -1 for none.
    letters : sequence of str, length n_clusters
    names : sequence of str
        Those of the classes.
    """
    ordered = sorted(range(len(letters)), key=lambda cluster: (len(letters[cluster]), letters[cluster]))
    if class_of is None:
        return f"Centers of clusters {letters[ordered[0]]} to {letters[ordered[-1]]}."
    matched = [f"{letters[c]} to {names[class_of[c]]}" for c in ordered if class_of[c] >= 0]
    return f"Cluster centers, matched to classes: {', '.join(matched)}."
