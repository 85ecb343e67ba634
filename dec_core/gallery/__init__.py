"""Recorded runs that come with the program: read only, opened like any run, never told otherwise than as recordings.

`python -m benchmarks gallery` makes them. A folder of runs shows them once `install` has put links to them there.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
from functools import cache
from pathlib import Path
from typing import Any

RUNS = Path(__file__).parent / "runs"
ABOUT = "about.json"  # in each: what was trained, on what, by which command, of what is kept
PREFIX = "gallery-"


def run_id(name: str) -> str:
    """The id of the run of a recording."""
    return PREFIX + name


def is_recording(run: str) -> bool:
    """Whether the run of this id is one that comes along."""
    return run.startswith(PREFIX) and (RUNS / run / ABOUT).is_file()


def recordings() -> list[str]:
    """Ids of all of them."""
    return sorted(path.name for path in RUNS.glob(f"{PREFIX}*") if is_recording(path.name))


def n_images(run: str) -> int:
    """How many images the recording of this id shows."""
    return _about(run)["shown"]


def n_trained_on(run: str) -> int:
    """How many images the recording of this id was trained on: more than it shows, if not all were kept."""
    return _about(run)["trained_on"]


@cache
def _about(run: str) -> dict[str, Any]:
    return json.loads((RUNS / run / ABOUT).read_text(encoding="utf-8"))


def install(root: Path) -> None:
    """Let the folder of runs `root` hold all recordings, by links, or copies where links cannot be made.

    What is there under their names stays, unless it is a link that leads nowhere. A folder that cannot be written to
    goes without.
    """
    for run in recordings():
        with contextlib.suppress(OSError):
            _put(RUNS / run, Path(root) / run)


def _put(recording: Path, place: Path) -> None:
    if place.is_symlink() and os.path.realpath(place) != str(recording.resolve()):
        place.unlink()  # of a program that has moved
    if place.exists() or place.is_symlink():
        return
    try:
        place.symlink_to(recording.resolve(), target_is_directory=True)
    except OSError:  # Windows without the right to make links
        shutil.copytree(recording, place)
