"""Values as people read them: in reports and notebooks."""

from __future__ import annotations

from typing import Any

PER_CENT = ("acc",)
FEW = 6  # fields of a preset that may be changed while it is still that preset


def heading(run: Any) -> str:
    """What a run is, in a few words: its name, or the preset that it is or comes near to; and its seed.

    `run` is a dec_core.runs.summary.RunSummary, or anything with its attributes.
    """
    n = len(run.changed)
    near = f"{run.preset} with {n} {'field' if n == 1 else 'fields'} changed" if n <= FEW else "a config of its own"
    return f"{run.name or (near if n else run.preset)}, seed {run.config.random_state}"


def score_shown(name: str, value: float) -> str:
    """Accuracy as per cent, all else as a fraction."""
    return f"{100 * value:.2f} %" if name in PER_CENT else f"{value:.3f}"


def duration_shown(seconds: float) -> str:
    """48 s, 2 min 23 s, 1 h 5 min."""
    minutes, rest = divmod(round(seconds), 60)
    if minutes >= 60:
        return f"{minutes // 60} h {minutes % 60} min"
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"
