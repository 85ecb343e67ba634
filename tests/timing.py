"""Time in tests: waiting until something is so, and a clock that does not depend on the machine."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

PATIENCE = 240.0  # seconds: imports of TensorFlow on a busy machine, not a speed that is promised


def wait_for(condition: Callable[[], Any], seconds: float = PATIENCE) -> Any:
    """What makes the condition true; None if nothing has within so many seconds."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if met := condition():
            return met
        time.sleep(0.02)
    return None


class Clock:
    """For the module `time`: each look at it is `step` seconds after the one before."""

    def __init__(self, step):
        self.step, self.now = step, 0.0

    def monotonic(self):
        self.now += self.step
        return self.now
