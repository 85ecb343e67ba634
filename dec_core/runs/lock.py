"""Who may train a run: one process at a time, by a lock of the operating system, which a dead process does not keep.

A status says who trains, but two programs that read it at the same moment both find that nobody does. So whoever sets
out to train a run, or changes who does, holds its lock: from before TensorFlow is imported until the last status.
"""

from __future__ import annotations

import contextlib
import errno
import os
import platform
import time
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from dec_core.runs.folder import RunFolder

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None
    import msvcrt

NAME = "train.lock"
FAR = 2**30  # the byte that Windows locks: beyond the text, which others may read
RETRY_EVERY = 0.05  # seconds
NO_LOCKS = (errno.ENOTSUP, errno.ENOSYS, errno.ENOLCK)  # from file systems that know none


class RunIsTaken(ValueError):
    """Another process trains the run."""


@contextlib.contextmanager
def training_lock(folder: RunFolder, patience: float = 0.0) -> Iterator[None]:
    """Hold the run's lock; it is released at the end, or by the system if this process dies.

    Parameters
    ----------
    folder : RunFolder
    patience : float
        Seconds in which the lock may become free.

    Raises
    ------
    RunIsTaken
        If another process, or another holder in this one, has it.
    OSError
        If the folder cannot be written to.
    """
    with contextlib.ExitStack() as held:
        try:
            held.enter_context(file_lock(folder.path / NAME, patience))
        except TimeoutError as error:
            raise RunIsTaken(f"run: {folder.path} is being trained by {error}; stop it there, or wait") from None
        yield


@contextlib.contextmanager
def file_lock(path: Path, patience: float = 0.0) -> Iterator[None]:
    """Hold the lock of a file, which is made if it is missing; as `training_lock`.

    Raises
    ------
    TimeoutError
        If another has it for longer than `patience` seconds; it says who.
    OSError
        If the file cannot be written to.
    """
    with path.open("ab+") as file:
        until = time.monotonic() + patience
        while not _is_locked(file):
            if time.monotonic() >= until:
                raise TimeoutError(_holder(file))
            time.sleep(RETRY_EVERY)
        _sign(file)
        yield


def _is_locked(file: BinaryIO) -> bool:
    """Whether the lock is now this file's. Closing the file releases it."""
    try:
        if fcntl:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        else:
            file.seek(FAR)
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        return True
    except OSError as error:
        if error.errno in NO_LOCKS:
            return True
        if error.errno in (errno.EAGAIN, errno.EACCES, errno.EDEADLK):
            return False
        raise


def _sign(file: BinaryIO) -> None:
    """Write down who holds it, for the error message of others."""
    with contextlib.suppress(OSError):  # a full disk does not keep anybody from the lock
        file.truncate(0)
        file.write(f"process {os.getpid()} on {platform.node()}".encode())
        file.flush()


def _holder(file: BinaryIO) -> str:
    file.seek(0)
    return file.read(200).decode(errors="replace") or "another process"
