"""What a sweep is: a config, the fields of it that vary and how far, and how trials are chosen and judged.

Frozen and validated like a RunConfig, JSON in and out, one documented line per field. Nothing here knows a database or
Optuna; `dec_core.sweeps.studies` stores plans, `dec_core.work.sweep_worker` works on them.
"""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Callable, Iterator
from math import prod
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_serializer, field_validator, model_validator

from dec_core.config import ConfigError, RunConfig, applies, problems_of
from dec_core.json_text import parse_json
from dec_core.sweeps.space import (
    FIXED,
    SWITCHES,
    Choices,
    Range,
    drawing_order,
    is_whole,
    misfit,
    n_values,
    span_of,
    values_of,
)

OF_IMAGES = ("n_samples", "deskew")  # they change the images over whose neighbours agreement is measured
MOST_TRIALS = 1000
GRACE = 150  # seconds without a heartbeat after which a worker is taken for gone; more than `runs.status.SILENT`
MOST_LOOKED_AT = 20 * MOST_TRIALS  # combinations of a grid, many of which may come to the same


def _setting(default: Any, label: str, help: str, **limits: Any) -> Any:
    return Field(default, description=help, json_schema_extra={"label": label}, **limits)


class SweepPlan(BaseModel):
    """What varies, around which config, and how trials are chosen, cut short and judged.

    Raises
    ------
    ConfigError
        From `SweepPlan.make` and `SweepPlan.from_json`: every problem at once, by field of the plan or of the config.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)

    name: str = _setting(
        ..., "Name", "Name under which the sweep is stored: letters, digits, - and _.",
        max_length=60,
    )  # fmt: skip
    base: RunConfig
    space: dict[str, Range | Choices]
    sampler: Literal["tpe", "random", "grid"] = _setting(
        "tpe", "Sampler",
        "tpe: learns from earlier trials where good values are. random: draws at random. grid: every combination of "
        "choices and whole numbers, once.",
    )  # fmt: skip
    pruner: Literal["none", "median", "halving"] = _setting(
        "median", "Pruner",
        "median: a trial worse than the median of earlier ones ends early. halving: at 1, 2, 4 and 8 tenths, only "
        "the better half continues. none: every trial is trained to the end.",
    )  # fmt: skip
    n_trials: int = _setting(
        20, "Number of trials", "How many configs are tried; a grid tries all its combinations.", ge=1, le=MOST_TRIALS,
    )  # fmt: skip
    minutes: float | None = _setting(
        None, "Time limit (minutes)",
        "No trial begins after this many minutes since the sweep was created or resumed. Without it there is no limit.",
        gt=0, le=100_000,
    )  # fmt: skip
    n_seeds: int = _setting(
        1, "Seeds per trial", "Each config is trained with this many seeds and judged by the mean.", ge=1, le=10,
    )  # fmt: skip
    objective: Literal["agreement", "silhouette", "acc", "nmi", "ari"] = _setting(
        "agreement", "Objective",
        "agreement: nearest neighbors among the images share a cluster (modularity). silhouette: of z. "
        "Neither uses labels. acc, nmi, ari compare with the labels, so a result is tuned by labels.",
    )  # fmt: skip

    @property
    def uses_labels(self) -> bool:
        """Whether its objective uses labels."""
        return self.objective in ("acc", "nmi", "ari")

    @property
    def is_listed(self) -> bool:
        """Whether it varies lists alone."""
        return all(isinstance(span, Choices) for span in self.space.values())

    @property
    def n_planned(self) -> int:
        """How many trials it begins with."""
        return len(self.combinations()) if self.sampler == "grid" else self.n_trials

    @model_validator(mode="after")
    def _can_be_tried(self) -> SweepPlan:
        problems = {} if self.space else {"space": "received nothing, expected at least one field to vary"}
        for name, span in self.space.items():
            problem = self._problem(name, span)
            if problem:
                problems[name] = problem
        problems = problems or self._clashes()
        try:
            self.base.changed(random_state=self.base.random_state + self.n_seeds - 1)
        except ConfigError as error:
            problems["n_seeds"] = f"the last seed would be too large: {error}"
        if self.sampler == "grid" and not problems:
            n = prod(map(n_values, self.space.values()))
            if n > MOST_LOOKED_AT or len(self.combinations()) > MOST_TRIALS:
                problems["sampler"] = f"the grid has {n} combinations; {MOST_TRIALS} can be tried: vary less"
        if problems:
            raise ConfigError(problems)
        return self

    def _problem(self, name: str, span: Range | Choices) -> str | None:
        """What is wrong with varying this field so; None if nothing."""
        if name in FIXED:
            return "cannot vary; use seeds per trial (n_seeds) for seeds, and another sweep for another dataset"
        if name in OF_IMAGES and self.objective == "agreement":
            return "changes the images on which agreement is measured; keep it fixed, or choose another objective"
        if name in RunConfig.model_fields and not self._acts(name):
            return "has no effect here, whatever the other fields are; remove it"
        problem = misfit(name, span, self.base)
        if not problem and self.sampler == "grid" and isinstance(span, Range) and not is_whole(name):
            return "a grid needs a list of values for a decimal number; list those to try"
        return problem

    def _acts(self, name: str) -> bool:
        """Whether the field has an effect on the base, or on what some combination of choices makes of it."""
        switches = {n: span.choices for n in SWITCHES if isinstance(span := self.space.get(n), Choices)}
        variants = (dict(zip(switches, values, strict=True)) for values in itertools.product(*switches.values()))
        return any(applies(name, self.base.model_copy(update=variant)) for variant in variants)

    def _clashes(self) -> dict[str, str]:
        """Pairs of values that exclude each other, so that no trial fails because of them."""
        for (a, one), (b, other) in itertools.combinations(self.space.items(), 2):
            for values in itertools.product(one.ends, other.ends):
                try:
                    self.base.changed(**dict(zip((a, b), values, strict=True)))
                except ConfigError as error:
                    return {a: f"{a} = {values[0]} and {b} = {values[1]} cannot be together: {error}"}
        return {}

    def _is_drawn(self, name: str, values: dict[str, Any]) -> bool:
        """Whether the field acts, given the values chosen before it."""
        return applies(name, self.base.model_copy(update=values))

    def draw(self, choose: Callable[[str, Range | Choices], Any]) -> dict[str, Any]:
        """Values by field: `choose` is asked for every one that acts, given those chosen before."""
        values: dict[str, Any] = {}
        for name in drawing_order(self.space):
            if self._is_drawn(name, values):
                values[name] = choose(name, self.space[name])
        return values

    def draws(self, begun: dict[str, Any]) -> Iterator[dict[str, Any]]:
        """Every draw that begins with these values, each once, where fields have finitely many."""
        name = next((n for n in drawing_order(self.space) if n not in begun and self._is_drawn(n, begun)), None)
        if name is None:
            yield begun
            return
        for value in values_of(self.space[name]):
            yield from self.draws({**begun, name: value})

    def combinations(self) -> list[dict[str, Any]]:
        """Every distinct draw where fields have finitely many values; no more than one beyond what can be tried."""
        distinct: dict[str, dict[str, Any]] = {}
        for values in itertools.product(*(values_of(span) for span in self.space.values())):
            given = dict(zip(self.space, values, strict=True))
            drawn = self.draw(lambda name, _: given[name])  # noqa: B023
            distinct.setdefault(json.dumps(drawn, sort_keys=True), drawn)
            if len(distinct) > MOST_TRIALS:
                break
        return list(distinct.values())

    def config(self, params: dict[str, Any], seed: int = 0) -> RunConfig:
        """The config of a trial with these values, and of its `seed`-th seed. Raises `ConfigError`."""
        return self.base.changed(**params, random_state=self.base.random_state + seed)

    @field_validator("name")
    @classmethod
    def _is_plain(cls, name: str) -> str:
        if not re.fullmatch("[A-Za-z0-9_-]+", name):
            raise ValueError("expected letters, digits, - and _ alone")
        return name

    @field_serializer("base")
    def _base_as_json(self, base: RunConfig) -> dict[str, Any]:
        return base.model_dump(mode="json")

    def to_json(self) -> str:
        """All fields as indented JSON."""
        return self.model_dump_json(indent=2)

    @classmethod
    def make(cls, /, **values: Any) -> SweepPlan:
        """The plan with these fields, the rest at their defaults. Raises `ConfigError`.

        Where nothing says by which sampler, and lists vary alone that have no more combinations than there are trials,
        it is a grid, which tries each once.
        """
        problems: dict[str, str] = {}
        space = {}
        for field, value in dict(values.get("space") or {}).items():
            try:
                space[field] = span_of(field, value)
            except ConfigError as error:
                problems |= error.problems
        if "sampler" not in values and "base" in values and _is_tried_whole(space, values.get("n_trials")):
            values["sampler"] = "grid"
        try:
            plan = cls.model_validate({**values, "space": space})
        except ValidationError as error:
            raise ConfigError(problems_of(error) | problems) from None
        if problems:
            raise ConfigError(problems)
        return plan

    @classmethod
    def from_json(cls, text: str) -> SweepPlan:
        """Read what `to_json` wrote. Raises `ConfigError`."""
        try:
            values = parse_json(text)
            base = RunConfig.make(**values.pop("base"))
        except ConfigError:
            raise
        except (ValueError, KeyError, AttributeError, TypeError):
            raise ConfigError({"plan": f"received {text[:40]!r}, expected a sweep's plan as JSON"}) from None
        return cls.make(**values, base=base)


def _is_tried_whole(space: dict[str, Range | Choices], n_trials: Any) -> bool:
    """Whether all values are listed, and there are trials for all combinations of them."""
    most = SweepPlan.model_fields["n_trials"].default if n_trials is None else n_trials
    listed = bool(space) and all(isinstance(span, Choices) for span in space.values())
    return listed and isinstance(most, int) and prod(map(n_values, space.values())) <= most


def plan_fields() -> dict[str, dict[str, Any]]:
    """Per field of a plan that a person fills in: label, help, default, and choices where it has them."""
    schema = SweepPlan.model_json_schema()["properties"]
    return {
        name: {
            "label": part["label"],
            "help": part["description"],
            "default": part.get("default"),
            **({"choices": part["enum"]} if "enum" in part else {}),
        }
        for name, part in schema.items()
        if "label" in part
    }
