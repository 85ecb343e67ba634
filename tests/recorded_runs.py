"""Runs that a test records, or copies to change them."""

import shutil
from pathlib import Path

from dec_core.config import RunConfig
from dec_core.runs.folder import RunFolder


def copied(folder: RunFolder, root: Path, **changes) -> RunFolder:
    """A copy that may be changed, of another config."""
    copy = RunFolder(root / folder.id)
    shutil.copytree(folder.path, copy.path)
    copy.write(copy.path / "config.json", lambda file: file.write(folder.config.changed(**changes).to_json().encode()))
    return copy


def recorded(root: Path, config: RunConfig) -> RunFolder:
    from dec_core.work.recorder import record

    folder = RunFolder.create(root, config, "running")
    for _ in record(folder):
        pass
    return folder
