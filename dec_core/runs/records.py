"""The content of a run's small files, checked against its description once, when it is read.

A record of events.jsonl is a dict: "event" says of which kind, and `KINDS` which values it has. A record that is not as
its kind must be is passed over like half a line; of kinds that are not known, a later version's, nothing is asked.
"""

from __future__ import annotations

import math
from typing import Annotated, Any, Literal, Required

from pydantic import BeforeValidator, Field, TypeAdapter
from typing_extensions import TypedDict

from dec_core.json_text import parse_json
from dec_core.methods import STATE_PHASES

Count = Annotated[int, Field(ge=0, le=2**53)]
Positive = Annotated[int, Field(ge=1, le=2**53)]
Share = Annotated[float, Field(ge=0, le=1)]
Seconds = Annotated[float, Field(ge=0, le=1e11, allow_inf_nan=False)]  # also since the epoch
Snapshot = Annotated[str, Field(pattern=r"^snapshots/[0-9]{1,9}\.npz$")]


class Scores(TypedDict, total=False):
    """What records of clusters share; scores are missing where there was nothing to score by."""

    seconds: Seconds
    sizes: list[Count]
    acc: float
    nmi: float
    ari: float
    silhouette: float
    confidence: float


class Started(TypedDict, total=False):
    versions: Required[dict[str, str]]
    processor: Required[str]
    cores: Required[int | None]
    system: Required[str]


class PretrainProgress(TypedDict, total=False):
    epoch: Required[Positive]
    n_epochs: Required[Positive]
    batch: Required[Count]
    n_batches: Required[Positive]
    loss: Required[float]
    seconds: Required[Seconds]


class TargetProgress(TypedDict, total=False):
    words: str
    seconds: Seconds


class CentersInitialized(Scores, total=False):
    inertia: float
    n_starts: Count


class MixtureScored(Scores, total=False):
    acc: Required[float]


class TargetUpdated(Scores, total=False):
    seconds: Required[Seconds]
    update: Count
    iteration: Required[Count]
    max_iterations: Positive
    delta_label: Share
    kl_divergence: float


class ClusterProgress(TypedDict, total=False):
    iteration: Required[Count]
    max_iterations: Positive
    loss: Required[float]
    reconstruction_loss: float | None
    seconds: Required[Seconds]


class Diverged(TypedDict, total=False):
    phase: str
    epoch: Count
    iteration: Count
    message: str
    seconds: Seconds


class Finished(Scores, total=False):
    reason: str
    n_iterations: Count


class Judged(TypedDict, total=False):
    iteration: Required[Count]
    pair: Required[tuple[Count, Count]]
    border: Required[float]
    best: Required[float]
    cluster: Required[Count]
    size: Required[float]
    valley: Required[float]
    apart: Required[bool]
    merges: Required[bool]
    splits: Required[bool]
    agreement: float
    silhouette: float


class SnapshotTaken(TypedDict):
    file: Snapshot
    clustered: bool
    epoch: Count
    iteration: Count


class Added(TypedDict, total=False):
    """A file that a worker has added, and the newest snapshot of which it was made."""

    snapshot: Snapshot


class ProjectionReady(Added):
    file: Required[Literal["umap.npz"]]


class InspectionReady(Added):
    file: Required[Literal["inspection.npz"]]


class UmapsReady(Added):
    file: Required[Literal["umaps.npz"]]


class Resumed(TypedDict, total=False):
    epoch: Required[Count]
    batch: Count  # in the next epoch; earlier versions did not write it
    iteration: Required[Count]


class StagesTaken(TypedDict):
    """What an earlier run had computed already: "autoencoder", "mixture"."""

    stages: list[str]


class Sweep(TypedDict, total=False):
    """sweep.json: of which sweep a run is a trial, and whether that was tuned by labels."""

    study: Required[str]
    trial: Required[Count]
    storage: str
    by_labels: bool


KINDS = {kind.__name__: TypeAdapter(kind) for kind in (
    Started, PretrainProgress, TargetProgress, CentersInitialized, TargetUpdated, ClusterProgress, Diverged, Finished,
    Judged, SnapshotTaken, ProjectionReady, InspectionReady, UmapsReady, Resumed, MixtureScored,
    StagesTaken,
)} | {"BaselineScored": TypeAdapter(Scores)}  # fmt: skip
SWEEP = TypeAdapter(Sweep)


def parse_record(line: bytes) -> dict[str, Any] | None:
    """The record that one line holds; None for half a line, and for one that is not as its kind must be."""
    try:
        return checked(parse_json(line))
    except ValueError:
        return None


def checked(record: Any) -> dict[str, Any]:
    """A record as its kind must be. Raises ValueError for one that is not."""
    if not isinstance(record, dict) or not isinstance(record.get("event"), str):
        raise ValueError(f"record: received {type(record).__name__}, expected an object with the name of an event")
    kind = KINDS.get(record["event"])
    return record | kind.validate_python(record) if kind else record


def _checked_or_nothing(record: Any) -> dict[str, Any]:
    try:
        return checked(record)
    except ValueError:
        return {}


def _finite(scores: Any) -> Any:
    """Scores without those that are no number, as of a single cluster."""
    if not isinstance(scores, dict):
        return scores
    return {name: value for name, value in scores.items() if not isinstance(value, float) or math.isfinite(value)}


# for `RunStatus`
State = Literal["queued", "running", "paused", "finished", "stopped", "failed", "interrupted"]
Phase = Literal[*STATE_PHASES]
Pid = Annotated[int, Field(ge=0, lt=2**31)]
Progress = Annotated[dict[str, Any], BeforeValidator(_checked_or_nothing)]
SecondsByPhase = dict[str, Seconds]
Outcome = Annotated[dict[str, float], BeforeValidator(_finite)]
