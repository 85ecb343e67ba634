"""What a room allows: trainings at a time, runs that wait for each owner, minutes for each run. On a desk: no limits.

`serve` sets the environment that is read here; workers inherit it.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass

from dec_core.runs.ownership import INSTRUCTOR

CORES_A_SLOT = 2
MAX_WAITING = 2
THREADS = (
    "TF_NUM_INTRAOP_THREADS",
    "TF_NUM_INTEROP_THREADS",
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "VECLIB_MAXIMUM_THREADS",
    "NUMBA_NUM_THREADS",
)


@dataclass(frozen=True)
class RoomSettings:
    """How many may train, wait, and for how long.

    Attributes
    ----------
    is_room : bool
        Whether many people share this server; on a desk only `slots` counts.
    slots : int
        Trainings at a time.
    max_waiting : int
        Runs that wait in the line, for each owner.
    max_minutes : float
        That a run may train at a time; 0 for any.
    """

    is_room: bool = False
    slots: int = 1
    max_waiting: int = MAX_WAITING
    max_minutes: float = 0.0

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> RoomSettings:
        """By DEC_ROOM, DEC_SLOTS, DEC_MAX_WAITING and DEC_MAX_MINUTES.

        Raises
        ------
        ValueError
            If one of them is no number, or too small.
        """
        is_room = environment.get("DEC_ROOM") == "1"
        slots = max(1, n_cores() // CORES_A_SLOT) if is_room else 1
        return cls(
            is_room,
            int(_number(environment, "DEC_SLOTS", slots, least=1)),
            int(_number(environment, "DEC_MAX_WAITING", MAX_WAITING, least=1)),
            _number(environment, "DEC_MAX_MINUTES", 0.0, least=0),
        )

    def limits(self, owner: str) -> bool:
        """Whether the limits hold for an owner: in a room for everybody but the instructor and nobody's runs."""
        return self.is_room and owner not in ("", INSTRUCTOR)

    def seconds_for(self, owner: str) -> float:
        """How long a run of this owner may train at a time."""
        return 60 * self.max_minutes if self.max_minutes and self.limits(owner) else float("inf")

    def threads(self) -> dict[str, str]:
        """The environment by which trainings at the same time share the cores; empty for one at a time."""
        if self.slots == 1:
            return {}
        return dict.fromkeys(THREADS, str(max(1, n_cores() // self.slots)))


def n_cores() -> int:
    """How many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _number(environment: Mapping[str, str], name: str, default: float, *, least: float) -> float:
    text = environment.get(name) or str(default)
    try:
        value = float(text)
        if least <= value < float("inf"):
            return value
    except ValueError:
        pass
    raise ValueError(f"{name}: received {text[:40]!r}, expected a number from {least} on; unset it for {default:g}")
