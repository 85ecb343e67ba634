"""What the instructor and the visitors of a room have set, apart from runs: nicknames, what is shown, prepared links.

One file, `.room/state.json` below the folder of runs, written as a whole and checked when it is read: a server that
starts again goes on with it. A damaged one says nothing: nobody has a nickname, nothing is shown.
"""

from __future__ import annotations

import os
import re
import secrets
import threading
from collections.abc import Callable
from dataclasses import asdict, dataclass, field, replace
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, TypeAdapter, ValidationError

from dec_core.json_text import read_json
from dec_core.runs.folder import OWNER
from dec_core.runs.lock import file_lock
from dec_core.runs.nickname import MAX_LETTERS, nickname
from dec_core.runs.room_files import private_folder
from dec_core.whole_files import write_whole

FILE, LOCK = "state.json", "state.lock"
PATIENCE = 10.0  # seconds for which another server may be writing
MOST_NAMES = 1000  # the newest
MOST_PREPARED = 100
MOST_RUNS = 10_000
RUN_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")

RunId = Annotated[str, Field(pattern=f"^{RUN_ID.pattern}$")]
Query = Annotated[dict[str, Annotated[str, Field(max_length=10_000)]], Field(max_length=60)]
_writing = threading.Lock()


@dataclass(frozen=True)
class Exhibit:
    """What the instructor shows to all.

    Attributes
    ----------
    page : str
        The screen.
    query : dict of str to str
        What its link asks for.
    runs : tuple of str
        Ids of the runs that are seen there: while they are shown, every visitor may see them.
    revealed : bool
        Of a lesson's step: whether all may see what came of its questions.
    """

    page: Annotated[str, Field(pattern="^[a-z]{1,20}$")]
    query: Query = field(default_factory=dict)
    runs: Annotated[tuple[RunId, ...], Field(max_length=100)] = ()
    revealed: bool = False


@dataclass(frozen=True)
class Prepared:
    """A link that the instructor has prepared: Train with a config, of which some fields may be moved.

    Attributes
    ----------
    title : str
    query : dict of str to str
        The config, as the link of Train says it.
    fields : tuple of str
        Names of those that may be moved; the others are not shown.
    """

    title: Annotated[str, Field(max_length=100)]
    query: Query
    fields: Annotated[tuple[str, ...], Field(max_length=100)]


@dataclass(frozen=True)
class RoomState:
    """What is set in a room.

    Attributes
    ----------
    names : dict of str to str
        Nicknames, by visitors' ids; whoever chose theirs last is last.
    projector : str
        The run on the projector, which every visitor may see meanwhile; "" for none.
    exhibit : Exhibit or None
        What the instructor shows to all.
    prepared : dict of str to Prepared
        Prepared links, by what their addresses name them.
    cleared : tuple of str
        Ids of the runs that were archived when the room was cleared last.
    cleared_answers : bool
        Whether answers and pins were laid aside then, and can be brought back.
    commanded : dict of str to str
        By ids of visitors' runs, what the instructor has told them: "stop" or "pause".
    """

    names: dict[str, Annotated[str, Field(max_length=MAX_LETTERS)]] = field(default_factory=dict)
    projector: RunId | Annotated[str, Field(pattern="^$")] = ""
    exhibit: Exhibit | None = None
    prepared: dict[str, Prepared] = field(default_factory=dict)
    cleared: Annotated[tuple[RunId, ...], Field(max_length=MOST_RUNS)] = ()
    cleared_answers: bool = False
    commanded: Annotated[dict[RunId, Literal["stop", "pause"]], Field(max_length=MOST_RUNS)] = field(
        default_factory=dict
    )

    @property
    def shown_to_all(self) -> frozenset[str]:
        """Ids of the runs that every visitor of the room may see now."""
        on_projector = (self.projector,) if self.projector else ()
        return frozenset((*on_projector, *(self.exhibit.runs if self.exhibit else ())))


STATE = TypeAdapter(RoomState)


def room_state(root: Path) -> RoomState:
    """What is set in the room of this folder of runs; read again only where it has changed."""
    path = f"{root}/.room/{FILE}"
    try:
        stat = os.stat(path)
    except OSError:
        return RoomState()
    return _read(path, stat.st_mtime_ns, stat.st_ino)


def change_room(root: Path, change: Callable[[RoomState], RoomState]) -> RoomState:
    """Replace what is set by what `change` makes of it; nothing is written where that is the same.

    One change at a time, whichever server of this folder makes it. `change` may be asked twice.

    Raises
    ------
    ValueError
        If it is too long, or could not be read again.
    OSError
        Also where another server keeps the lock for longer than `PATIENCE` seconds.
    """
    known = room_state(root)
    if change(known) == known:
        return known
    folder = private_folder(root)
    with _writing, file_lock(folder / LOCK, PATIENCE):
        before = _read.__wrapped__(str(folder / FILE))  # as it is now: another server may just have written it
        state = change(before)
        if state != before:
            text = STATE.dump_json(_checked(asdict(state)))
            write_whole(folder / FILE, lambda file: file.write(text))
        return state


def set_nickname(root: Path, visitor_id: str, text: str) -> str:
    """Keep the nickname that a visitor has typed, "" for none; how it is kept.

    Raises
    ------
    ValueError
        If it is none (`dec_core.runs.nickname`), or nobody knows the visitor.
    OSError
    """
    name = nickname(text)
    if not OWNER.fullmatch(visitor_id):
        raise ValueError(f"visitor: received {visitor_id[:80]!r}, expected the id of a visitor")

    def named(state: RoomState) -> RoomState:
        others = {each: other for each, other in state.names.items() if each != visitor_id}
        names = [*others.items(), *([(visitor_id, name)] if name else [])]
        return replace(state, names=dict(names[-MOST_NAMES:]))

    change_room(root, named)
    return name


def keep_prepared(root: Path, prepared: Prepared) -> str:
    """Keep a prepared link; by what its address names it. Beyond `MOST_PREPARED` the oldest go. Raises OSError."""
    name = secrets.token_hex(4)

    def kept(state: RoomState) -> RoomState:
        links = {each: link for each, link in state.prepared.items() if link != prepared} | {name: prepared}
        return replace(state, prepared=dict([*links.items()][-MOST_PREPARED:]))

    change_room(root, kept)
    return name


def _checked(values: dict[str, Any]) -> RoomState:
    try:
        return STATE.validate_python(values)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        place, received = ".".join(map(str, first["loc"])), repr(first["input"])[:80]
        raise ValueError(
            f"{place[:80]}: received {received}, but {first['msg'][:1].lower()}{first['msg'][1:]}"
        ) from None


@lru_cache(maxsize=8)
def _read(path: str, *_stamp: Any) -> RoomState:
    try:
        return STATE.validate_python(read_json(Path(path)))
    except ValueError:
        return RoomState()
