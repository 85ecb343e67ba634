"""Queued runs on disk: whose server has ended, and whose lives."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path

from dec_core.runs.folder import RunFolder, list_runs
from dec_core.runs.lock import RunIsTaken, training_lock
from dec_core.runs.status import new_attempt


def take_over_queued(root: Path) -> Iterator[RunFolder]:
    """The runs below `root` that were waiting when an earlier server ended, in their order, now of this one."""
    statuses = {folder.path: folder.status_as_written for folder in list_runs(root)}
    waiting = [path for path, status in statuses.items() if status.state == "queued"]
    for path in sorted(waiting, key=lambda path: statuses[path].queued or statuses[path].created):
        folder = RunFolder(path)
        with contextlib.suppress(OSError, RunIsTaken), training_lock(folder):
            status = folder.status_as_written
            if status.state == "queued" and folder.status.state == "interrupted":  # nobody waits for it any more
                folder.set_status(replace(status, **{**new_attempt(), "queued": status.queued}))
                yield folder


def touch(queued: Iterable[RunFolder]) -> None:
    """Refresh the status of queued runs, so that other machines know that they still wait."""
    for folder in queued:
        with contextlib.suppress(OSError):  # the folder may be gone
            if folder.status.state == "queued":
                folder.set_status(folder.status)
