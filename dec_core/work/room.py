"""What a room allows: how much may train, wait, be kept and be asked for. On a desk: what was asked for, else anything.

`serve` sets the environment that is read here; workers inherit it.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any

from dec_core.runs.ownership import INSTRUCTOR
from dec_core.work import memory

CORES_A_SLOT = 2
THREADS = (
    "TF_NUM_INTRAOP_THREADS",
    "TF_NUM_INTEROP_THREADS",
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "VECLIB_MAXIMUM_THREADS",
    "NUMBA_NUM_THREADS",
)
MB, GB = 10**6, 10**9
LEAST_MEMORY = 1500  # MB: TensorFlow alone takes half of it


def _limit(in_room: float, unit: str, about: str, least: float = 0, in_words: str = "") -> Any:
    """A limit, which `about` describes: `in_room` is what holds in a room unless said otherwise; at `least`, or 0."""
    in_words = in_words or (f"{in_room:g}" if in_room else "none")
    metadata = {"in_room": in_room, "in_words": in_words, "unit": unit, "about": about, "least": least}
    return field(default=0, metadata=metadata)


@dataclass(frozen=True)
class RoomSettings:
    """How much is allowed. Each limit has an option of `serve` and an environment variable; 0 stands for any.

    Attributes
    ----------
    is_room : bool
        Whether many people share this server. Limits of each visitor hold in a room alone.
    slots : int
        Trainings at a time; 0 for as many as the cluster has workers.
    executor : str
        Address of the Dask scheduler whose cluster trains; "" for this machine.
    """

    is_room: bool = False
    slots: int = 1
    executor: str = ""
    max_waiting: int = _limit(2, "N", "runs of each visitor that wait in the line")
    max_minutes: float = _limit(0, "N", "minutes that a visitor's run may train at a time")
    max_sweeps: int = _limit(2, "N", "sweeps of each visitor that have not ended")
    max_trials: int = _limit(60, "N", "trials in all sweeps of a visitor that have not ended")
    max_datasets: int = _limit(10, "N", "data sets that are kept of each visitor's uploads")
    max_datasets_mb: float = _limit(500, "MB", "what they may take on disk, all together")
    max_memory: float = _limit(
        0,
        "MB",
        "memory of each process that trains",
        least=LEAST_MEMORY,
        in_words="the machine's, divided by the slots",
    )
    max_requests: float = _limit(20, "N", "requests a second of each visitor, after a burst that a page needs")
    disk: float = _limit(20, "GB", "what the folder of runs may take; then old runs of visitors go")
    free_disk: float = _limit(1, "GB", "what must stay free on its disk; then old runs of visitors go")
    keep: float = _limit(0, "DAYS", "how long runs of visitors are kept")

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> RoomSettings:
        """By DEC_ROOM, DEC_SLOTS, DEC_EXECUTOR and a variable for each limit, as DEC_MAX_WAITING.

        Raises
        ------
        ValueError
            If one of them is no number, or too small.
        """
        is_room, executor = environment.get("DEC_ROOM") == "1", environment.get("DEC_EXECUTOR", "")
        default_slots = max(1, n_cores() // CORES_A_SLOT) if is_room else 1
        slots = _number(environment, "DEC_SLOTS", default_slots, least=1)
        defaults = {name: about["in_room"] if is_room else 0.0 for name, about in limits().items()}
        if is_room and not executor:  # the memory of a cluster's machines is not known here
            defaults["max_memory"] = memory.share(int(slots))
        values = {
            name: _number(environment, variable(name), defaults[name], least=about["least"], none=0)
            for name, about in limits().items()
        }
        values["slots"] = 0 if executor and not environment.get("DEC_SLOTS") else slots
        whole = {name: int(value) if name in WHOLE else value for name, value in values.items()}
        return cls(is_room, executor=executor, **whole)

    @property
    def slots_here(self) -> int:
        """Trainings at a time on this machine: none where a cluster trains."""
        return 0 if self.executor else self.slots

    def limits(self, owner: str) -> bool:
        """Whether the limits of a visitor hold for an owner: in a room for all but the instructor and nobody."""
        return self.is_room and owner not in ("", INSTRUCTOR)

    def seconds_for(self, owner: str) -> float:
        """How long a run of this owner may train at a time."""
        return 60 * self.max_minutes if self.max_minutes and self.limits(owner) else float("inf")

    def threads(self) -> dict[str, str]:
        """The environment by which trainings at the same time share the cores; empty for one at a time."""
        if self.slots <= 1:
            return {}
        return dict.fromkeys(THREADS, str(max(1, n_cores() // self.slots)))


WHOLE = frozenset(each.name for each in fields(RoomSettings) if each.type == "int")


def limits() -> dict[str, Mapping[str, Any]]:
    """By the name of each limit: what holds `in_room`, its `unit`, what it is `about`, how much at `least`."""
    return {each.name: each.metadata for each in fields(RoomSettings) if each.metadata}


def variable(name: str) -> str:
    """The environment variable of a limit."""
    return f"DEC_{name.upper()}"


def n_cores() -> int:
    """How many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _number(
    environment: Mapping[str, str], name: str, default: float, *, least: float, none: float | None = None
) -> float:
    text = environment.get(name) or str(default)
    try:
        value = float(text)
    except ValueError:
        value = float("nan")
    if value in (default, none) or least <= value < float("inf"):
        return value
    raise ValueError(f"{name}: received {text[:40]!r}, expected a number from {least:g} on; unset it for {default:g}")
