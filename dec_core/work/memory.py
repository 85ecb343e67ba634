"""What the processes of a server take of the machine's memory, and whether there is enough of it."""

from __future__ import annotations

import psutil

MB = 10**6
WORKER = 1500 * MB  # of one process that trains a preset
SERVER = 500 * MB


def is_enough_for_another() -> bool:
    """Whether so much is free now that one more process can train."""
    return psutil.virtual_memory().available >= WORKER
