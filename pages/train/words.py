"""What is said of a run that trains, in numbers and sentences: Streamlit draws it, live.js brings it up to date."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from dec_core.analysis.verdict import hardly_learned, thousands
from dec_core.config import RunConfig
from dec_core.figures.shown import SCORES
from dec_core.methods import METHODS
from dec_core.reading.known import stages_taken_line
from dec_core.reading.summary import findings, is_suspect
from dec_core.runs.history import History
from pages.shared.opened import opened
from pages.shared.snapshot_view import shown

WITH_LABELS = ("acc", "nmi", "ari")
WITHOUT_LABELS = ("silhouette", "confidence")
TO_BE_FOUND = "Once clusters form, a check without labels tells here whether groups look merged or split."
STARTED_TWICE = "In the first fit of UMAP and the Gaussian mixture, groups looked merged, so a second was made."
UNKNOWN = "—"  # as Streamlit shows a metric without a value


@dataclass(frozen=True)
class Number:
    """One number with its name, and what it has changed by, or what it is of; `key` is its term in the glossary."""

    key: str
    label: str
    value: str
    change: str
    width: int


def texts_of(number: Number) -> tuple[str, str, str]:
    """Its label, value and change: the program's own words and numbers."""
    return number.label, number.value, number.change


def numbers(
    history: History, outcome: dict[str, float], config: RunConfig | None = None, *, failed: bool = False
) -> list[Number]:
    """The scores with their change since the update before; of a run that failed, with the step they are of."""
    before = history.updates[-2] if len(history.updates) > 1 else {}
    newest = history.updates[-1] if history.updates else {}
    made = []
    for key in WITHOUT_LABELS if "silhouette" in outcome else WITH_LABELS:
        at_step = f"at step {thousands(newest.get('iteration', 0))}" if failed and key in outcome else ""
        change = at_step or _change(key, newest, before)
        made.append(Number(key, SCORES[key][0], _shown(key, outcome.get(key)), change, 144))
    changed = next((r["delta_label"] for r in reversed(history.updates) if "delta_label" in r), None)
    share = UNKNOWN if changed is None else f"{100 * changed:.2f} %"
    error = _reconstruction_error(history)
    return [
        *made,
        _clustering_loss(history, config),
        Number("changed", "Changed", share, "", 144),
        Number("reconstruction_error", "Reconstruction error", *error, 220),
    ]


def _clustering_loss(history: History, config: RunConfig | None) -> Number:
    """KL(p || q) of all images at the newest update; of a method without p its loss of the newest batches."""
    method = METHODS[config.method] if config else None
    if method is None or method.loss is None or method.has_target:
        value = next((r["kl_divergence"] for r in reversed(history.updates) if "kl_divergence" in r), None)
        return Number("kl", "KL(p‖q)", UNKNOWN if value is None else f"{max(value, 0.0):.3f}", "", 110)
    value = f"{history.kl[-1]['loss']:.3f}" if history.kl else UNKNOWN
    return Number(method.loss.term, method.loss.name, value, "", 110)


def _reconstruction_error(history: History) -> tuple[str, str]:
    """The newest there is, and of when it is where training has gone on since without the decoder."""
    together = [r["reconstruction_loss"] for r in history.kl if r.get("reconstruction_loss") is not None]
    if together:
        return f"{together[-1]:.4f}", ""
    if not history.pretrain:
        return UNKNOWN, ""
    return f"{history.pretrain[-1]['loss']:.4f}", "of pretraining" if history.updates else ""


def _shown(key: str, value: float | None, sign: str = "") -> str:
    """Accuracy as per cent, NMI and ARI as fractions."""
    if value is None:
        return UNKNOWN
    return f"{100 * value:{sign}.1f} %" if key == "acc" else f"{value:{sign}.3f}"


def _change(key: str, now: dict[str, Any], before: dict[str, Any]) -> str:
    """The change of a score since the update before, unless it is too small to be seen."""
    if key not in now or key not in before:
        return ""
    text = _shown(key, now[key] - before[key], "+")
    return "" if float(text.removesuffix(" %")) == 0 else text


@dataclass(frozen=True)
class Findings:
    """What can be said of the clusters without labels, and whether it is a warning."""

    text: str
    is_warning: bool


def what_is_found(run_id: str, history: History, config: RunConfig | None) -> Findings:
    """What can be said of the clusters without labels; at the end, also how the network compares to none."""
    sentences = [] if history.judged or history.end else [TO_BE_FOUND]
    first = next((snapshot["file"] for snapshot in history.snapshots if snapshot["clustered"]), None)
    if first:
        sentences += findings(history, config, opened(run_id).letters)
    if history.centers and history.centers.get("n_starts", 1) > 1:
        sentences.append(STARTED_TWICE)
    sentences += [line] if (line := stages_taken_line(history)) else []
    too_short = _too_short(history, config) if config else ""
    sentences = [too_short, *sentences] if too_short else sentences
    return Findings(" ".join(sentences), bool(too_short or (first and is_suspect(history))))


def _too_short(history: History, config: RunConfig) -> str:
    """That the autoencoder was pretrained too little to be of use; "" before its end, and where it was not."""
    newest = history.pretrain[-1] if history.pretrain else None
    if newest is None or (newest["epoch"], newest["batch"]) != (newest["n_epochs"], newest["n_batches"]):
        return ""
    return hardly_learned(newest["loss"], shown(config).spread)
