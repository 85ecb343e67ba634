"""The page on robustness: presets on sets nobody tuned on, mean and worst, and what goes wrong where."""

from __future__ import annotations

from typing import Any

from benchmarks.recipes_trials import WHOLE
from benchmarks.table import machines
from dec_core.cli.repeat import summarize

LIMITS = """\
## What `umap-gmm` does badly, and why

- **Noise**: it adds to the distance of any two images alike, and deskewing, which takes it for ink, undoes only a third
  of the slant.
- **Few images**: with 50 or 100 of a kind, several of the ten nearest are of another kind. Two digits often merge,
  and one is split.
- **Letters**: fonts differ pixel by pixel in weight, width and outline more than letters do, so clusters are styles as
  much as letters.

The verdict misses none of these. It doubts most others as well: there one border between two digits is
off by a tenth of a class or so, less than what counts as merged or split here.

## What `best-umap` does badly

Neighbors that may deform mend most of that without a network: noise costs nothing, few images little, and other
people's digits and letters are found best of all. One pair of **letters** still merges, and so do **clothes**, whose
kinds are no strokes. The verdict misses that in most runs: letters that merge look like one island here.

## What `first-look` does badly

**Inverted** digits, of which it loses a quarter, though upside down they cost nothing. UMAP and the mixture find them
as well as ever; it is the network that hardly learns where nearly all pixels are near 1. With the **mean image
subtracted** (`centered`), as it is of images that come by `--data` and of those chosen in the app, it learns, other
people's digits no longer merge, and nothing is lost on other sets. Without it, train on ink that is bright on dark.

Letters and clothes merge, which the verdict notices in most runs. Noise and few images, which `umap-gmm` does badly,
it does nearly as well as all others.

## Where the sets come from

Letters: capitals of the fonts in Debian's `fonts-adf-*`, `fonts-cascadia-code`, `fonts-courier-prime`,
`fonts-croscore`, `fonts-dejavu-extra`, `fonts-dustin`, `fonts-fantasque-sans`, `fonts-freefont-ttf`,
`fonts-georgewilliams`, `fonts-inter`, `fonts-jetbrains-mono`, `fonts-junicode`, `fonts-lato`, `fonts-liberation`,
`fonts-linuxlibertine`, `fonts-lmodern`, `fonts-montserrat`, `fonts-open-sans`, `fonts-roboto-unhinted`,
`fonts-texgyre`, `fonts-urw-base35` and `fonts-vollkorn`, of which 639 draw ten different letters. Clothes:
`dataset-fashion-mnist`. Other people's digits: `digits.png` of `opencv-doc`.
"""


def markdown(measured: dict[str, Any]) -> str:
    """The page that `robustness` writes, of what it has measured."""
    rows = measured["rows"]
    names = list(dict.fromkeys(row["name"] for row in rows))
    lines = [
        "# Robustness",
        "",
        "Presets as they are, on sets that nobody tuned them on. Made by",
        "`python -m benchmarks robustness --fashion FOLDER --fonts FOLDER --sheet FILE`: Fashion-MNIST's IDX files, a",
        "folder of fonts (here those of some Debian packages), and OpenCV's `digits.png`.",
        "",
        *machines(rows),
        "",
        "ACC, the mean over the seeds and the worst of them. Every seed draws other images, from MNIST only such as",
        "`first-look` never saw; labels score alone. *Noisy*: Gaussian noise of a quarter of the range in every pixel.",
        "Letters are the capitals A to J, each once in every font. Letters and clothes are not deskewed, as nothing",
        "is that comes by `--data`. –: not measured.",
        "",
        "| set | images | seeds | " + " | ".join(f"`{name}` | worst" for name in names) + " |",
        "|---" * (3 + 2 * len(names)) + "|",
    ]
    for title in dict.fromkeys(row["data"] for row in rows):
        of_set = [row for row in rows if row["data"] == title]
        cells = [cell for name in names for cell in _mean_and_worst([r for r in of_set if r["name"] == name])]
        n_seeds = len({row["random_state"] for row in of_set})
        lines.append(f"| {title} | {of_set[0]['n_images']} | {n_seeds} | {' | '.join(cells)} |")
    return "\n".join([*lines, "", *_verdict(rows), LIMITS.rstrip()]).rstrip() + "\n"


def _mean_and_worst(rows: list[dict[str, Any]]) -> tuple[str, str]:
    acc = summarize(rows).get("acc")
    return (f"{acc['mean']:.3f}", f"{acc['min']:.3f}") if acc else ("–", "–")


def _verdict(rows: list[dict[str, Any]]) -> list[str]:
    lines = ["Classes are merged or split, as [recipes.md](recipes.md) counts it; the verdict sees no labels:", ""]
    for name in dict.fromkeys(row["name"] for row in rows):
        runs = [row for row in rows if row["name"] == name]
        broken, whole = (
            [row for row in runs if (row["least_whole"] < WHOLE) is is_broken] for is_broken in (True, False)
        )
        caught, false = (sum(row["doubted"] for row in part) for part in (broken, whole))
        lines.append(
            f"- `{name}`: in {len(broken)} of {len(runs)} runs. The verdict doubts {caught} of them, "
            f"and {false} of the {len(whole)} others."
        )
    return [*lines, ""]
