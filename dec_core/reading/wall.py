"""What a wall of small multiples shows of a room: of everybody the one run that they are at now."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from dec_core.runs.history import History
from dec_core.runs.index import Entry

STATES = {
    "running": "training",
    "paused": "paused",
    "queued": "waiting",
    "finished": "finished",
    "stopped": "stopped",
    "failed": "failed",
    "interrupted": "interrupted",
}  # of a run, in the order in which the wall shows them
RANKS = list(STATES)
SCORES = ("acc", "silhouette")


@dataclass(frozen=True)
class Tile:
    """The run that somebody is at, and how many others of theirs there are today."""

    entry: Entry
    n_others: int = 0

    @property
    def state(self) -> str:
        """In a word."""
        return STATES[self.entry.status.state]

    @property
    def score(self) -> float | None:
        """Accuracy, or where there are no labels the silhouette; None before there are clusters."""
        outcome = self.entry.status.outcome
        return next((outcome[name] for name in SCORES if name in outcome), None)


def tiles(entries: Iterable[Entry], since: float) -> list[Tile]:
    """A tile for each owner: of their runs that go on, or have changed after `since`, the one to look at.

    That is one in training, else one that is paused, one that waits, or the newest. Archived runs and trials of sweeps
    do not count. `since` is in seconds since the epoch.
    """
    by_owner: dict[str, list[Entry]] = {}
    for entry in entries:
        if not entry.marks.archived and not entry.sweep and (entry.active or entry.status.updated >= since):
            by_owner.setdefault(entry.owner, []).append(entry)
    return [Tile(min(own, key=_urgency), len(own) - 1) for own in by_owner.values()]


def _urgency(entry: Entry) -> tuple[int, float]:
    return RANKS.index(entry.status.state) if entry.active else len(RANKS), -entry.status.created


def in_order(shown: Iterable[Tile], order: str, names: Mapping[str, str]) -> list[Tile]:
    """Tiles by "state", by "score", the best first, or by "name" of the owner. Raises ValueError for other orders."""
    if order not in ORDERS:
        raise ValueError(f"order: received {order!r}, expected {', '.join(ORDERS)}")

    def key(tile: Tile) -> tuple[Any, str, str]:
        return ORDERS[order](tile), names.get(tile.entry.owner, "").casefold() or "\U0010ffff", tile.entry.id

    return sorted(shown, key=key)


ORDERS: dict[str, Callable[[Tile], float]] = {
    "state": lambda tile: RANKS.index(tile.entry.status.state),
    "score": lambda tile: 0.0 if tile.score is None else -2.0 - tile.score,  # from -1 to 1
    "name": lambda tile: 0.0,
}


def curve_of(history: History) -> tuple[str, list[float]]:
    """What gets better now, in a word, and its values so far: a score, or before clusters form the error."""
    for name in SCORES:
        values = [record[name] for record in history.updates if name in record]
        if values:
            return name, values
    return "loss", [record["loss"] for record in history.pretrain]
