"""What is known already: a finished run of the same config, and stages that a run has taken from earlier ones."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache, lru_cache
from typing import Any

from dec_core.config import RunConfig, applies
from dec_core.machine import trained_with
from dec_core.reading.progress import duration
from dec_core.runs.history import History, RunReader
from dec_core.runs.index import Entry
from dec_core.runs.status import OUTCOME

STAGES = {"autoencoder": "the pretrained autoencoder", "mixture": "the Gaussian mixture in UMAP"}


def trained_before(entries: Iterable[Entry], config: RunConfig) -> Entry | None:
    """The first of the finished runs that training `config` here would repeat; None where there is none.

    Alike are all fields that act, and the versions of the program and its libraries.
    """
    wanted = _acting(config)
    for entry in entries:
        if entry.config is None or entry.status.state != "finished" or _acting(entry.config) != wanted:
            continue
        started = RunReader(entry.folder).refresh().started
        if started is not None and started["versions"] == _versions():
            return entry
    return None


def known_run_line(entry: Entry) -> str:
    """How long that run took, and how it ended: "Trained before, in about 41 s: ACC 0.981"."""
    name = next((name for name in OUTCOME if name in entry.status.outcome), None)
    result = f": {name.upper() if name == 'acc' else name} {entry.status.outcome[name]:.3f}" if name else ""
    return f"Trained before, in {duration(entry.seconds)}{result}"


def stages_taken_line(history: History) -> str:
    """Which stages come from an earlier run; "" where none does."""
    stages = [name for stage, name in STAGES.items() if stage in history.taken]
    if not stages:
        return ""
    text, verb = " and ".join(stages), "comes" if len(stages) == 1 else "come"
    return f"{text[0].upper()}{text[1:]} {verb} from an earlier run; the training time includes what that took."


@lru_cache(maxsize=5000)
def _acting(config: RunConfig) -> dict[str, Any]:
    """Of each run that has finished, whenever somebody presses Start."""
    return {name: getattr(config, name) for name in RunConfig.model_fields if applies(name, config)}


@cache
def _versions() -> dict[str, str]:
    return trained_with()["versions"]
