"""The fields of a config as data: for a form, a link, a command line or a table of them."""

from __future__ import annotations

from functools import cache
from typing import Any

from dec_core.config import BUNDLED, ConfigError, RunConfig, applies, unknown_field


@cache
def fields() -> dict[str, dict[str, Any]]:
    """Per field: label, short (the label without what stands in brackets), group, help, default, advanced, and where
    they apply minimum, maximum, choices.

    Made once, for all who ask: not to be changed.
    """
    schema = RunConfig.model_json_schema()["properties"]
    return {name: _describe(name, schema[name]) for name in RunConfig.model_fields}


def field_title(name: str) -> str:
    """A field's short label, with its group where another field has the same: "Clustering: learning rate"."""
    described = fields()
    label, group = described[name]["short"], described[name]["group"]
    shared = sum(other["short"] == label for other in described.values()) > 1
    return f"{group}: {label[0].lower()}{label[1:]}" if shared else label


def _describe(name: str, schema: dict[str, Any]) -> dict[str, Any]:
    numbers = next((part for part in schema.get("anyOf", []) if part.get("type") == "integer"), schema)
    described = {key: schema[key] for key in ("label", "group", "advanced")}
    described["short"] = described["label"].partition(" (")[0]
    described |= {"help": schema["description"], "default": RunConfig.model_fields[name].default}
    limits = {"minimum": "minimum", "exclusiveMinimum": "minimum", "maximum": "maximum", "exclusiveMaximum": "maximum"}
    described |= {target: numbers[source] for source, target in limits.items() if source in numbers}
    choices = list(BUNDLED) if name == "dataset" else schema.get("enum")
    return described | ({"choices": choices} if choices else {})


def parse(name: str, text: str) -> Any:
    """The value of field `name` written as text (a link, the command line); validation comes after.

    Raises
    ------
    ConfigError
        If there is no such field.
    """
    if name not in RunConfig.model_fields:
        raise ConfigError({name: unknown_field(name)})
    if RunConfig.model_fields[name].annotation is bool:
        return {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}.get(text.lower(), text)
    if RunConfig.model_fields[name].annotation in (int, float, int | None) and text.strip():
        try:
            number = float(text)
            return (
                int(number) if number.is_integer() and RunConfig.model_fields[name].annotation is not float else number
            )
        except (ValueError, OverflowError):
            return text
    return None if name == "n_samples" and not text.strip() else text


def pretraining_of(config: RunConfig) -> dict[str, Any]:
    """The fields that decide what pretraining arrives at: runs that agree in them can share an autoencoder."""
    groups = {name: field["group"] for name, field in fields().items()}
    alone = config.changed(method="autoencoder")  # so that only what acts on the autoencoder counts
    names = [n for n, group in groups.items() if group != "Clustering" and n != "method" and applies(n, alone)]
    return {name: getattr(config, name) for name in names}
