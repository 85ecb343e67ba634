"""Figures on white paper: the curves of a run as the app shows them, and files of any figure."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from dec_core.figures.curves import SCORES
from dec_core.figures.palette import GREY, TEN


def save(figure: Figure, path: Path) -> None:
    """Write a figure in the format of the suffix. Raises ValueError where that is not possible."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        figure.savefig(path, dpi=200, facecolor="white")
    except OSError as error:
        raise ValueError(f"--out: {path} cannot be written: {error.strerror}") from None


def curves_figure(pretrain: Sequence[dict[str, Any]], updates: Sequence[dict[str, Any]]) -> Figure:
    """The error by epoch and, where clusters moved, scores and changes by gradient step.

    `pretrain` are the records of pretraining's progress, `updates` those of target updates.
    """
    n_panels = 2 if updates else 1
    figure = Figure(figsize=(4 + 5 * (n_panels - 1), 3.2), layout="constrained", facecolor="white")
    panels = figure.subplots(1, n_panels, squeeze=False, width_ratios=[1, 2][:n_panels])[0]
    epochs = [record["epoch"] - 1 + record["batch"] / record["n_batches"] for record in pretrain]
    panels[0].plot(epochs, [record["loss"] for record in pretrain], color=TEN[0])
    panels[0].set(title="Reconstruction error", xlabel="epoch", xlim=(0, None), ylim=(0, None))
    if updates:
        _draw_scores(panels[1], updates)
    return figure


def _draw_scores(axes: Axes, updates: Sequence[dict[str, Any]]) -> None:
    scores = {key: [record for record in updates if key in record] for key in SCORES}
    for key, records in scores.items():
        if records:
            name, colour, _ = SCORES[key]
            _draw(axes, records, key, color=colour, marker=".", label=name)
    changed = [record for record in updates if record["iteration"] > 0 and "delta_label" in record]
    _draw(axes, changed, "delta_label", color=GREY, linestyle="dotted", label="changed")
    axes.set(title="Clusters, %", xlabel="gradient steps", ylim=(min(0, axes.get_ylim()[0]), 101))
    axes.legend(frameon=False)


def _draw(axes: Axes, records: list[dict[str, Any]], key: str, **look: Any) -> None:
    axes.plot([record["iteration"] for record in records], [100 * record[key] for record in records], **look)
