"""Which samples: filters that compose, in words, in a link and in Python.

A `Selection` names classes and clusters as the screen does, so that it can be written by hand and read in a link.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping
from dataclasses import dataclass, fields

import numpy as np

SIDES = ("", "right", "wrong")
VERSUS = {  # a second run or moment, compared with the first
    "both": "right in both",
    "here": "right here only",
    "there": "right there only",
    "neither": "wrong in both",
    "agree": "in corresponding clusters",
    "differ": "in different clusters",
}
MAX_CORNERS = 200  # of a lasso
MAX_INDICES = 1000
MAX_LETTERS = 500  # of a name in a link


class SelectionError(ValueError):
    """A filter that cannot be applied; its text names the filter, what was received and what was expected."""


@dataclass(frozen=True)
class Selection:
    """Samples that pass every filter; each field's default lets all pass.

    Attributes
    ----------
    true : str
        Name of a class: samples that truly belong to it.
    cluster, second : str
        Letter of a cluster: samples that lie in it; samples to which it is the second nearest.
    side : {"", "right", "wrong"}
        Whether the sample lies in the cluster matched to its class.
    min_confidence, max_confidence : float
        Range of the confidence, q of the sample's own cluster, both included.
    changed : bool
        Samples that changed cluster at this moment, since the one before.
    unsettled : bool
        Samples that still changed cluster in the last quarter of the moments.
    was, since : str, int
        Samples that lay in cluster `was` at the moment of that number (0 is the first).
    versus : str
        How a second moment, of this or another run, has the samples: "both" right, only "here", only "there",
        "neither"; or, also without labels, in clusters that "agree" or "differ".
    index : tuple of int
        Samples by their index.
    lasso : tuple of float
        Corners of a polygon in a projection, x1, y1, x2, y2, ...
    space : str
        The projection of the lasso: "umap", "pca", or two dimensions of z as in "z0,z3".
    """

    true: str = ""
    cluster: str = ""
    second: str = ""
    side: str = ""
    min_confidence: float = 0.0
    max_confidence: float = 1.0
    changed: bool = False
    unsettled: bool = False
    was: str = ""
    since: int = 0
    versus: str = ""
    index: tuple[int, ...] = ()
    lasso: tuple[float, ...] = ()
    space: str = "umap"

    def __post_init__(self) -> None:
        object.__setattr__(self, "true", str(self.true))  # true=9 is the class named 9
        for name in ("index", "lasso"):  # NumPy's arrays and numbers are accepted as well
            object.__setattr__(self, name, tuple(np.ravel(getattr(self, name)).tolist()))
        for name, kind in (("min_confidence", float), ("max_confidence", float), ("since", int)):
            object.__setattr__(self, name, kind(getattr(self, name)))
        if self.side not in SIDES:
            raise SelectionError(f"side: received {self.side!r}, expected 'right', 'wrong' or nothing")
        if self.versus not in ("", *VERSUS):
            raise SelectionError(f"versus: received {self.versus!r}, expected one of {', '.join(VERSUS)}")
        if not 0 <= self.min_confidence <= self.max_confidence <= 1:
            raise SelectionError(
                f"confidence: received {self.min_confidence} to {self.max_confidence}, "
                "expected two numbers from 0 to 1, the smaller first"
            )
        if len(self.lasso) % 2 or 0 < len(self.lasso) < 6 or len(self.lasso) > 2 * MAX_CORNERS:
            raise SelectionError(f"lasso: received {len(self.lasso)} numbers, expected x and y of 3 to {MAX_CORNERS}")
        if not all(map(math.isfinite, self.lasso)):
            raise SelectionError("lasso: received a number that is not finite, expected corners in the projection")
        if self.since < 0:
            raise SelectionError(f"since: received {self.since}, expected the number of a moment, 0 or more")
        if any(number < 0 for number in self.index) or len(self.index) > MAX_INDICES:
            received = f"{self.index[:3]} …" if len(self.index) > 3 else self.index
            raise SelectionError(f"index: received {received}, expected up to {MAX_INDICES} numbers from 0 on")

    def __bool__(self) -> bool:
        return any(
            getattr(self, name) != default for name, default in DEFAULTS.items() if name not in ("since", "space")
        )

    def replace(self, **values: object) -> Selection:
        """The same with other values of some filters. Raises SelectionError."""
        return dataclasses.replace(self, **values)

    def in_words(self, noun: str) -> str:
        """The filters as a phrase, such as "digit 9, in cluster D, wrong"; `noun` is what a sample is called."""
        phrases = [f"{noun} {self.true}"] if self.true else []
        phrases += [f"in cluster {self.cluster}"] if self.cluster else []
        phrases += [f"runner-up cluster {self.second}"] if self.second else []
        phrases += [self.side] if self.side else []
        if (self.min_confidence, self.max_confidence) != (0.0, 1.0):
            phrases.append(f"confidence {self.min_confidence:g} to {self.max_confidence:g}")
        phrases += ["changed cluster at this update"] if self.changed else []
        phrases += ["kept changing"] if self.unsettled else []
        phrases += [f"in cluster {self.was} before"] if self.was else []
        phrases += [VERSUS[self.versus]] if self.versus else []
        if self.index:
            phrases.append(f"index {', '.join(map(str, self.index[:3]))}{' …' if len(self.index) > 3 else ''}")
        phrases += ["inside the lasso"] if self.lasso else []
        return ", ".join(phrases)

    @property
    def without_clusters(self) -> Selection:
        """The filters that apply before there are clusters."""
        return Selection(true=self.true, index=self.index, lasso=self.lasso, space=self.space)

    # -- links

    def to_query(self) -> dict[str, str]:
        """What differs from the default, as parameters of a link."""
        query = {name: value for name in TEXTS if (value := getattr(self, name))}
        if (self.min_confidence, self.max_confidence) != (0.0, 1.0):
            query["sure"] = f"{self.min_confidence:.9g},{self.max_confidence:.9g}"
        query |= {name: "1" for name in FLAGS if getattr(self, name)}
        if self.was:
            query["since"] = str(self.since)
        if self.index:
            query["index"] = ",".join(map(str, self.index))
        if self.lasso:
            query["lasso"] = f"{self.space}:" + ",".join(f"{value:g}" for value in self.lasso)
        return query

    @classmethod
    def read(cls, query: Mapping[str, str]) -> tuple[Selection, list[str]]:
        """The selection in a link's parameters as far as they are valid, and what is wrong with the others.

        Other parameters are ignored.
        """
        selection, problems = cls(), []
        for word in (*TEXTS, *FLAGS, "sure", "since", "index", "lasso"):
            if query.get(word):
                try:
                    selection = selection.replace(**_filters(word, str(query[word])))
                except SelectionError as error:
                    problems.append(str(error))
        return selection, problems

    @classmethod
    def from_query(cls, query: Mapping[str, str]) -> Selection:
        """The selection that `to_query` wrote; others are ignored. Raises SelectionError for invalid values."""
        selection, problems = cls.read(query)
        if problems:
            raise SelectionError(problems[0])
        return selection

    # -- one filter at a time

    def apart(self) -> list[Selection]:
        """Each of the filters that are set, alone."""
        return [
            Selection(**{name: getattr(self, name) for name in names})
            for names in TOGETHER
            if any(getattr(self, name) != DEFAULTS[name] for name in names if name not in ("since", "space"))
        ]

    def without(self, other: Selection) -> Selection:
        """The same without the filters that are set in `other`."""
        names = [name for names in TOGETHER for name in names if any(getattr(other, n) != DEFAULTS[n] for n in names)]
        return self.replace(**{name: DEFAULTS[name] for name in names})

    # -- Python

    def as_arguments(self) -> str:
        """The arguments of `Snapshot.select` that give this selection, as Python source."""
        given = {name: getattr(self, name) for name, default in DEFAULTS.items() if getattr(self, name) != default}
        if not self.lasso:
            given.pop("space", None)
        if not self.was:
            given.pop("since", None)
        return ", ".join(f"{name}={value!r}" for name, value in given.items())


TEXTS = ("true", "cluster", "second", "side", "was", "versus")
FLAGS = ("changed", "unsettled")
TOGETHER = [  # fields that make one filter
    *((name,) for name in ("true", "cluster", "second", "side", "changed", "unsettled", "versus", "index")),
    ("min_confidence", "max_confidence"),
    ("was", "since"),
    ("lasso", "space"),
]
DEFAULTS = {field.name: field.default for field in fields(Selection)}


def _filters(word: str, text: str) -> dict[str, object]:
    """The fields that a link's parameter sets. Raises SelectionError."""
    if word in TEXTS:
        return {word: text[:MAX_LETTERS]}
    if word in FLAGS:
        return {word: text == "1"}
    if word == "index":
        return {"index": indices(text)}
    expected = {
        "sure": "two numbers from 0 to 1, as in 0.5,0.9",
        "since": "the number of a moment",
        "lasso": "a projection and corners, as in pca:0,0,1,0,1,1",
    }[word]
    try:
        if word == "sure":
            low, high = map(float, text.split(","))
            return {"min_confidence": low, "max_confidence": high}
        if word == "since":
            return {"since": int(text)}
        space, _, corners = text.partition(":")
        return {"space": space[:20], "lasso": tuple(map(float, corners.split(",")))}
    except (ValueError, OverflowError):
        raise SelectionError(f"{word}: received {text[:40]!r}, expected {expected}") from None


def indices(text: str) -> tuple[int, ...]:
    """ "12, 40-42" as (12, 40, 41, 42). Raises SelectionError."""
    numbers: list[int] = []
    for part in text.replace(" ", ",").split(","):
        first, dash, last = part.partition("-")
        if not part:
            continue
        if not (first.isascii() and first.isdigit() and (not dash or (last.isascii() and last.isdigit()))):
            raise SelectionError(f"index: received {part[:20]!r}, expected whole numbers such as 12, 40-42")
        if max(len(first), len(last)) > 18:
            raise SelectionError(f"index: received {part[:20]!r}, expected the number of a sample")
        low, high = sorted((int(first), int(last or first)))
        if high - low >= MAX_INDICES or len(numbers) > MAX_INDICES:
            raise SelectionError(f"index: received more than {MAX_INDICES} numbers, expected fewer")
        numbers += range(low, high + 1)
    return tuple(dict.fromkeys(numbers))
