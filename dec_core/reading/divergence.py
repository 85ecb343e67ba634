"""What to try after a run has diverged: a tenth of the learning rate of the phase in which it did."""

from __future__ import annotations

from dec_core.config import RunConfig
from dec_core.runs.status import RunStatus


def smaller_rate(status: RunStatus, config: RunConfig) -> tuple[str, float]:
    """Field and value of a tenth of the learning rate of the phase that `status.progress`, a `Diverged`, names."""
    return config.smaller_rate(status.progress.get("phase", status.phase))
