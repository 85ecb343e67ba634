"""Reads uploaded files in a process of its own: python -m dec_core.data.reading_process FOLDER.

`dec_core.data.isolated` starts it, puts the files and `request.json` into the folder and waits for `answer.json`
and the arrays `images.npy` and `y.npy`. It ends, and takes the folder along, when its standard input is closed.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import sys
import threading
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from dec_core.data.errors import NO_MEMORY, DataError, no_room
from dec_core.data.limits import Limits
from dec_core.data.own import Allowance, keep
from dec_core.data.uploads import read_files

ROOM = 10_000_000  # bytes that a file it writes may have beyond the images


@dataclass(frozen=True)
class Request:
    """What is to be read: names of the files, which lie in the folder as 0, 1, ...

    `keep_in` is a folder of runs, `owner` and `most` as of `own.keep`.
    """

    names: list[str]
    skip_unreadable: bool
    at_least: int
    limits: dict[str, float]
    keep_in: str | None
    owner: str = ""
    most: dict[str, int] | None = None


@dataclass(frozen=True)
class Answer:
    """What was read, the arrays in files beside it; or only the error."""

    name: str = ""  # under which it is kept, if it was to be, else that of the file
    notes: tuple[str, ...] = ()
    classes: tuple[str, ...] = ()
    error: str = ""


def main(folder: Path) -> int:
    """Answer the request in a folder. Returns the exit code, 0 where there is an answer."""
    request = Request(**json.loads((folder / "request.json").read_text(encoding="utf-8")))
    limits = Limits(**request.limits)
    threading.Thread(target=_end_with_parent, args=(folder,), daemon=True).start()
    _limit_this_process(limits)
    try:
        answer = _read(folder, request, limits)
    except DataError as error:
        answer = Answer(error=str(error))
    except MemoryError:
        answer = Answer(error=f"{request.names[0][:200]}: {NO_MEMORY}")
    except OSError as error:  # of the disk: what is wrong with the files is a DataError
        answer = Answer(error=f"the data cannot be stored: {no_room(error)}")
    (folder / "answer.json").write_text(json.dumps(asdict(answer)), encoding="utf-8")
    return 0


def _read(folder: Path, request: Request, limits: Limits) -> Answer:
    files = [(name, (folder / str(i)).read_bytes()) for i, name in enumerate(request.names)]
    reading = read_files(files, skip_unreadable=request.skip_unreadable, at_least=request.at_least, limits=limits)
    dataset = reading.dataset
    if request.keep_in is not None:
        most = Allowance(**request.most) if request.most else None
        return Answer(keep(dataset, Path(request.keep_in), request.owner, most), reading.notes, dataset.classes)
    np.save(folder / "images.npy", dataset.images)
    if dataset.y is not None:
        np.save(folder / "y.npy", dataset.y)
    return Answer(dataset.name, reading.notes, dataset.classes)


def _limit_this_process(limits: Limits) -> None:
    try:
        import resource
    except ImportError:  # Windows: the time alone is limited
        return
    for kind, value in ((resource.RLIMIT_AS, limits.memory), (resource.RLIMIT_FSIZE, limits.n_values + ROOM)):
        _, hard = resource.getrlimit(kind)
        with contextlib.suppress(ValueError, OSError):  # macOS refuses some: the time is limited all the same
            resource.setrlimit(kind, (value if hard == resource.RLIM_INFINITY else min(value, hard), hard))


def _end_with_parent(folder: Path) -> None:
    while os.read(0, 1):  # not sys.stdin, whose lock must be free when Python ends
        pass
    shutil.rmtree(folder, ignore_errors=True)
    os._exit(1)


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
