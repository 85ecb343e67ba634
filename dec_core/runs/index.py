"""All runs at a glance, for lists of hundreds: the content of their folders, read again only where it has changed.

The folders stay the truth: the index lives in memory, is made from them, and may be thrown away at any time.
"""

from __future__ import annotations

import operator
import os
import re
import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from dec_core.config import ConfigError, RunConfig, applies
from dec_core.gallery import is_recording
from dec_core.presets import name_of
from dec_core.runs.folder import RunFolder, is_run
from dec_core.runs.marks import Marks, marks_of
from dec_core.runs.sharing import shared_with
from dec_core.runs.status import ACTIVE, OUTCOME, RunStatus, as_it_stands

CHANGING = ("status.json", "marks.json", "share.json")  # what else an entry is made of stays as it is
CONDITION = re.compile(r"^([a-z_]+)(<=|>=|!=|=|<|>)(.+)$")
ALIASES = {"accuracy": "acc", "time": "seconds", "seed": "random_state"}
MARKS = ("name", "note", "star", "state", "preset", "seconds", "sweep", "trial", "id")
SEARCHABLE = {*RunConfig.model_fields, *OUTCOME, *MARKS}
COMPARE = {"<=": operator.le, ">=": operator.ge, "<": operator.lt, ">": operator.gt}


@dataclass(frozen=True)
class Entry:
    """One run. `config` is None where it cannot be read, and `problem` says why; `preset` is its name, or "custom"."""

    folder: RunFolder
    config: RunConfig | None
    preset: str
    status: RunStatus
    marks: Marks
    sweep: str = ""  # the sweep it is a trial of, and its number
    trial: int | None = None
    by_labels: bool = False  # whether that sweep was tuned by labels
    problem: str = ""
    owner: str = ""  # as `RunFolder.owner`
    shared_with: frozenset[str] = frozenset()  # visitors who have followed its link

    @cached_property  # lists of hundreds ask for it some thousand times
    def id(self) -> str:
        return self.folder.id

    @property
    def recorded(self) -> bool:
        """Whether it came with the program (`dec_core.gallery`)."""
        return is_recording(self.id)

    @property
    def active(self) -> bool:
        """Whether it is queued, running or paused."""
        return self.status.state in ACTIVE

    @property
    def seconds(self) -> float:
        """Training time, all phases."""
        return sum(self.status.seconds.values())

    def values(self) -> dict[str, Any]:
        """All that one may search by: fields of the config that have an effect, scores, marks, state."""
        values = self.config.model_dump() if self.config else {}
        fields = {name: value for name, value in values.items() if applies(name, self.config)}
        fields |= {name: self.status.outcome[name] for name in OUTCOME if name in self.status.outcome}
        marks = {"name": self.marks.name, "note": self.marks.note, "star": self.marks.star}
        others = {"state": self.status.state, "preset": self.preset, "seconds": self.seconds, "sweep": self.sweep}
        others |= {"trial": self.trial} if self.sweep else {}
        return fields | marks | others


class RunIndex:
    """The runs below `root`. One for all threads of a process."""

    def __init__(self, root: Path):
        self.root = Path(root)
        self._lock = threading.Lock()
        self._known: dict[str, tuple[tuple, Entry]] = {}

    def entries(self, *, archived: bool = False, recorded: bool = False) -> list[Entry]:
        """All runs as they stand now, newest first; archived ones, and at the end recorded ones, only on request."""
        with self._lock:
            entries = {name: entry for name in _folders(self.root) if (entry := self._entry(name)) is not None}
            self._known = {name: self._known[name] for name in entries}
        shown = [entry for entry in entries.values() if archived or not entry.marks.archived]
        of_people = [entry for entry in shown if not entry.recorded]
        return of_people + ([entry for entry in reversed(shown) if entry.recorded] if recorded else [])

    def entry(self, run_id: str) -> Entry | None:
        """One run as it stands now, None if it is not there."""
        with self._lock:
            return self._entry(Path(run_id).name)

    def _entry(self, name: str) -> Entry | None:
        path = f"{self.root}/{name}"
        stamp = tuple(_changed_at(f"{path}/{file}") for file in CHANGING)
        known = self._known.get(name)
        if known is None or known[0] != stamp:
            if not is_run(Path(path)):
                return None
            known = self._known[name] = stamp, _as_written(RunFolder(Path(path)))
        return _as_it_stands(known[1])  # its process may have ended without a word


def _folders(root: Path) -> list[str]:
    """Names of what may be runs below `root`, newest first."""
    try:
        with os.scandir(root) as items:
            return sorted((item.name for item in items), reverse=True)
    except OSError:
        return []


def _changed_at(path: str) -> tuple[int, int]:
    try:
        stat = os.stat(path)
        return stat.st_mtime_ns, stat.st_ino  # replaced as a whole, within one tick of a coarse clock, perhaps
    except OSError:
        return (0, 0)


def entry_of(folder: RunFolder) -> Entry:
    """What there is to know of a run, read from its folder."""
    return _as_it_stands(_as_written(folder))


def _as_it_stands(entry: Entry) -> Entry:
    status = as_it_stands(entry.status)
    return entry if status is entry.status else replace(entry, status=status)


def _as_written(folder: RunFolder) -> Entry:
    config, problem = None, ""
    try:
        config = folder.config
    except ConfigError as error:
        problem = str(error)
    preset, of = name_of(config) if config else "custom", folder.sweep
    trial = {"sweep": of.get("study", ""), "trial": of.get("trial"), "by_labels": bool(of.get("by_labels"))}
    return Entry(
        folder,
        config,
        preset,
        folder.status_as_written,
        marks_of(folder),
        problem=problem,
        owner=folder.owner,
        shared_with=shared_with(folder),
        **trial,
    )


def find(entries: list[Entry], query: str, called: Callable[[Entry], str] = lambda entry: "") -> list[Entry]:
    """Those that fit all words of `query`.

    A word is a condition on a field or a score (`acc>=0.97`, `acc>=97%`, `latent_dim=5`, `state!=finished`), or a piece
    of text that stands anywhere in what is known of the run, or in what it is `called`.
    """
    terms = query.lower().split()
    known = ((entry, entry.values() | {"id": entry.id, "called": called(entry)}) for entry in entries)
    return [entry for entry, values in known if all(_fits(values, term) for term in terms)]


def misunderstood(query: str) -> str:
    """What of a query can be no condition, and is looked for as text; "" if nothing."""
    for word in query.lower().split():
        condition = CONDITION.match(word)
        if condition and ALIASES.get(condition[1], condition[1]) not in SEARCHABLE:
            return f"there is no field {condition[1]}; there are {', '.join(OUTCOME)}, seconds, latent_dim and the like"
        if condition and condition[2] in COMPARE and _number(condition[3]) is None:
            return f"received {word}, expected a number after {condition[2]}"
    return ""


def _fits(values: dict[str, Any], word: str) -> bool:
    condition = CONDITION.match(word)
    name = ALIASES.get(condition[1], condition[1]) if condition else ""
    if condition and name in SEARCHABLE:
        value, sign, wanted = values.get(name), condition[2], condition[3]
        if sign in COMPARE:
            number = _number(wanted)
            return number is not None and isinstance(value, int | float) and COMPARE[sign](value, number)
        return (_text(value) == wanted or (_number(wanted) is not None and value == _number(wanted))) == (sign == "=")
    return any(word in _text(value) for value in values.values() if value is not None and not isinstance(value, bool))


def _text(value: Any) -> str:
    return ",".join(map(str, value)) if isinstance(value, tuple) else str(value).lower()


def _number(text: str) -> float | None:
    try:
        return float(text.removesuffix("%")) / (100 if text.endswith("%") else 1)
    except ValueError:
        return None
