"""The interactive pieces that a lesson can name, and what each can be told.

A piece is an entry here and a function of the app that draws it. Options are checked when the lesson is read.
"""

from __future__ import annotations

import re
from typing import Annotated, Literal
from urllib.parse import parse_qsl

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from dec_core.gallery import is_recording, n_images, recordings
from dec_core.lessons.source import numbered_lines

Text = Annotated[str, Field(min_length=1, max_length=400)]
Options = Annotated[list[Text], Field(min_length=2, max_length=8)]
Across, Up = Annotated[float, Field(ge=-4, le=4)], Annotated[float, Field(ge=-2.5, le=2.5)]  # of a plane
Alpha = Annotated[float, Field(ge=0.1, le=10)]


class PieceOptions(BaseModel):
    """What any piece can be told: nothing but what it names."""

    model_config = ConfigDict(extra="forbid", frozen=True, coerce_numbers_to_str=True)


class Guess(PieceOptions):
    """A question that is answered before one has seen; afterwards, what all have guessed, and what came.

    One of `options`, or a number between `low` and `high`. `answer` is what came; `why` says it in words.
    """

    question: Text
    options: Options | None = None
    low: float | None = None
    high: float | None = None
    unit: Annotated[str, Field(max_length=20)] = ""
    answer: str | float
    why: Text = ""

    @model_validator(mode="after")
    def _one_kind(self) -> Guess:
        if (self.options is None) == (self.low is None or self.high is None):
            raise ValueError("a guess has either options, or low and high")
        if self.options is not None and str(self.answer) not in self.options:
            raise ValueError(f"answer: received {str(self.answer)!r}, expected one of {', '.join(self.options)}")
        if self.options is None and not (
            isinstance(self.answer, int | float) and self.low <= self.answer <= self.high and self.low < self.high
        ):
            raise ValueError(f"answer: received {self.answer!r}, expected a number from low to high")
        return self


class Link(PieceOptions):
    """A way to another screen, with what its link says below the address: `query` as alpha=2&preset=first-look."""

    label: Text
    page: Literal["train", "inspect", "compare", "sweep", "glossary", "learn"]
    query: Annotated[str, Field(max_length=2000)] = ""

    @property
    def lesson(self) -> str:
        """The name of the lesson that it leads to; "" where it leads elsewhere."""
        return dict(parse_qsl(self.query)).get("lesson", "") if self.page == "learn" else ""


class Check(PieceOptions):
    """A question at the end of a lesson; each answer says why it is right or not. `right` counts from 1.

    `then` is a way to another screen that would give the answer away: it is shown after the right one.
    """

    question: Text
    options: Options
    right: Annotated[int, Field(ge=1)]
    because: Annotated[list[Text], Field(min_length=1, max_length=8)]
    then: Link | None = None

    @model_validator(mode="after")
    def _one_reason_each(self) -> Check:
        if self.right > len(self.options):
            raise ValueError(f"right: received {self.right}, expected 1 to {len(self.options)}")
        if len(self.because) != len(self.options):
            raise ValueError(
                f"because: received {len(self.because)}, expected a reason for each of {len(self.options)}"
            )
        return self


class Code(PieceOptions):
    """The lines of `dec_core` that a lesson speaks of, as they stand in the program.

    `function` is as dec_core/analysis/assignment.py:soft_assignment; `line` is a part of the line that is meant, of
    which `around` lines before and after are shown. Without `line`, it is the whole function.
    """

    function: Annotated[str, Field(pattern=r"^dec_core/[a-z_/]+\.py:[A-Za-z_.]+$")]
    line: Annotated[str, Field(max_length=200)] = ""
    around: Annotated[int, Field(ge=0, le=100)] = 2

    @model_validator(mode="after")
    def _stands_there(self) -> Code:
        lines = self.numbered()
        if self.line and not any(self.line in text for _, text in lines):
            raise ValueError(f"line: {self.line!r} does not stand in {self.function}")
        return self

    @property
    def file(self) -> str:
        """The file that the function stands in, from the root of the repository."""
        return self.function.partition(":")[0]

    @property
    def meant(self) -> int:
        """The number, in its file, of the line that is meant; 0 where it is the whole function."""
        return next((number for number, text in self.numbered() if self.line and self.line in text), 0)

    def excerpt(self) -> tuple[tuple[int, str], ...]:
        """The lines around the one that is meant, each with its number in the file; all where it is the function."""
        lines, meant = self.numbered(), self.meant
        if not meant:
            return lines
        return tuple(each for each in lines if abs(each[0] - meant) <= self.around and each[1].strip())

    @property
    def head(self) -> str:
        """The function's first line, where the excerpt begins later."""
        first = self.numbered()[0]
        return "" if first == self.excerpt()[0] else first[1]

    def numbered(self) -> tuple[tuple[int, str], ...]:
        """The function's lines, each with its number in the file, without decorators and docstring.

        Raises ValueError where there is no such function.
        """
        return numbered_lines(self.function)


class Digits(PieceOptions):
    """Some images of a data set that comes along, by their numbers, with what is said below each.

    With `distances`, what lies between each two of them in pixels is said as well.
    """

    dataset: Literal["mnist", "digits", "mnist-unbalanced"] = "mnist"
    samples: Annotated[list[Annotated[int, Field(ge=0)]], Field(min_length=1, max_length=12)]
    captions: list[Text] = []
    distances: bool = False


class SoftAssignment(PieceOptions):
    """A plane with some centers and one point, all to be moved: distances, weights and q, with alpha on a slider."""

    centers: Annotated[list[tuple[Across, Up]], Field(min_length=2, max_length=5)] = [(-2, 1), (2, 1.2), (0.3, -1.5)]
    point: tuple[Across, Up] = (-0.6, 0.4)
    alpha: Alpha = 1
    slider: bool = True


class SoftlyAssigned(PieceOptions):
    """A point of the piece target: what it is called, and its q, which adds up to one."""

    name: Text
    q: Annotated[list[Annotated[float, Field(ge=0, le=1)]], Field(min_length=2, max_length=5)]

    @model_validator(mode="after")
    def _adds_up(self) -> SoftlyAssigned:
        if abs(sum(self.q) - 1) > 1e-6:
            raise ValueError(f"q: received {self.q}, which add up to {sum(self.q):g}; expected 1")
        return self


class Target(PieceOptions):
    """From q of some points to p, in half-steps: square, divide by how full a cluster is, normalise.

    `others` is how many points each cluster has beside these; with `sliders` that can be changed. `shown` is the
    number of half-steps that are seen at first.
    """

    points: Annotated[list[SoftlyAssigned], Field(min_length=1, max_length=3)]
    others: Annotated[list[Annotated[float, Field(ge=0, le=200)]], Field(min_length=2, max_length=5)]
    sliders: bool = False
    shown: Annotated[int, Field(ge=0, le=3)] = 0

    @model_validator(mode="after")
    def _alike(self) -> Target:
        sizes = {len(self.others), *(len(point.q) for point in self.points)}
        if len(sizes) > 1:
            raise ValueError(f"others: received {len(self.others)} clusters, expected as many as each q has")
        return self


class Amount(PieceOptions):
    """A number in a sentence that can be dragged."""

    value: float
    low: float
    high: float
    step: Annotated[float, Field(gt=0)] = 0.1

    @model_validator(mode="after")
    def _within(self) -> Amount:
        if not self.low <= self.value <= self.high or self.low == self.high:
            raise ValueError(f"value: received {self.value:g}, expected a number from low to high")
        return self


FORMULAS = {  # of pages/learn/dec.js: what each takes, and what it gives
    "two-centers": (("alpha", "near", "far"), ("near_weight", "far_weight", "q", "other")),
    "two-clusters": (("q", "fill"), ("p", "gain")),
    "pull": (("alpha", "p", "q", "distance"), ("pull",)),
}


class Sentence(PieceOptions):
    """A sentence with numbers in it that can be dragged, {alpha}, and what follows from them by a formula, [q]."""

    formula: Literal["two-centers", "two-clusters", "pull"]
    text: Text
    numbers: dict[str, Amount]

    @model_validator(mode="after")
    def _known(self) -> Sentence:
        takes, gives = FORMULAS[self.formula]
        if set(self.numbers) != set(takes):
            raise ValueError(f"numbers: received {', '.join(self.numbers)}; {self.formula} takes {', '.join(takes)}")
        for kind, pattern, names in (("number", r"\{(\w+)\}", takes), ("result", r"\[(\w+)\]", gives)):
            for name in re.findall(pattern, self.text):
                if name not in names:
                    raise ValueError(f"text: there is no {kind} {name!r} of {self.formula}; it has {', '.join(names)}")
        return self


class Stepper(PieceOptions):
    """200 points and 3 to 5 centers, moved update by update: q, p, gradients as arrows, move; forward and back.

    The first of `starts` is shown, others can be chosen; `sliders` are those that can be moved. p is made anew after
    `interval` moves.
    """

    starts: Annotated[list[Literal["good", "merged", "far"]], Field(min_length=1, max_length=3)] = ["good"]
    centers: Annotated[int, Field(ge=3, le=5)] = 4
    alpha: Alpha = 1
    rate: Annotated[float, Field(ge=0.01, le=1)] = 0.1
    interval: Annotated[int, Field(ge=1, le=50)] = 1
    sliders: list[Literal["alpha", "rate", "interval"]] = []
    seed: Annotated[int, Field(ge=0, le=9999)] = 7


def recorded(run: str) -> str:
    """The id of a recorded run. Raises ValueError where there is none of it."""
    if not is_recording(run):
        raise ValueError(f"run: there is no recording {run!r}; there are {', '.join(recordings())}")
    return run


class OfRecording(PieceOptions):
    """A piece that shows a recorded run, by its id: those that come along begin with gallery-."""

    run: str

    @field_validator("run")
    @classmethod
    def _is_there(cls, run: str) -> str:
        return recorded(run)


class ConfusionMatrix(OfRecording):
    """The confusion matrix of a recorded run at its end."""


class PinnedImages(OfRecording):
    """What people have pinned to the wall, in Inspect, of a recorded run."""


class Replay(OfRecording):
    """How a recorded run went, in the four boxes of Train; `seconds` for the whole of it."""

    seconds: Literal[10, 20, 40, 120] = 40


class Decoded(PieceOptions):
    """What the decoders of some recorded runs draw at the end: their `centers`, or `reconstructions` of ten digits."""

    runs: Annotated[list[str], Field(min_length=1, max_length=6)]
    what: Literal["centers", "reconstructions"] = "centers"

    @field_validator("runs")
    @classmethod
    def _are_there(cls, runs: list[str]) -> list[str]:
        return [recorded(run) for run in runs]


class Draw(OfRecording):
    """A pad to draw a digit on, and where the run places it. Its recording has to hold its networks."""


class Numbers(OfRecording):
    """The numbers of one digit of a recorded run, each in its formula; `parts` are those that are shown."""

    sample: Annotated[int, Field(ge=0)]
    parts: Annotated[list[Literal["z", "q", "p", "loss", "error"]], Field(min_length=1, max_length=5)] = [
        "z", "q", "p", "loss", "error",
    ]  # fmt: skip

    @model_validator(mode="after")
    def _is_shown(self) -> Numbers:
        if self.sample >= n_images(self.run):
            raise ValueError(f"sample: received {self.sample}, expected a number below {n_images(self.run)}")
        return self


class DecodePlane(OfRecording):
    """The plane of a z of two numbers, and what the decoder makes of the point in it that is moved."""


PIECES: dict[str, type[PieceOptions]] = {
    "guess": Guess,
    "check": Check,
    "code": Code,
    "link": Link,
    "digits": Digits,
    "confusion": ConfusionMatrix,
    "decoded": Decoded,
    "draw": Draw,
    "replay": Replay,
    "pins": PinnedImages,
    "decode-plane": DecodePlane,
    "numbers": Numbers,
    "soft-assignment": SoftAssignment,
    "target": Target,
    "stepper": Stepper,
    "sentence": Sentence,
}
