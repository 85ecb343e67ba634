"""Presets of one's own: configs that have proved themselves, by name, in presets.json beside the runs."""

from __future__ import annotations

import json
import re
from pathlib import Path

from dec_core.config import ConfigError, RunConfig
from dec_core.presets import PRESETS
from dec_core.runs.folder import RunFolder

NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")


def own_presets(root: Path) -> dict[str, RunConfig]:
    """Those that are kept beside the runs below `root`; damaged ones are left out."""
    try:
        told = json.loads((Path(root) / "presets.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    found = {}
    for name, values in told.items() if isinstance(told, dict) else ():
        try:
            found[name] = RunConfig.from_json(json.dumps(values))
        except ConfigError:
            continue
    return found


def keep_preset(root: Path, name: str, config: RunConfig) -> None:
    """Keep a config under a name; one of that name that was kept before gives way. The seed goes back to 0.

    Raises
    ------
    ValueError
        If the name is that of a preset that comes along, or is not lower-case letters, digits and hyphens.
    """
    if not NAME.fullmatch(name):
        raise ValueError(f"name: received {name!r}, expected up to 40 lower-case letters, digits and hyphens")
    if name in PRESETS:
        raise ValueError(f"name: {name} is a preset that comes along; choose another name")
    kept = own_presets(root) | {name: config.changed(random_state=0)}
    text = json.dumps({name: config.model_dump(mode="json") for name, config in kept.items()}, indent=2)
    RunFolder.write(Path(root) / "presets.json", lambda file: file.write(text.encode()))
