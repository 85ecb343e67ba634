"""Values as people read them: in reports and notebooks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from dec_core.architecture import WITHOUT_NETWORK
from dec_core.config import OWN, RunConfig, field_title
from dec_core.figures.comparison import value_text

PER_CENT = ("acc",)
FEW = 2  # fields in which a run differs from a preset, to be named after it


def heading(run: Any) -> str:
    """What a run is, in a few words: its name, or else what it is; and its seed.

    `run` is a dec_core.runs.summary.RunSummary, or anything with its attributes.
    """
    return f"{run.name or described(run.config, run.preset, run.changed)}, seed {run.config.random_state}"


def described(config: RunConfig, preset: str, changed: Sequence[str]) -> str:
    """A config by the preset that it is or comes near to, and in what it differs; or else by its data and method."""
    if not changed:
        return preset
    if len(changed) <= FEW and "dataset" not in changed:
        told = (f"{field_title(name)} {value_text(getattr(config, name))}" for name in changed)
        return f"{preset}, {', '.join(text[0].lower() + text[1:] for text in told)}"
    network = "" if config.method in WITHOUT_NETWORK else f" {config.autoencoder}"
    return f"{short_name(config.dataset)}, {config.method}{network}"


def short_name(dataset: str) -> str:
    """What a data set is called: one's own without the digest."""
    return dataset.removeprefix(OWN).rpartition("-")[0] if dataset.startswith(OWN) else dataset


def score_shown(name: str, value: float) -> str:
    """Accuracy as per cent, all else as a fraction."""
    return f"{100 * value:.2f} %" if name in PER_CENT else f"{value:.3f}"


def duration_shown(seconds: float) -> str:
    """48 s, 2 min 23 s, 1 h 5 min."""
    minutes, rest = divmod(round(seconds), 60)
    if minutes >= 60:
        return f"{minutes // 60} h {minutes % 60} min"
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"
