"""How far a field varies in a sweep: a range of numbers or a list of choices, checked against the field's own."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator

from dec_core.config import ConfigError, RunConfig, applies
from dec_core.fields import fields, parse

FIXED = ("dataset", "random_state")  # trials must be comparable, and seeds are `n_seeds`
SWITCHES = (  # by which `applies` decides of the others; each may act or not by those before it
    "method", "autoencoder", "first_target", "pretrain_optimizer", "cluster_optimizer", "pretrain_augment", "augment",
    "center_init",
)  # fmt: skip
SHAPES = ("hidden_units", "filters")  # a choice of them is written 500-500-2000


def _shape(value: Any) -> Any:
    return "-".join(map(str, value)) if isinstance(value, list | tuple) else value


Choice = Annotated[bool | int | float | str | None, BeforeValidator(_shape)]


class Range(BaseModel):
    """From `low` to `high`, both included; with `log`, every order of magnitude is as likely as the next."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)

    low: int | float
    high: int | float
    log: bool = False

    @property
    def ends(self) -> tuple[int | float, ...]:
        """What must be valid for all between to be so."""
        return self.low, self.high


class Choices(BaseModel):
    """One of these. Layers are written as text, 500-500-2000."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)

    choices: tuple[Choice, ...] = Field(min_length=1, max_length=50)

    @model_validator(mode="before")
    @classmethod
    def _from_a_list(cls, values: Any) -> Any:
        """JSON knows lists alone."""
        if isinstance(values, dict) and isinstance(values.get("choices"), list):
            return {**values, "choices": tuple(values["choices"])}
        return values

    @property
    def ends(self) -> tuple[Any, ...]:
        """What must be valid: all of them."""
        return self.choices


def span_of(name: str, value: Any) -> Range | Choices:
    """What varies field `name`, from JSON's form of it. Raises `ConfigError`."""
    if isinstance(value, Range | Choices):
        return value
    try:
        return (Choices if "choices" in value else Range).model_validate(value)
    except (ValidationError, TypeError):
        expected = '{"low": number, "high": number, "log": true or false} or {"choices": [value, ...]}'
        raise ConfigError({name: f"received {value!r}, expected {expected}"}) from None


def default_range(name: str, base: RunConfig) -> Range | Choices:
    """A sensible range for a field, around the value in `base` and within what the field allows.

    Step sizes and the like vary over two orders of magnitude, whole numbers from half to twice, the rest takes all its
    values. Raises `ConfigError` where the field cannot vary.
    """
    if name in FIXED or name not in RunConfig.model_fields:
        raise ConfigError({name: "cannot vary in a sweep"})
    described, value = fields()[name], getattr(base, name)
    if isinstance(value, bool) or "choices" in described:
        return _valid_choices(name, base, described.get("choices", [False, True]))
    if name in SHAPES:
        scaled = [[max(2, int(units * factor)) for units in value] for factor in (0.5, 1, 2)]
        return _valid_choices(name, base, [_shape(shape) for shape in scaled])
    if value is None:
        raise ConfigError({name: "is empty: give it a number, or say its range"})
    low, high = (value // 2, value * 2) if is_whole(name) else _decimal_range(value, described["maximum"])
    low, high = max(low, described["minimum"]), min(high, described.get("maximum", high))
    log = not is_whole(name) and 0 < 10 * value <= described["maximum"]
    return Range(low=_nearest_valid(name, base, low), high=_nearest_valid(name, base, high), log=log)


@lru_cache(maxsize=200)  # it makes a hundred configs, and the form asks it of every preset at every redraw
def sweepable(base: RunConfig) -> tuple[str, ...]:
    """The fields that act on `base` and have a range of their own to vary over, in their order."""
    return tuple(name for name in RunConfig.model_fields if applies(name, base) and _has_range(name, base))


def parse_range(name: str, text: str, base: RunConfig) -> Range | Choices:
    """A range as text: `LOW..HIGH`, `LOW..HIGH:log`, `A,B,C`, or nothing for the field's own. Raises `ConfigError`."""
    if name not in RunConfig.model_fields:
        parse(name, text)  # which says so
    if not text.strip():
        return default_range(name, base)
    match = re.fullmatch(r"\s*(.+?)\.\.(.+?)(:log)?\s*", text)
    if not match:
        return span_of(name, {"choices": tuple(parse(name, part.strip()) for part in text.split(","))})
    low, high = (parse(name, part.strip()) for part in match.groups()[:2])
    if not all(isinstance(end, int | float) and not isinstance(end, bool) for end in (low, high)):
        raise ConfigError({name: f"received {text!r}, expected LOW..HIGH in numbers, or values separated by commas"})
    return span_of(name, {"low": low, "high": high, "log": bool(match[3])})


def misfit(name: str, span: Range | Choices, base: RunConfig) -> str | None:
    """Why the field cannot take all these values; None if it can."""
    if isinstance(span, Range):
        if RunConfig.model_fields.get(name) and not _is_number(name):
            return "is not a number; list the values to be tried instead of a range"
        if not (span.low < span.high) or (span.log and span.low <= 0):
            expected = "low below high, both above 0" if span.log else "low below high"
            return f"received {span.low}..{span.high}, expected {expected}"
    elif len(set(map(repr, span.choices))) < len(span.choices):
        return "a value is listed twice"
    for value in span.ends:
        try:
            base.changed(**{name: value})
        except ConfigError as error:
            return error.problems.get(name, str(error))
    return None


def _is_number(name: str) -> bool:
    return RunConfig.model_fields[name].annotation in (int, float, int | None)


def is_whole(name: str) -> bool:
    return RunConfig.model_fields[name].annotation in (int, int | None)


def values_of(span: Range | Choices) -> Iterator[Any]:
    """All values, where they are whole numbers or listed."""
    return iter(span.choices) if isinstance(span, Choices) else iter(range(span.low, span.high + 1))


def n_values(span: Range | Choices) -> int:
    """How many `values_of` gives."""
    return len(span.choices) if isinstance(span, Choices) else span.high - span.low + 1


def _valid_choices(name: str, base: RunConfig, candidates: list[Any]) -> Choices:
    valid = tuple(value for value in candidates if misfit(name, Choices(choices=(value,)), base) is None)
    return Choices(choices=valid)


def _decimal_range(value: float, maximum: float) -> tuple[float, float]:
    """Ten times less to ten times more; where that leaves the field's range, its share of what is left."""
    if value == 0:
        return 0.0, maximum / 50
    return value / 10, value * 10 if value * 10 <= maximum else value + 0.9 * (maximum - value)


def _nearest_valid(name: str, base: RunConfig, value: Any) -> Any:
    """The value itself, or the one in `base` where others do not fit it."""
    return value if misfit(name, Choices(choices=(value,)), base) is None else getattr(base, name)


def _has_range(name: str, base: RunConfig) -> bool:
    try:
        return misfit(name, default_range(name, base), base) is None
    except (ConfigError, ValidationError):
        return False


def drawing_order(names: Iterable[str]) -> list[str]:
    """First the switches, so that it is known of the others whether they act."""
    names = list(names)
    return [name for name in SWITCHES if name in names] + [name for name in names if name not in SWITCHES]
