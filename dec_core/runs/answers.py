"""What people have answered in lessons, and how far they are: a SQLite file, `.room/learn.db` in the folder of runs.

A guess is a row, whoever's it is; the room sees how many there are of each, and nobody's name. On a desk, where nobody
has an id, all are those of one person, and their order in time is that of the guesses. What an instructor clears is
laid aside, so that it can be brought back.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from dec_core.runs.room_files import private_folder

FILE = "learn.db"
MOST_PER_VISITOR = 2000  # answers, so that nobody fills the disk: the oldest go
MAX_LETTERS = 200  # of an answer, and of what was asked
TABLES = """
CREATE TABLE IF NOT EXISTS answers (asked TEXT NOT NULL, visitor TEXT NOT NULL, answer TEXT NOT NULL, at REAL NOT NULL);
CREATE INDEX IF NOT EXISTS answers_by_question ON answers (asked, at);
CREATE TABLE IF NOT EXISTS progress (lesson TEXT NOT NULL, visitor TEXT NOT NULL, step INTEGER NOT NULL,
                                     PRIMARY KEY (lesson, visitor));
CREATE TABLE IF NOT EXISTS pins (run TEXT NOT NULL, sample INTEGER NOT NULL, visitor TEXT NOT NULL, at REAL NOT NULL,
                                 PRIMARY KEY (run, sample, visitor));
CREATE TABLE IF NOT EXISTS cleared_answers (asked TEXT NOT NULL, visitor TEXT NOT NULL, answer TEXT NOT NULL,
                                            at REAL NOT NULL);
CREATE TABLE IF NOT EXISTS cleared_pins (run TEXT NOT NULL, sample INTEGER NOT NULL, visitor TEXT NOT NULL,
                                         at REAL NOT NULL);
"""


@dataclass(frozen=True)
class Answer:
    """One answer: whose, what, and when (seconds since 1970)."""

    visitor: str
    answer: str
    at: float


class LearnFile:
    """The file in which all of this is kept, below one folder of runs.

    Parameters
    ----------
    root : Path
        The folder of runs.
    """

    def __init__(self, root: Path):
        self.root = Path(root)

    def rows(self, query: str, *values: str) -> list[tuple]:
        """Rows; none where nothing was ever kept, or where it is damaged: a lesson can be read without."""
        path = self.root / ".room" / FILE
        if not path.exists():
            return []
        try:
            with closing(sqlite3.connect(path, timeout=5.0)) as table:
                return table.execute(query, values).fetchall()
        except sqlite3.Error:
            return []

    @contextmanager
    def changing(self) -> Iterator[sqlite3.Connection]:
        """The file, to be written to: all of it or nothing. Raises OSError."""
        try:
            with closing(sqlite3.connect(private_folder(self.root) / FILE, timeout=5.0)) as table:
                table.executescript(TABLES)
                with table:
                    yield table
        except sqlite3.Error as error:
            raise OSError(f"answers: not kept, since {FILE} in the folder .room of the runs says: {error}") from error


def clear_all(root: Path) -> None:
    """Lay all answers and pins aside, for the next group; what was laid aside before is gone. Raises OSError."""
    with LearnFile(root).changing() as table:
        for name in ("answers", "pins"):
            table.execute(f"DELETE FROM cleared_{name}")
            table.execute(f"INSERT INTO cleared_{name} SELECT * FROM {name} ORDER BY rowid")
            table.execute(f"DELETE FROM {name}")


def bring_all_back(root: Path) -> None:
    """Undo `clear_all`; what has come since stays. Raises OSError."""
    with LearnFile(root).changing() as table:
        for name in ("answers", "pins"):
            table.execute(f"INSERT OR IGNORE INTO {name} SELECT * FROM cleared_{name} ORDER BY rowid")
            table.execute(f"DELETE FROM cleared_{name}")


def n_kept(root: Path, *, cleared: bool = False) -> tuple[int, int]:
    """How many answers and pins there are, or can be brought back."""
    names = [f"{'cleared_' * cleared}{name}" for name in ("answers", "pins")]
    counted = [LearnFile(root).rows(f"SELECT count(*) FROM {name}") for name in names]
    answers, pins = (rows[0][0] if rows else 0 for rows in counted)
    return answers, pins


class Answers(LearnFile):
    """The answers and the progress of everybody below one folder of runs."""

    def give(self, asked: str, visitor: str, answer: str) -> None:
        """Keep a visitor's answer to a question, which its lesson, step and place name.

        Raises
        ------
        ValueError
            If it is longer than an answer is.
        OSError
            If it cannot be kept: the disk is full, or the file is damaged.
        """
        if max(len(asked), len(answer)) > MAX_LETTERS:
            raise ValueError(f"answer: received {len(answer)} letters, expected at most {MAX_LETTERS}")
        with self.changing() as table:
            table.execute("INSERT INTO answers VALUES (?, ?, ?, ?)", (asked, visitor, answer, time.time()))
            table.execute(
                "DELETE FROM answers WHERE visitor = ? AND rowid NOT IN "
                "(SELECT rowid FROM answers WHERE visitor = ? ORDER BY rowid DESC LIMIT ?)",
                (visitor, visitor, MOST_PER_VISITOR),
            )

    def of(self, asked: str, visitor: str) -> list[Answer]:
        """All that a visitor has answered to a question, the first one first."""
        return [each for each in self._all(asked) if each.visitor == visitor]

    def first(self, asked: str) -> list[Answer]:
        """Everybody's first answer to a question: those that were given before anybody was told what came."""
        return list({each.visitor: each for each in reversed(self._all(asked))}.values())

    def stamp(self, asked: str) -> str:
        """Another text once somebody has answered a question, or answers to it were cleared or brought back."""
        return repr(self.rows("SELECT count(*), max(at) FROM answers WHERE asked = ?", asked))

    def forget(self, asked: str, visitor: str) -> None:
        """Drop what a visitor has answered to a question. Raises OSError."""
        with self.changing() as table:
            table.execute("DELETE FROM answers WHERE asked = ? AND visitor = ?", (asked, visitor))

    def clear(self, asked: str) -> None:
        """Lay everybody's answers to a question aside; what was before is gone. Raises OSError."""
        with self.changing() as table:
            table.execute("DELETE FROM cleared_answers WHERE asked = ?", (asked,))
            table.execute("INSERT INTO cleared_answers SELECT * FROM answers WHERE asked = ? ORDER BY rowid", (asked,))
            table.execute("DELETE FROM answers WHERE asked = ?", (asked,))

    def bring_back(self, asked: str) -> None:
        """Undo `clear`; what has been answered since stays. Raises OSError."""
        with self.changing() as table:
            table.execute("INSERT INTO answers SELECT * FROM cleared_answers WHERE asked = ? ORDER BY rowid", (asked,))
            table.execute("DELETE FROM cleared_answers WHERE asked = ?", (asked,))

    def n_cleared(self, asked: str) -> int:
        """How many answers to a question can be brought back."""
        rows = self.rows("SELECT count(*) FROM cleared_answers WHERE asked = ?", asked)
        return rows[0][0] if rows else 0

    def reach(self, lesson: str, visitor: str, step: int) -> None:
        """Keep that a visitor has come to this step of a lesson, counted from 1. Raises OSError."""
        with self.changing() as table:
            table.execute(
                "INSERT INTO progress VALUES (?, ?, ?) ON CONFLICT (lesson, visitor) "
                "DO UPDATE SET step = max(step, excluded.step)",
                (lesson, visitor, step),
            )

    def progress(self, visitor: str) -> dict[str, int]:
        """The furthest step of each lesson that a visitor has begun."""
        return dict(self.rows("SELECT lesson, step FROM progress WHERE visitor = ?", visitor))

    def _all(self, asked: str) -> list[Answer]:
        rows = self.rows("SELECT visitor, answer, at FROM answers WHERE asked = ? ORDER BY at, rowid", asked)
        return [Answer(*row) for row in rows]
