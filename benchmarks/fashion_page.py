"""The page on clothes: what was tried, and how what looked best does on images that did not choose it."""

from __future__ import annotations

from typing import Any

from benchmarks.table import machines, spread
from dec_core.cli.repeat import summarize

CONCLUSION = """\
## What it says

What labels chose on one part of the images was luck: on others it falls from .681 to .576, the last of the three, while
what agreement chose, without labels, does best, with .608. So there is no preset for clothes: these differences are
no larger than what a seed makes. Shirts, pullovers and coats are no islands, so that the mixture parts them otherwise
from one start to the next. Agreement is measured over neighbors by gradients, and so prefers these.

N2D (McConville et al. 2019) reports .672, NMI .684, on all 70 000, with published weights of one autoencoder. It is not
reached here.
"""


def markdown(measured: dict[str, Any]) -> str:
    """The page that `fashion` writes, of what it has measured."""
    tried, judged = measured["tried"], measured["judged"]
    lines = [
        "# Clothes",
        "",
        "Made by `python -m benchmarks fashion FOLDER`; FOLDER holds Fashion-MNIST's IDX files. UMAP and a Gaussian",
        "mixture of three starts, without a network. Mean over the seeds, with min and max in brackets.",
        "",
        *machines(tried + judged),
        "",
        "## What was tried",
        "",
        "On 10 000 evenly spread images, by what UMAP compares and how many neighbors count; *distorted* are augmented",
        "neighbors. Agreement uses no labels: it is what sweeps judge by.",
        "",
        *_table(tried),
        "",
        "## On other images",
        "",
        "The first row of that table, one of the highest agreement, and that of the highest ACC, so chosen by labels,",
        "on 10 000 of the 60 000 other images, drawn anew for every seed.",
        "",
        *_table(judged),
        "",
        CONCLUSION.rstrip(),
    ]
    return "\n".join(lines).rstrip() + "\n"


def _table(rows: list[dict[str, Any]]) -> list[str]:
    lines = ["| UMAP compares | seeds | ACC | NMI | agreement |", "|---" * 5 + "|"]
    for recipe in dict.fromkeys(row["recipe"] for row in rows):
        of_recipe = [row for row in rows if row["recipe"] == recipe]
        scores = [
            spread(summarize([{"acc": row[name]} for row in of_recipe]).get("acc"))
            for name in ("acc", "nmi", "agreement")
        ]
        lines.append(f"| {recipe} | {len(of_recipe)} | {' | '.join(scores)} |")
    return lines
