"""A run's summary: all that a report or a notebook contains, gathered from its folder.

    run = summary("runs/20261125-120000-ab12")
    run.sentences, run.scores, run.centers

Nothing here draws or writes: `dec_core.figures.report` makes HTML of it, `dec_core.figures.notebook` a notebook.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from dec_core.analysis.metrics import Confusion, cluster_sizes
from dec_core.analysis.verdict import (
    collapse,
    compared_with_kmeans,
    compared_with_mixture,
    doubts,
    nearly_empty,
    verdict,
    verdict_without_labels,
    what_to_try,
)
from dec_core.config import ConfigError, RunConfig
from dec_core.methods import METHODS, fits_mixture, uses_mixture_target
from dec_core.presets import preset
from dec_core.reading.comparison import changed_from
from dec_core.reading.run import Run
from dec_core.reading.snapshot import Snapshot
from dec_core.runs.folder import RunFolder
from dec_core.runs.history import History, RunReader
from dec_core.runs.marks import marks_of
from dec_core.runs.status import RunStatus

STATES = {
    "queued": "The run is waiting in the queue.",
    "running": "The run is still training.",
    "paused": "The run is paused.",
    "stopped": "The run was stopped before its end.",
    "failed": "The run failed.",
    "interrupted": "The run was interrupted before its end.",
}


@dataclass(frozen=True)
class RunSummary:
    """One run, ready for a report.

    Attributes
    ----------
    id : str
        The folder's name.
    name, note : str
        What a person has called it, and written about it; "" without.
    config : RunConfig
    preset : str
        The preset that the config is, or comes nearest to.
    changed : list of str
        Fields that act and differ from that preset; the seed is not counted.
    created : str
        When the run began, in local time; "" where that is not known.
    state : str
        As in `RunStatus`.
    seconds : float
        Of training.
    n_steps : int
        Gradient steps while clustering.
    scores : dict of str to float
        acc, nmi, ari; without labels silhouette and confidence; empty before there are clusters.
    sentences : list of str
        The result in words.
    history : History
    noun : str
        What a sample is called: "digit" or "image".
    classes : tuple of str
        Names of the classes; empty where they are not known.
    cluster_order : ndarray of int, shape (n_clusters,)
        Place of each cluster in the order of letters.
    colour_by_place : ndarray of int, shape (n_clusters,)
        Number of the colour of the cluster at each place.
    confusion : Confusion or None
        Where there are labels and clusters.
    sizes : ndarray of int, shape (n_clusters,), or None
    space : str
        What `plane` is: "UMAP", "PCA", or "" without one.
    plane : ndarray of float32, shape (n_view, 2), or None
        The embedding of at most 10 000 images.
    labels : ndarray of int, shape (n_view,), or None
        Their clusters; None before there are any.
    centers : ndarray of uint8, shape (n_clusters, height, width[, 3]), or None
        The cluster centers, decoded.
    """

    id: str
    name: str
    note: str
    config: RunConfig
    preset: str
    changed: list[str]
    created: str
    state: str
    seconds: float
    n_steps: int
    scores: dict[str, float]
    sentences: list[str]
    history: History
    noun: str
    classes: tuple[str, ...]
    cluster_order: np.ndarray
    colour_by_place: np.ndarray
    confusion: Confusion | None
    sizes: np.ndarray | None
    space: str
    plane: np.ndarray | None
    labels: np.ndarray | None
    centers: np.ndarray | None


def summary(path: RunFolder | Path | str) -> RunSummary:
    """The summary of the run in this folder, at whatever point it stands.

    Raises
    ------
    ConfigError
        If it is not the folder of a run, or its config cannot be read.
    DataError
        If the data it was trained on is not on this machine.
    """
    folder = path if isinstance(path, RunFolder) else RunFolder(Path(path).resolve())
    if not (folder.path / "config.json").is_file():
        raise ConfigError({"run": f"received {path}, expected the folder of a run, with a config.json in it"})
    history = RunReader(folder).refresh()
    run, status = Run.open(folder, history), folder.status
    now = run.at(-1) if run.snapshots else None
    (preset, changed), marks = changed_from(run.config), marks_of(folder)
    return RunSummary(
        id=folder.id,
        name=marks.name,
        note=marks.note,
        config=run.config,
        preset=preset,
        changed=changed,
        created=time.strftime("%d %B %Y, %H:%M", time.localtime(status.created)) if status.created else "",
        state=status.state,
        seconds=sum(status.seconds.values()),
        n_steps=_n_steps(history),
        scores=dict(status.outcome),
        sentences=_sentences(run, now, status, history),
        history=history,
        noun=run.noun,
        classes=run.classes,
        cluster_order=run.cluster_order,
        colour_by_place=run.colour_by_place,
        **_arrays(run, now),
    )


def _n_steps(history: History) -> int:
    end = history.end or {}
    last = history.updates[-1]["iteration"] if history.updates else 0
    return end.get("n_iterations", end.get("iteration", last))


def _arrays(run: Run, now: Snapshot | None) -> dict[str, Any]:
    """What the newest moment shows, as far as there is one and it has clusters."""
    arrays = dict.fromkeys(("confusion", "sizes", "plane", "labels", "centers"))
    if now is None:
        return arrays | {"space": ""}
    space = now.spaces()[0]
    plane = now.plane(space)[run.view]
    known = np.isfinite(plane).all(axis=1)
    arrays |= {"space": space.upper(), "plane": plane[known]}
    if now.labels is not None:
        arrays |= {
            "confusion": now.confusion,
            "sizes": cluster_sizes(now.labels, run.config.n_clusters),
            "labels": now.labels[run.view][known],
            "centers": now.arrays.get("decoded_centers"),
        }
    return arrays


def _sentences(run: Run, now: Snapshot | None, status: RunStatus, history: History) -> list[str]:
    """The result with or without labels, and compared with a mixture alone; of an unfinished run, its state first."""
    sentences = [] if status.state == "finished" else [status.message or STATES[status.state]]
    of = run.folder.sweep
    if of.get("by_labels"):
        sentences.append(f"Trial {of['trial']} of the sweep {of['study']}, which was tuned by labels.")
    if now is None or now.labels is None:
        return [*sentences, "There are no clusters yet."]
    if now.confusion is not None:
        sentences.append(verdict(now.confusion, run.classes, run.noun))
    else:
        sentences.append(verdict_without_labels(cluster_sizes(now.labels, run.config.n_clusters)))
    return sentences + findings(history, run.config, run.letters)


def findings(history: History, config: RunConfig, letters: list[str]) -> list[str]:
    """Whether groups look merged or split, what to try then, and how the network stands to what needs none."""
    sentences, judged, ended = [], history.judged, history.end is not None

    def name(cluster: int) -> str:
        return letters[cluster]

    collapsed = _collapse(history)
    if collapsed:
        sentences.append(collapsed)
    elif judged:
        sentences.append(doubts(judged, name, ended=_is_of_the_end(judged, history)))
        if is_suspect(history):
            sentences.append(what_to_try(fits_mixture(config), config.features, _taught_preset(config)))
    if ended and not collapsed:
        sentences.append(nearly_empty(_sizes(history), name))
        sentences += _compared(history) if "acc" in history.end and history.updates else []
    return [sentence for sentence in sentences if sentence]


def _compared(history: History) -> list[str]:
    """How the network stands to a mixture, and to k-means on the pixels where it is behind."""
    acc, mixture, baseline = history.end["acc"], history.mixture, history.baseline
    return [
        compared_with_mixture(acc, mixture["acc"]) if mixture else "",
        compared_with_kmeans(acc, baseline["acc"]) if baseline and "acc" in baseline else "",
    ]


def _taught_preset(config: RunConfig) -> str:
    """The preset nearest to a config that trains centers, if UMAP and a mixture give its initial target; else ""."""
    nearest = changed_from(config)[0]
    trains = METHODS[config.method].trains_centers
    return nearest if trains and uses_mixture_target(preset(nearest)) else ""


def is_suspect(history: History) -> bool:
    """Whether clustering has collapsed, or has ended with groups that look merged or split."""
    judged = history.judged if history.judged and _is_of_the_end(history.judged, history) else None
    return bool(_collapse(history) or (judged and (judged["splits"] or judged["merges"])))


def _is_of_the_end(judged: dict[str, Any], history: History) -> bool:
    """Whether a run has ended, and this was judged then: the last judgement comes a little after the end."""
    return history.end is not None and judged["iteration"] >= history.end.get("n_iterations", 0)


def _collapse(history: History) -> str:
    return collapse(_sizes(history))


def _sizes(history: History) -> list[int]:
    """Of the clusters, at the newest update of the target."""
    return (history.updates or [{}])[-1].get("sizes", [])
