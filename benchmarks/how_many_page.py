"""The page on the number of groups: what is done, how often it is right beside other rules, and what it cannot do."""

from __future__ import annotations

from statistics import mean
from typing import Any

OURS = "how_many"
UNEQUAL = "mnist, 5 : 1"
N_FIRST = 8  # subsets of unequal digits that were measured first
METHOD = """\
## What is done

1. Images are compared by the directions of their strokes (HOG), vectors by their columns. Each finds its nearest
   neighbors, and UMAP lays them out in ten dimensions, as for the initial target of `first-look`. Of more than 10 000
   an even part is taken.
2. Over the UMAP a density tree is built, that of HDBSCAN, and read 24 times: a group must hold at least 1 % of the
   images, ... 10 % of them, at even steps of the logarithm. A number of groups that is right is found for many of
   these sizes; its *share* says for how many.
3. In the graph of nearest neighbors among the images, which knows no UMAP, the border between two groups is compared
   with the best cut through either of them, both by conductance (edges cut, as a share of those on the smaller side).
   With b the border's and c the cut's, the *separation* is the least c / (b + c) of all borders: near 1 for islands,
   1/2 where a border is only one more cut through a group.
4. The *score* of a number is its share times its separation, all scores together being 1. The largest decides.

For 10 000 digits that takes 7 seconds of one core of an AMD EPYC, UMAP once compiled.

Nothing is fitted to labels. The steps and the constants were chosen on other subsets than those below (and on the same
digits of scikit-learn, of which there is one set), where either of the two alone was wrong now and then: sizes alone
counted unequal digits as 11, whose sevens with a bar are an island of 1.9 %.
"""
LIMITS = """\
## What it cannot do

- **It counts islands, not meanings.** Two styles of one class that nothing connects are two groups (the ones of the
  8×8 digits are several), and classes that run into one another are one (shirts, pullovers and coats).
- **A group of less than 1 % is not seen**, and one of less than 20 images never; with fewer than some 500 images the
  number is often off by one.
- **One group is hardly ever the answer**: UMAP pulls a single cloud apart. A separation of about 1/2 says that the
  groups are no more apart than parts of one: 4 000 threes alone are counted as 2 and as many zeros as 3, at .5, where
  the ten digits have .8.
- Numbers beside the best with nearly its score are as good an answer: read the table, and look at the figure.
- It knows images by their strokes. Where color or texture is what matters, it sees little.
"""


def markdown(measured: dict[str, Any]) -> str:
    """The page that `how-many` writes, of what it has measured."""
    rows = measured["rows"]
    lines = [
        "# How many groups?",
        "",
        '`DEC(config, n_clusters="auto")`, `python -m dec_core how-many --data FILE` and `--set n_clusters=auto` look',
        "for the number of groups among images, without labels. This page is made by",
        "`python -m benchmarks how-many --fashion FOLDER`; FOLDER holds Fashion-MNIST's IDX files.",
        "",
        METHOD,
        "## How often it is right",
        "",
        "10 000 images each, but for the 1 797 digits of scikit-learn; MNIST is deskewed. Where classes are left out",
        "or unequal (5 : 1 is the most frequent one to the rarest), each subset has others.",
        "",
        *_ours(summaries([row for row in rows if "precision" not in row])),
        "",
        *_first_and_later([row for row in rows if row["case"] == UNEQUAL]),
        *_sureness([row for row in rows if row["rule"] == OURS]),
        "",
        *_strangers(rows),
        "## Beside other rules",
        "",
        "What each rule says on the first subsets, on the same UMAP (the eigengap and modularity: on the same graph).",
        "Numbers from 2 to 20 were tried. With the right smallest size HDBSCAN is as good; which one is right nobody",
        "knows beforehand, so it is varied. DipDECK (Leiber et al. 2021) counts while it trains a network; it is",
        "ClustPy's, with its defaults, and takes minutes. UNSEEN does likewise, but ClustPy 0.0.3 does not have it.",
        "",
        *_rules(rows),
        "",
        LIMITS.rstrip(),
    ]
    return "\n".join(lines) + "\n"


def summaries(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Of our rows, for each case: how many decisions, which share is right and off by one at most, and the range."""
    found = []
    for case in _cases(rows):
        own = [row for row in rows if row["case"] == case and row["rule"] == OURS]
        off = [abs(row["n_clusters"] - row["right"]) for row in own]
        numbers = [row["n_clusters"] for row in own]
        found.append(
            {
                "case": case,
                "groups": own[0]["right"],
                "subsets": len({row["subset"] for row in own}),
                "decisions": len(own),
                "right": sum(distance == 0 for distance in off),
                "within_one": sum(distance <= 1 for distance in off),
                "numbers": {str(number): numbers.count(number) for number in sorted(set(numbers))},
            }
        )
    return found


def _cases(rows: list[dict[str, Any]]) -> list[str]:
    return list(dict.fromkeys(row["case"] for row in rows))


def _ours(cases: list[dict[str, Any]]) -> list[str]:
    lines = [
        "| images | groups | subsets | decisions | right | off by one at most | numbers found |",
        "|---" * 7 + "|",
    ]
    for case in cases:
        cells = [case[name] for name in ("case", "groups", "subsets", "decisions", "right", "within_one")]
        lines.append("| " + " | ".join(map(str, [*cells, _numbers(case)])) + " |")
    return lines


def _first_and_later(rows: list[dict[str, Any]]) -> list[str]:
    """Of unequal digits, what the subsets say that were measured first, and those that were added then."""
    parts = [[row for row in rows if (row["subset"] < N_FIRST) == is_first] for is_first in (True, False)]
    if not all(parts):
        return []
    first, later = (f"{case['right']} of {case['decisions']}" for part in parts for case in summaries(part))
    return [
        f"Unequal digits were measured on {N_FIRST} subsets at first: {first} right. So few say little of how often",
        f"a subset is counted wrong, so more were added, the rule unchanged; of these alone {later} are right.",
        "",
    ]


def _sureness(rows: list[dict[str, Any]]) -> list[str]:
    """What the score says of whether a number is right."""
    right = [row["score"] for row in rows if row["n_clusters"] == row["right"]]
    wrong = [row["score"] for row in rows if row["n_clusters"] != row["right"]]
    if not right or not wrong:
        return [f"The best number's score is {_spread(right or wrong)}."]
    return [f"The best number's score is {_spread(right)} where it is right, {_spread(wrong)} where it is not."]


def _spread(values: list[float]) -> str:
    return f"{mean(values):.2f} ({min(values):.2f} – {max(values):.2f})"


def _strangers(rows: list[dict[str, Any]]) -> list[str]:
    """What becomes of images that are none of the classes, and how often a group of a class is told as strange."""
    mixed = [row for row in rows if "precision" in row]
    if not mixed:
        return []
    plain = [row for row in rows if row["rule"] == OURS and "precision" not in row]
    alarms = sum(row["n_strange"] > 0 for row in plain)
    lines = [
        "## None of these",
        "",
        "500 of the 10 000 images are no digits but clothes, or have their pixels shuffled. Eleven groups are right,",
        "or ten with the strangers in none. They are told as strange where they are 1.35 times as far, or more, from",
        "all others as is usual among the groups (the median of distances to the nearest image of another group, by",
        "what images are compared by). That number was chosen on the first subset of each case: classes had .79 to",
        "1.17, strangers 1.57 and 1.72; to ask about those in no group, too, after a look at the others.",
        "Precision and recall are those of the images that are told.",
        "",
        "| images | decisions | numbers found | precision | recall |",
        "|---" * 5 + "|",
    ]
    for case in summaries(mixed):
        own = [row for row in mixed if row["case"] == case["case"]]
        spreads = [_spread([row[name] for row in own]) for name in ("precision", "recall")]
        lines.append("| " + " | ".join([case["case"], str(len(own)), _numbers(case), *spreads]) + " |")
    lines += ["", f"Where there are none, some group was told as strange in {alarms} of {len(plain)} decisions.", ""]
    return lines


def _numbers(case: dict[str, Any]) -> str:
    return ", ".join(f"{number} ({times}×)" for number, times in case["numbers"].items())


def _rules(rows: list[dict[str, Any]]) -> list[str]:
    """A row for each rule, ours first; a cell has its answers, subset by subset, with the first seed."""
    cases = _cases([row for row in rows if "precision" not in row])
    answers: dict[str, dict[str, list[int]]] = {}
    compared = {(row["case"], row["subset"]) for row in rows if row["rule"] != OURS}
    for row in sorted(rows, key=lambda row: row["subset"]):
        if row["seed"] == 0 and (row["case"], row["subset"]) in compared:
            answers.setdefault(row["rule"], {}).setdefault(row["case"], []).append(row["n_clusters"])
    lines = ["| rule | " + " | ".join(cases) + " |", "|---" * (len(cases) + 1) + "|"]
    for rule, of_cases in sorted(answers.items(), key=lambda item: item[0] != OURS):
        cells = [", ".join(map(str, of_cases.get(case, []))) or "–" for case in cases]
        name = "ours" if rule == OURS else rule
        lines.append("| " + " | ".join([name, *cells]) + " |")
    return lines
