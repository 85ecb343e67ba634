"""Whether the counters of a saved state can be those of a run: whole numbers, within what its config allows."""

from __future__ import annotations

from typing import Any

import numpy as np

from dec_core.config import RunConfig
from dec_core.methods import STATE_PHASES

FRACTIONS = ("loss_sum", "delta_label")  # all others are whole numbers


def check_counters(arrays: dict[str, Any], config: RunConfig) -> None:
    """Check phase and counters of `TrainingState.to_arrays`, and those of its optimizer.

    What depends on the number of images, `TrainingState.check` compares with them.

    Raises
    ------
    ValueError
        Names the counter, what was received, and the range that the config leaves it.
    """
    phase = str(arrays["phase"])
    if phase not in STATE_PHASES:
        raise ValueError(f"phase: received {phase:.40}, expected one of {', '.join(STATE_PHASES)}")
    iteration, n_updates = _number(arrays, "iteration"), _number(arrays, "n_updates")
    pretrains, clusters = phase == "pretraining", phase in ("clustering", "finished")
    updated_at = (n_updates - 1) * config.update_interval if n_updates else -1  # at every so many steps, from 0 on
    allowed = {
        "epoch": (0, config.pretrain_epochs - pretrains),
        "batch": (0, _batches(arrays, config) - 1 if pretrains else 0),
        "loss_sum": (0, np.finfo(np.float64).max),
        "iteration": (0, config.max_iterations if clusters else 0),
        "next_batch": (0, iteration),
        "n_updates": (-(-iteration // config.update_interval), iteration // config.update_interval + clusters),
        "updated_at": (updated_at, updated_at),
        "delta_label": (0, 1),
    }
    for name, (low, high) in allowed.items():
        _check_range(name, _number(arrays, name), low, high)
    if "optimizer_phase" in arrays:
        _check_optimizer(arrays)


def _check_optimizer(arrays: dict[str, Any]) -> None:
    if str(arrays["optimizer_phase"]) not in ("pretraining", "clustering"):
        raise ValueError(f"optimizer_phase: received {arrays['optimizer_phase']!s:.40}, expected a phase with steps")
    n_steps = _number(arrays, "optimizer_steps")
    _check_range("optimizer_steps", n_steps, 1, np.iinfo(np.int64).max)
    _check_range("optimizer_0", _number(arrays, "optimizer_0"), 0, n_steps)  # the optimizer's own count of its steps


def _batches(arrays: dict[str, Any], config: RunConfig) -> int:
    """In an epoch of pretraining, by what its optimizer was made for; 1 where there is none yet."""
    if str(arrays.get("optimizer_phase")) != "pretraining":
        return 1
    return _number(arrays, "optimizer_steps") // config.pretrain_epochs


def _number(arrays: dict[str, Any], name: str) -> int | float:
    value, kinds = np.asarray(arrays[name]), "f" if name in FRACTIONS else "iu"
    if value.shape != () or value.dtype.kind not in kinds:
        raise ValueError(f"{name}: received {value.dtype} of shape {value.shape}, expected one number; it is damaged")
    return value.item()


def _check_range(name: str, value: float, low: float, high: float) -> None:
    if not low <= value <= high:
        raise ValueError(
            f"{name}: received {value:g}, expected {low:g} to {high:g} with this config; the file is damaged"
        )
