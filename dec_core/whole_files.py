"""Files that are written as a whole or not at all."""

from __future__ import annotations

import errno
import os
import secrets
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, BinaryIO

FULL = (errno.ENOSPC, errno.EDQUOT)  # the numbers of an OSError where there is no room on the disk


def write_whole(path: Path, fill: Callable[[BinaryIO], Any]) -> None:
    """Write a file as a whole or not at all: to a temporary name, then renamed. Raises OSError.

    Parameters
    ----------
    path : Path
    fill : function
        Called with the file, opened for writing bytes.
    """
    temporary = path.with_name(f"{path.name}.{os.getpid()}-{secrets.token_hex(4)}.tmp")
    try:
        with temporary.open("wb") as file:
            fill(file)
        _replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


def _replace(source: Path, target: Path, tries: int = 20) -> None:
    """os.replace; on Windows a reader may hold the target open for a moment."""
    for tries_left in reversed(range(tries)):
        try:
            return os.replace(source, target)
        except PermissionError:
            if not tries_left:
                raise
            time.sleep(0.02)
