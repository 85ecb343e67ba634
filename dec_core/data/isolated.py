"""Read uploaded files outside the web process, with limits on memory and time.

The process that reads (`dec_core.data.reading_process`) leaves finished images, which are opened here as they lie
on disk. Few are at work at a time, the others wait; none outlives the call that wants its answer.
"""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path

import numpy as np
import psutil

from dec_core.data.dataset import Dataset
from dec_core.data.errors import NO_MEMORY, DataError, no_room, printable
from dec_core.data.limits import LIMITS, Limits
from dec_core.data.own import Allowance
from dec_core.data.readers import MIN_IMAGES, Reading
from dec_core.data.reading_process import Answer, Request

AT_ONCE = 2  # processes that read at a time
POLL = 0.1  # seconds
ONE_THREAD = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}  # each thread of theirs takes address space
READ = "dec_core.data.reading_process"

Files = list[tuple[str, bytes]]

_slots = threading.BoundedSemaphore(AT_ONCE)


@contextmanager
def read_isolated(
    files: Files,
    *,
    skip_unreadable: bool = False,
    at_least: int = MIN_IMAGES,
    limits: Limits = LIMITS,
    while_waiting: Callable[[], None] = lambda: None,
) -> Iterator[Reading]:
    """Read (name, bytes) of files as `uploads.read_files` does; the images lie on disk until the block ends.

    Parameters
    ----------
    files, skip_unreadable, at_least, limits
        As of `uploads.read_files`.
    while_waiting : function
        Called several times a second; whatever it raises ends the reading.

    Yields
    ------
    Reading
        `dataset.images` is a memory map, to be read within the block alone.

    Raises
    ------
    DataError
        For files that cannot be used, and where reading takes too much memory or time.
    """
    with _answered(files, skip_unreadable, at_least, limits, while_waiting, None) as (folder, answer):
        y = np.load(folder / "y.npy") if (folder / "y.npy").exists() else None
        images = np.load(folder / "images.npy", mmap_mode="r")
        yield Reading(Dataset(answer.name, images, y, answer.classes), answer.notes)


def keep_isolated(
    files: Files,
    root: Path,
    *,
    skip_unreadable: bool = False,
    limits: Limits = LIMITS,
    while_waiting: Callable[[], None] = lambda: None,
    owner: str = "",
    most: Allowance | None = None,
) -> str:
    """Read files and keep them below `root`, both in a process of its own; the name under which `own.find` has them.

    Parameters and errors are those of `read_isolated`, `owner` and `most` those of `own.keep`.
    """
    with _answered(files, skip_unreadable, MIN_IMAGES, limits, while_waiting, root, owner, most) as (_, answer):
        return answer.name


def run_limited(
    command: list[str],
    seconds: float,
    errors: Path,
    while_waiting: Callable[[], None] = lambda: None,
    slots: threading.Semaphore = _slots,
    environment: Mapping[str, str] = os.environ,
) -> int:
    """Run a command when one of the `slots` is free, and wait for it; its exit code.

    What it writes on standard error goes into the file `errors`. Its standard input is open for as long as it is
    wanted. However this ends, the command and all that it started have ended, too.

    Raises
    ------
    TimeoutError
        If it takes longer than `seconds`.
    """
    while not slots.acquire(timeout=POLL):
        while_waiting()
    try:
        with errors.open("wb") as output:
            process = subprocess.Popen(
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                stderr=output,
                cwd=Path(__file__).parents[2],
                env=environment,
            )
        try:
            return _wait(process, seconds, while_waiting)
        finally:
            _end(process)
    finally:
        slots.release()


@contextmanager
def _answered(
    files: Files,
    skip_unreadable: bool,
    at_least: int,
    limits: Limits,
    while_waiting: Callable[[], None],
    keep_in: Path | None,
    owner: str = "",
    most: Allowance | None = None,
) -> Iterator[tuple[Path, Answer]]:
    """The folder in which the process worked, and its answer. Raises DataError."""
    names = [name for name, _ in files]
    limits.check_bytes(_called(names), sum(len(data) for _, data in files))  # before they are written
    root = None if keep_in is None else str(keep_in.resolve())
    allowed = asdict(most) if most else None
    request = Request(names, skip_unreadable, at_least, asdict(limits), root, owner, allowed)
    with tempfile.TemporaryDirectory(prefix="dec-reading-", ignore_cleanup_errors=True) as temporary:
        folder = Path(temporary)
        try:
            for i, (_, data) in enumerate(files):
                (folder / str(i)).write_bytes(data)
            (folder / "request.json").write_text(json.dumps(asdict(request)), encoding="utf-8")
        except OSError as error:
            raise DataError(f"{_called(names)}: cannot be stored: {no_room(error)}") from None
        yield folder, _answer(folder, _called(names), limits, while_waiting)


def _answer(folder: Path, name: str, limits: Limits, while_waiting: Callable[[], None]) -> Answer:
    command = [sys.executable, "-m", READ, str(folder)]
    try:
        code = run_limited(
            command, limits.seconds, folder / "errors.txt", while_waiting, environment=os.environ | ONE_THREAD
        )
    except TimeoutError:
        raise DataError(
            f"{name}: received what takes more than {limits.seconds:g} s to read; use fewer or smaller images"
        ) from None
    if code < 0:  # killed, by the system that runs out of memory or for what a library did
        raise DataError(f"{name}: {NO_MEMORY}")
    if code:
        last = (folder / "errors.txt").read_text(encoding="utf-8", errors="replace").strip().rpartition("\n")[2]
        raise DataError(f"{name}: received what cannot be read ({printable(last)[:200]}); save it again")
    content = json.loads((folder / "answer.json").read_text(encoding="utf-8"))
    answer = Answer(content["name"], tuple(content["notes"]), tuple(content["classes"]), content["error"])
    if answer.error:
        raise DataError(answer.error)
    return answer


def _called(names: list[str]) -> str:
    return names[0][-200:] if len(names) == 1 else f"{len(names)} files"


def _wait(process: subprocess.Popen, seconds: float, while_waiting: Callable[[], None]) -> int:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        with contextlib.suppress(subprocess.TimeoutExpired):
            return process.wait(POLL)
        while_waiting()
    raise TimeoutError


def _end(process: subprocess.Popen) -> None:
    """Kill it and all that it started; nothing if it has ended."""
    if process.poll() is None:
        with contextlib.suppress(psutil.NoSuchProcess):
            for child in psutil.Process(process.pid).children(recursive=True):
                with contextlib.suppress(psutil.NoSuchProcess):
                    child.kill()
        process.kill()
    process.wait()
    process.stdin.close()
