"""Values as people read them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from dec_core.config import OWN_DATA, RunConfig
from dec_core.fields import field_title
from dec_core.glossary import CONCEPTS
from dec_core.methods import METHODS

PER_CENT = ("acc",)
SCORES = {
    key: (CONCEPTS[key].name.partition(" (")[0], CONCEPTS[key].sentence)
    for key in ("acc", "nmi", "ari", "silhouette", "confidence")
}
FEW = 2  # fields in which a run differs from a preset, to be named after it


def heading(run: Any, *, seed: bool = True) -> str:
    """What a run is, in a few words: its name, or else what it is; and its seed.

    `run` is a dec_core.reading.summary.RunSummary, or anything with its attributes.
    """
    what = run.name or described(run.config, run.preset, run.changed)
    return f"{what}, seed {run.config.random_state}" if seed else what


def described(config: RunConfig, preset: str, changed: Sequence[str]) -> str:
    """A config by the preset that it is or comes near to, and in what it differs; or else by its data and method."""
    if not changed:
        return preset
    elsewhere = "dataset" in changed
    others = [name for name in changed if not (elsewhere and name in ("dataset", "n_samples"))]
    if len(others) <= FEW:
        changes = [f"{field_title(name)} {value_text(getattr(config, name))}" for name in others]
        where = f" on {short_name(config.dataset)}" if elsewhere else ""
        return ", ".join([f"{preset}{where}", *(text[0].lower() + text[1:] for text in changes)])
    network = f" {config.autoencoder}" if METHODS[config.method].has_network else ""
    return f"{short_name(config.dataset)}, {config.method}{network}"


def short_name(dataset: str) -> str:
    """What a data set is called: one's own without the digest."""
    return dataset.removeprefix(OWN_DATA).rpartition("-")[0] if dataset.startswith(OWN_DATA) else dataset


def score_shown(name: str, value: float) -> str:
    """Accuracy as per cent, all else as a fraction."""
    return f"{100 * value:.2f} %" if name in PER_CENT else f"{value:.3f}"


def duration_shown(seconds: float) -> str:
    """48 s, 2 min 23 s, 1 h 5 min."""
    minutes, rest = divmod(round(seconds), 60)
    if minutes >= 60:
        return f"{minutes // 60} h {minutes % 60} min"
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"


def value_text(value: Any) -> str:
    """A field's value as one reads it."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, tuple):
        return ", ".join(map(str, value))
    if isinstance(value, str):
        return short_name(value)
    return "all" if value is None else f"{value:.4g}" if isinstance(value, float) else str(value)
