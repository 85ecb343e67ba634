"""A user's own presets: configs by name, in presets.json in the folder of runs; a visitor's in a file of theirs."""

from __future__ import annotations

import json
import os
import re
import threading
from pathlib import Path
from typing import Any

from dec_core.config import ConfigError, RunConfig
from dec_core.json_text import read_json
from dec_core.presets import PRESETS
from dec_core.runs.folder import OWNER, RunFolder

_writing = threading.Lock()
NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")


def own_presets(root: Path, owner: str = "") -> dict[str, RunConfig]:
    """The presets that a visitor, or where there are none the server, keeps in the folder `root` of the runs.

    Damaged ones are left out.
    """
    path = _file(root, owner)
    try:
        stored = _kept(path)
    except ValueError:
        return {}
    presets = {}
    for name, values in stored.items():
        if not NAME.fullmatch(name):
            continue
        try:
            presets[name] = RunConfig.make(**values)
        except (ConfigError, TypeError):  # of another version; or no fields at all
            continue
    return presets


def keep_preset(root: Path, name: str, config: RunConfig, owner: str = "") -> None:
    """Keep a config under a name. The seed goes back to 0.

    Raises
    ------
    ValueError
        If there is a preset of that name, if the name is not lower-case letters, digits and hyphens, or if the file
        of the presets is damaged.
    """
    if not NAME.fullmatch(name):
        raise ValueError(f"name: received {name!r}, expected up to 40 lower-case letters, digits and hyphens")
    if name in PRESETS:
        raise ValueError(f"name: {name} is a preset that comes along; choose another name")
    with _writing:
        path = _file(root, owner)
        kept = _kept(path)
        if name in kept:
            raise ValueError(f"name: there is a preset {name} already; choose another name")
        text = json.dumps(kept | {name: config.changed(random_state=0).model_dump(mode="json")}, indent=2)
        path.parent.mkdir(parents=True, exist_ok=True)
        RunFolder.write(path, lambda file: file.write(text.encode()))


def _file(root: Path, owner: str) -> Path:
    """Raises ValueError for an owner who is none."""
    if owner and not OWNER.fullmatch(owner):
        raise ValueError(f"owner: received {owner[:80]!r}, expected up to 64 letters, digits, hyphens, underscores")
    return Path(root) / ".presets" / f"{owner}.json" if owner else Path(root) / "presets.json"


def _kept(path: Path) -> dict[str, Any]:
    """The content of the file, including what this version cannot read. Raises ValueError where it is damaged."""
    if not os.path.lexists(path):
        return {}
    try:
        stored = read_json(path)
    except ValueError:
        stored = None
    if not isinstance(stored, dict):
        raise ValueError(f"presets: {path.name} is damaged; mend it or move it away, so that nothing in it is lost")
    return stored
