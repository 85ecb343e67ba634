"""Images that people have pinned to the wall: of recordings alone, which all may see; beside the answers in lessons."""

from __future__ import annotations

import time
from dataclasses import dataclass

from dec_core.gallery import is_recording, n_images
from dec_core.runs.answers import LearnFile

MOST_PER_VISITOR = 20
ONLY_RECORDINGS = "Only images of recordings can be pinned: everybody may see those."


@dataclass(frozen=True)
class Pin:
    """A pinned image: of which recording, its number there, and by how many people; `is_mine`: by the visitor, too."""

    run: str
    sample: int
    n_people: int
    is_mine: bool


class Pins(LearnFile):
    """All that is pinned below one folder of runs."""

    def pin(self, run: str, sample: int, visitor: str) -> None:
        """Pin an image of a recording.

        Raises
        ------
        ValueError
            If it is of no recording, is not there, or the visitor has pinned as many as they may.
        OSError
            If it cannot be kept.
        """
        if not is_recording(run):
            raise ValueError(ONLY_RECORDINGS)
        if not 0 <= sample < n_images(run):
            raise ValueError(f"sample: received {sample}, expected a number below {n_images(run)}")
        mine = {(pin.run, pin.sample) for pin in self.all(visitor) if pin.is_mine}
        if (run, sample) not in mine and len(mine) >= MOST_PER_VISITOR:
            raise ValueError(f"you have pinned {len(mine)} images, expected at most {MOST_PER_VISITOR}; take one down")
        with self.changing() as table:
            table.execute("INSERT OR IGNORE INTO pins VALUES (?, ?, ?, ?)", (run, sample, visitor, time.time()))

    def take_down(self, run: str, sample: int, visitor: str) -> None:
        """Take the visitor's own pin off an image; those of others stay. Raises OSError."""
        with self.changing() as table:
            table.execute("DELETE FROM pins WHERE run = ? AND sample = ? AND visitor = ?", (run, sample, visitor))

    def all(self, visitor: str, run: str = "") -> list[Pin]:
        """Everything that is pinned, or of one recording: first what most people have pinned, then the newest."""
        rows = self.rows(
            "SELECT run, sample, count(*), max(visitor = ?) FROM pins GROUP BY run, sample "
            "ORDER BY count(*) DESC, max(at) DESC",
            visitor,
        )
        pins = [Pin(each, sample, n, bool(mine)) for each, sample, n, mine in rows]
        return [pin for pin in pins if is_recording(pin.run) and run in ("", pin.run)]
