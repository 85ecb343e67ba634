"""What people write on a run: a name, a note, a star; and which runs they archive or remove.

marks.json in the run's folder, which nobody but they write. A run that is removed goes to `.removed` beside the runs,
from where it can be brought back for a week.
"""

from __future__ import annotations

import json
import os
import shutil
import time
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import Any

from dec_core.json_text import read_json
from dec_core.runs.folder import RunFolder
from dec_core.runs.status import ACTIVE

REMOVED = ".removed"
KEPT_FOR = 7 * 86_400.0  # seconds
MOST = {"name": 60, "note": 1000}  # letters


@dataclass(frozen=True)
class Marks:
    """`name` and `note` are free text, "" for none; an archived run is listed only on request."""

    name: str = ""
    note: str = ""
    star: bool = False
    archived: bool = False


def marks_of(folder: RunFolder) -> Marks:
    """What is written on a run; nothing where the file is missing or damaged."""
    try:
        values = read_json(folder.path / "marks.json")
    except ValueError:
        return Marks()
    if not isinstance(values, dict):
        return Marks()
    kinds = {field.name: type(field.default) for field in fields(Marks)}
    return Marks(**{name: values[name] for name, kind in kinds.items() if isinstance(values.get(name), kind)})


def mark(folder: RunFolder, **changes: Any) -> Marks:
    """Change what is written on a run; texts lose what is too long, and line breaks in a name.

    Raises
    ------
    TypeError
        For a mark that there is not.
    """
    for name, most in MOST.items():
        if name in changes:
            text = str(changes[name]).strip()
            changes[name] = (" ".join(text.split()) if name == "name" else text)[:most]
    marks = replace(marks_of(folder), **changes)
    text = json.dumps(asdict(marks), ensure_ascii=False)
    folder.write(folder.path / "marks.json", lambda file: file.write(text.encode()))
    return marks


def remove(folder: RunFolder) -> None:
    """Move a run to `.removed`; `bring_back` undoes it.

    Raises
    ------
    ValueError
        If it is under way.
    FileNotFoundError
        If it is gone, or was removed before.
    """
    if folder.status.state in ACTIVE:
        raise ValueError(f"run: {folder.id} is {folder.status.state}; stop it before it is removed")
    bin_ = folder.path.parent / REMOVED
    bin_.mkdir(exist_ok=True)
    os.utime(folder.path)  # from now on its week counts
    folder.path.rename(bin_ / folder.id)


def bring_back(root: Path, run_id: str) -> RunFolder:
    """Undo `remove`.

    Raises
    ------
    ValueError
        If it is not there: nobody removed it, or it was too long ago.
    """
    path = Path(root) / REMOVED / Path(run_id).name
    if not (path / "config.json").is_file():
        raise ValueError(f"run: {run_id!r} is not among those removed in the last days")
    path.rename(Path(root) / path.name)
    return RunFolder(Path(root) / path.name)


def removed_runs(root: Path) -> list[RunFolder]:
    """What can be brought back, removed last first."""
    bin_ = Path(root) / REMOVED
    paths = [path for path in bin_.iterdir() if (path / "config.json").is_file()] if bin_.is_dir() else []
    return [RunFolder(path) for path in sorted(paths, key=lambda path: (path.stat().st_mtime, path.name), reverse=True)]


def forget_removed(root: Path) -> None:
    """Delete what was removed more than a week ago."""
    bin_ = Path(root) / REMOVED
    for path in bin_.iterdir() if bin_.is_dir() else ():
        if time.time() - path.stat().st_mtime > KEPT_FOR:
            shutil.rmtree(path, ignore_errors=True)
