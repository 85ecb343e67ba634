"""What fields of a config are made of: groups, names of data sets, lists of numbers, and how a field is declared."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

GROUPS = ("Data", "Architecture", "Pretraining", "Clustering")
BUNDLED = {  # number and shape of the images
    "mnist": (70_000, (28, 28)),
    "digits": (1_797, (8, 8)),
    "mnist-unbalanced": (38_139, (28, 28)),
}
AUTO = "auto"  # for a number of clusters: as many as there are groups (dec_core.analysis.how_many)
OWN_DATA = "own-"  # prefix of the names of people's own data sets

Optimizer = Literal["sgd", "adam", "adadelta"]


def whole_numbers(text: str) -> tuple[int, ...]:
    """The numbers of "500, 500, 2000" or "500-500-2000". Raises ValueError."""
    try:
        return tuple(int(part) for part in text.replace("-", ",").split(",") if part.strip())
    except ValueError:
        raise ValueError("expected whole numbers separated by commas, as in 500, 500, 2000") from None


def _layers(value: Any) -> Any:
    """Accept text (of a form, the command line) and a list (of JSON) wherever a tuple of integers is meant."""
    if isinstance(value, str):
        return whole_numbers(value)
    return tuple(value) if isinstance(value, list) else value


def _dataset(name: Any) -> Any:
    if isinstance(name, str) and name not in BUNDLED and not name.startswith(OWN_DATA):
        raise ValueError(f"expected {', '.join(BUNDLED)}, or the name of your own dataset, {OWN_DATA}...")
    return name


def setting(default: Any, group: str, label: str, help: str, *, advanced: bool = False, **limits: Any) -> Any:
    """A field with all that is shown of it; `limits` are pydantic's."""
    extra = {"group": group, "label": label, "advanced": advanced}
    return Field(default, description=help, json_schema_extra=extra, **limits)


Units = Annotated[int, Field(ge=2, le=4096, strict=True)]
Filters = Annotated[int, Field(ge=1, le=512, strict=True)]
Layers = BeforeValidator(_layers)
DatasetName = Annotated[str, BeforeValidator(_dataset)]
