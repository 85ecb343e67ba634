"""What the processes of a server take of the machine's memory, and whether there is enough of it."""

from __future__ import annotations

import psutil

MB = 10**6
WORKER = 1500 * MB  # of one process that trains a preset; `best` takes a quarter of a gigabyte more for a minute
SERVER = 500 * MB
OF_LARGEST = 4000  # MB of its own: more than the largest presets take


def share(slots: int) -> int:
    """MB that each of so many trainings at a time may take: what the server leaves, divided among them.

    Never less than the largest preset needs: trainings of others are seldom as large at the same moment.
    """
    left = (psutil.virtual_memory().total - SERVER) / slots / MB
    return max(int(left // 100) * 100, OF_LARGEST)


def is_enough_for_another() -> bool:
    """Whether so much is free now that one more process can train."""
    return psutil.virtual_memory().available >= WORKER
