"""The line of what waits to be trained: fair between owners, in order within each.

Owners take turns. Whoever joins the line goes behind those who wait already; whoever was served goes behind them, too,
once that training has left its place. The instructor's go first.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Collection, Iterator
from itertools import zip_longest
from typing import Generic, TypeVar

from dec_core.runs.ownership import INSTRUCTOR

Item = TypeVar("Item")


class Line(Generic[Item]):
    """Items that wait, each of an owner.

    Parameters
    ----------
    one_at_a_time : callable
        Whether no more than one item of an owner may be out of the line and in training.
    """

    def __init__(self, one_at_a_time: Callable[[str], bool] = lambda owner: False):
        self._one_at_a_time = one_at_a_time
        self._waiting: dict[str, deque[Item]] = {}  # by owner, in the order of their turns; nobody with nothing

    def __iter__(self) -> Iterator[Item]:
        return iter(self.order())

    def __len__(self) -> int:
        return sum(map(len, self._waiting.values()))

    def add(self, item: Item, owner: str, *, in_front: bool = False) -> None:
        """Let it wait, behind the owner's others or in front of them."""
        waiting = self._waiting.setdefault(owner, deque())
        (waiting.appendleft if in_front else waiting.append)(item)

    def remove(self, item: Item) -> None:
        """Let it wait no longer. Raises ValueError if it does not wait."""
        owner = next((owner for owner, waiting in self._waiting.items() if item in waiting), None)
        if owner is None:
            raise ValueError(f"line: received {item!r}, which does not wait")
        self._waiting[owner].remove(item)
        self._drop_if_empty(owner)

    def n_waiting(self, owner: str) -> int:
        """How many items of an owner wait."""
        return len(self._waiting.get(owner, ()))

    def next_owner(self, in_training: Collection[str]) -> str | None:
        """Whose item is served next, while items of the owners `in_training` are; None if nobody's may be."""
        first = [INSTRUCTOR] if INSTRUCTOR in self._waiting else []
        may = (o for o in (*first, *self._waiting) if not (o in in_training and self._one_at_a_time(o)))
        return next(may, None)

    def first_of(self, owner: str) -> Item:
        """The item of an owner that is served next."""
        return self._waiting[owner][0]

    def serve(self, owner: str) -> Item:
        """Take the owner's first item out; the owner's others wait for a turn after everybody else's."""
        item = self._waiting[owner].popleft()
        self._to_the_end(owner)
        return item

    def has_ended(self, owner: str) -> None:
        """An item of this owner has left training: a turn of an owner who may have one at a time counts from now."""
        if self._one_at_a_time(owner):
            self._to_the_end(owner)

    def order(self, in_training: Collection[str] = ()) -> list[Item]:
        """All items as they would be served, if each of those `in_training` ended before."""
        turns = sorted(
            (o for o in self._waiting if o != INSTRUCTOR), key=lambda o: o in in_training and self._one_at_a_time(o)
        )
        rounds = zip_longest(*(self._waiting[owner] for owner in turns), fillvalue=None)
        return [*self._waiting.get(INSTRUCTOR, ()), *(item for turn in rounds for item in turn if item is not None)]

    def _to_the_end(self, owner: str) -> None:
        if owner in self._waiting:
            self._waiting[owner] = self._waiting.pop(owner)
            self._drop_if_empty(owner)

    def _drop_if_empty(self, owner: str) -> None:
        if not self._waiting[owner]:
            del self._waiting[owner]
