"""A config, from any file that holds one: config.json, a report or a notebook made by `python -m dec_core export`.

What kind of file it is shows in its content; nothing in it is run.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from typing import Any

from dec_core.config import ConfigError, RunConfig
from dec_core.json_text import parse_json

EMBEDDED = re.compile(r'<script type="application/json" id="dec-config[^"<>]*">([^<]*)</script>')
EXPECTED = "expected a config.json, or a report or notebook that this program has exported"


def configs_in(name: str, content: bytes) -> list[RunConfig]:
    """All configs that a file holds, in its order, at least one.

    Of a notebook it is what `RunConfig.make` is called with in its cells, so that what was changed in it counts.

    Parameters
    ----------
    name : str
        The file's, for errors.
    content : bytes

    Raises
    ------
    ConfigError
        If it is no such file, damaged, or made by another version, with fields that this one does not know; or if a
        config cannot be run.
    """
    try:
        text = content.decode("utf-8-sig")
        configs = [_checked(name, values) for values in _values(name, text)]
    except UnicodeDecodeError:
        raise ConfigError({"config": f"{name} is not text in UTF-8; {EXPECTED}"}) from None
    except RecursionError:
        raise ConfigError({"config": f"{name} is nested too deeply to be a config; {EXPECTED}"}) from None
    if not configs:
        raise ConfigError({"config": f"{name} holds no config; {EXPECTED}"})
    return configs


def _values(name: str, text: str) -> Iterator[Any]:
    """The fields of each config, unchecked."""
    if not text.lstrip().startswith("{"):
        yield from (_json(name, embedded) for embedded in EMBEDDED.findall(text))
        return
    values = _json(name, text)
    if "cells" in values:
        yield from _made_in(values["cells"])
    elif values:
        yield values


def _json(name: str, text: str) -> Any:
    try:
        return parse_json(text)
    except ValueError as error:
        raise ConfigError({"config": f"{name} is damaged; expected JSON, but {error}"}) from None


def _made_in(cells: Any) -> Iterator[dict[str, Any]]:
    """What `RunConfig.make` is called with in the code of a notebook's cells, where that is written out."""
    for cell in cells if isinstance(cells, list) else []:
        source = cell.get("source") if isinstance(cell, dict) and cell.get("cell_type") == "code" else None
        lines = source if isinstance(source, list) else [source]
        code = "".join(line for line in lines if isinstance(line, str))
        try:
            calls = [node for node in ast.walk(ast.parse(code)) if isinstance(node, ast.Call)]
        except (SyntaxError, ValueError, MemoryError):
            continue  # a cell that is not Python alone
        for call in calls:
            if ast.unparse(call.func) == "RunConfig.make" and not call.args:
                yield {keyword.arg or "**": _literal(keyword) for keyword in call.keywords}


def _literal(keyword: ast.keyword) -> Any:
    try:
        return ast.literal_eval(keyword.value)
    except (ValueError, TypeError, SyntaxError, MemoryError):
        written = f"{keyword.arg}={ast.unparse(keyword.value)}"[:60]
        raise ConfigError(
            {"config": f"received {written!r}, expected fields written out, as in latent_dim=10"}
        ) from None


def _checked(name: str, values: Any) -> RunConfig:
    if not isinstance(values, dict):
        raise ConfigError({"config": f"{name} holds {str(values)[:40]!r}; expected an object of fields"})
    unknown = [str(field)[:40] for field in values if field not in RunConfig.model_fields]
    if unknown and len(unknown) == len(values):
        raise ConfigError({"config": f"{name} holds no config; {EXPECTED}"})
    if unknown:
        fields = f"the field {unknown[0]!r}" if len(unknown) == 1 else f"the fields {', '.join(map(repr, unknown))}"
        advice = "correct it, or update dec_core if the file is of a newer one"
        raise ConfigError({"config": f"{name} has {fields}, which this version does not know; {advice}"})
    return RunConfig.make(**values)
