"""A run's folder, carried to another machine in numbered pieces while it grows.

Files that grow are carried from where they were left, the others as a whole whenever they have been replaced. In what
order says what they depend on: a record comes after the snapshot that it names, a checkpoint after the records before
it, the status last. So what has arrived, be it at any moment, is what a killed worker could have left on its own disk.
"""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from dec_core.whole_files import write_whole

GROWING = ("events.jsonl", "worker.log")
AFTER_RECORDS = ("checkpoint.npz", "pretrained.npz")
STATUS = "status.json"
NOT_CARRIED = ("train.lock", "marks.json", "share.json")
NAME = re.compile(r"(snapshots/)?[A-Za-z0-9_-][A-Za-z0-9_.-]*|\.\./\.data/[a-z0-9-]{1,100}\.npz")
PIECE = 2**20  # bytes
MOST_AT_A_TIME = 8 * PIECE

Kind = Literal["append", "part", "whole", "gone"]
Unnumbered = tuple[str, Kind, bytes, int]


@dataclass(frozen=True)
class Piece:
    """A part of one file.

    Attributes
    ----------
    number : int
        Its place among all pieces, from 0 on.
    name : str
        Of the file, below the folder.
    kind : str
        "append": bytes from `offset` on; "part" and "whole": the next bytes, and the last, of a file that is replaced;
        "gone": the file was deleted.
    data : bytes
    offset : int
    """

    number: int
    name: str
    kind: Kind
    data: bytes = b""
    offset: int = 0


class Source:
    """What has changed in a folder, in pieces.

    Parameters
    ----------
    folder : Path
    others : mapping of str to Path
        Files from elsewhere that are carried along, once, by the names under which they arrive.
    """

    def __init__(self, folder: Path, others: Mapping[str, Path] | None = None):
        self._folder, self._others = Path(folder), dict(others or {})
        self._sizes: dict[str, int] = {}  # of growing files, as far as they were read
        self._versions: dict[str, tuple[int, int, int]] = {}  # of the others: which file it was
        self._waiting: list[Piece] = []
        self._n_pieces = 0

    def skip_present(self) -> None:
        """What is there now has come from the other side."""
        self._changes()

    def pieces(self, n_taken: int) -> list[Piece]:
        """The next pieces after the first `n_taken`, which have arrived; none if nothing has changed."""
        self._waiting = [piece for piece in self._waiting if piece.number >= n_taken]
        if not self._waiting:
            self._waiting = [Piece(self._n_pieces + i, *change) for i, change in enumerate(self._changes())]
            self._n_pieces += len(self._waiting)
        return list(_up_to(self._waiting, MOST_AT_A_TIME))

    def _changes(self) -> list[Unnumbered]:
        """All that has changed. What depends on other files is read before them, and carried after them."""
        gone = [name for name in [*self._sizes, *self._versions] if not (self._folder / name).exists()]
        status = self._replaced(STATUS)
        late = [part for name in AFTER_RECORDS for part in self._replaced(name)]
        grown = [part for name in GROWING for part in self._grown(name)]
        early = [part for name in self._names() for part in self._replaced(name)]
        for name in gone:
            self._sizes.pop(name, None)
            self._versions.pop(name, None)
        from_elsewhere = [part for name, path in self._others.items() for part in _whole(name, path.read_bytes())]
        self._others = {}
        return [*from_elsewhere, *early, *grown, *late, *status, *((name, "gone", b"", 0) for name in gone)]

    def _names(self) -> list[str]:
        """Files that are replaced and on which records may depend."""
        paths = [*self._folder.iterdir(), *(self._folder / "snapshots").glob("*")]
        names = [path.relative_to(self._folder).as_posix() for path in sorted(paths) if not path.is_dir()]
        special = (*GROWING, *AFTER_RECORDS, STATUS, *NOT_CARRIED)
        return [name for name in names if name not in special and not name.endswith(".tmp")]

    def _grown(self, name: str) -> list[Unnumbered]:
        start = self._sizes.get(name, 0)
        with contextlib.suppress(FileNotFoundError), (self._folder / name).open("rb") as file:
            file.seek(start)
            data = file.read()
            self._sizes[name] = start + len(data)
            return [(name, "append", data[i : i + PIECE], start + i) for i in range(0, len(data), PIECE)]
        return []

    def _replaced(self, name: str) -> list[Unnumbered]:
        with contextlib.suppress(FileNotFoundError), (self._folder / name).open("rb") as file:
            stat = os.fstat(file.fileno())  # of the file that is read, whatever takes its name meanwhile
            version = stat.st_ino, stat.st_mtime_ns, stat.st_size
            if self._versions.get(name) != version:
                self._versions[name] = version
                return _whole(name, file.read())
        return []


class Target:
    """A folder that receives pieces, in whatever order they come, each as often as it comes.

    Parameters
    ----------
    folder : Path
    hooks : mapping of str to callable
        For files that are not put into the folder as they are: each is given the whole content.

    Attributes
    ----------
    n_taken : int
        How many pieces, from the first on, have arrived without a gap and are on disk.
    """

    def __init__(self, folder: Path, hooks: Mapping[str, Callable[[bytes], None]] | None = None):
        self._folder, self._hooks = Path(folder), dict(hooks or {})
        self.n_taken = 0
        self._ahead: dict[int, Piece] = {}  # that came before one of lower number
        self._parts: list[bytes] = []  # of a file that has not arrived as a whole

    def take(self, pieces: Sequence[Piece]) -> None:
        """Write down what follows without a gap.

        Raises
        ------
        ValueError
            If a piece names a file that is none of a run's.
        OSError
            If the disk is full, or the folder is gone.
        """
        self._ahead |= {piece.number: piece for piece in pieces if piece.number >= self.n_taken}
        while self.n_taken in self._ahead:
            self._write(self._ahead.pop(self.n_taken))
            self.n_taken += 1

    def _write(self, piece: Piece) -> None:
        if not NAME.fullmatch(piece.name):
            raise ValueError(f"file: received {piece.name[:80]!r}, expected a file of a run; it was not written")
        path = self._folder / piece.name
        if piece.kind == "gone":
            path.unlink(missing_ok=True)
        elif piece.kind == "append":
            with path.open("r+b" if path.exists() else "wb") as file:
                file.seek(piece.offset)
                file.write(piece.data)
        else:
            self._parts.append(piece.data)
            if piece.kind == "whole":
                content, self._parts = b"".join(self._parts), []
                self._hooks.get(piece.name, lambda data: _put(path, data))(content)


def _put(path: Path, content: bytes) -> None:
    path.parent.mkdir(exist_ok=True)
    write_whole(path, lambda file: file.write(content))


def _whole(name: str, content: bytes) -> list[Unnumbered]:
    """A file that is replaced, in parts."""
    parts = [content[i : i + PIECE] for i in range(0, len(content), PIECE)] or [b""]
    return [(name, "part", part, 0) for part in parts[:-1]] + [(name, "whole", parts[-1], 0)]


def _up_to(pieces: Sequence[Piece], n_bytes: int) -> Iterator[Piece]:
    """The first pieces, of so many bytes together; one at least."""
    total = 0
    for piece in pieces:
        total += len(piece.data)
        if total > n_bytes and total > len(piece.data):
            return
        yield piece
