"""The numbers of one sample with the formulas that lead to them, for Inspect's card and for lessons; see numbers.js."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from dec_core.analysis.verdict import thousands
from dec_core.figures.palette import colours
from dec_core.methods import METHODS, weighed_loss
from dec_core.reading.snapshot import Snapshot
from dec_core.reading.worked_numbers import Target, WorkedNumbers, rounded, worked_numbers

HERE = Path(__file__).parent
SCRIPT = (HERE / "numbers.js").read_text(encoding="utf-8")
CSS = (HERE / "numbers.css").read_text(encoding="utf-8")
PARTS = ("z", "q", "p", "loss", "error")
CODE = {  # of each part: the function that computes it, and the line in it
    "z": (
        "dec_core/training/state.py:embed",
        "return self._in_batches(self.encoder, x.reshape(-1, *self.input_shape))",
    ),
    "q": ("dec_core/analysis/assignment.py:soft_assignment", "q = (1.0 + squared / alpha) ** (-(alpha + 1.0) / 2.0)"),
    "p": (
        "dec_core/analysis/assignment.py:target_distribution",
        "weight = np.divide(q**2, sizes, out=np.zeros_like(q), where=sizes > 0)",
    ),
    "loss": (
        "dec_core/training/methods/toward_target.py:losses",
        "kl = kl_divergence(p, state.clustering_layer(z))",
    ),
    "error": (
        "dec_core/training/steps.py:pretrain_steps",
        "loss = tf.reduce_mean(tf.math.squared_difference(autoencoder(x, training=True), x))",
    ),
}
TITLES = {
    "z": "z: where the encoder places it",
    "q": "q: how near each center is, compared with all",
    "p": "p: the target, q made sharper",
    "loss": "Its share of the KL divergence",
    "error": "Its reconstruction error",
}
PAPER = {
    "z": "DEC, section 3", "q": "DEC, equation 1", "p": "DEC, equation 3", "loss": "DEC, equation 2",
    "error": "DEC, section 3.2",
}  # fmt: skip
NO_PLACE = {"paper": "", "code": "", "line": ""}  # in the paper or the program
UNKNOWN = "z is not known of this image at this snapshot, and without it no number follows."
HELD = (
    "At this moment the target is still that of UMAP and the mixture, which is not kept: p follows from q only later, "
    "and with it the KL divergence."
)
IN_Z = (
    "With this method q does not follow from distances alone: how much each component of a Gaussian mixture in z, "
    "with its own weight and variances, holds itself responsible. Distances are to the components' means."
)
RESPONSIBILITIES = (
    "With this method q does not follow from distances: it is how much a Gaussian mixture in the UMAP of the images "
    "holds each cluster responsible, as kept when it was fitted. Distances are to the mean z of each cluster."
)
WITHOUT_DISTANCES = {"mixture": IN_Z, "responsibilities": RESPONSIBILITIES}
NO_Q = "q is not known of all images of this snapshot, so neither is p."
NO_TARGET = (
    "This method has no target p, and no KL divergence from one. {doing} It minimizes {loss} + reconstruction error."
)
UNTRAINED = "This method moves nothing toward p; it is what DEC would aim at from here."
NO_DECODER = "It needs the decoder, which is kept for the last snapshot of a finished run, and not by every method."


def numbers_data(now: Snapshot, index: int, parts: tuple[str, ...] = PARTS) -> dict[str, Any]:
    """What numbers.js shows of sample `index`: every number as text, rounded so that columns add up.

    `now` has clusters.
    """
    numbers = worked_numbers(now, index)
    if numbers is None:
        return {"lacking": UNKNOWN, "clusters": [], "parts": []}
    order, palette = np.argsort(now.run.cluster_order), colours(now.run.colour_by_place)
    names = [
        {"letter": now.run.letters[k], "name": now.name_of(k), "colour": palette[i]}
        for i, k in enumerate(order.tolist())
    ]
    of = {"z": _of_z, "q": _of_q, "p": _of_p, "loss": _of_loss, "error": _of_error}
    return {
        "lacking": "",
        "clusters": names,
        "first": int(now.run.cluster_order[now.labels[index]]),
        "alpha": f"{now.run.config.alpha:g}",
        "power": f"{(now.run.config.alpha + 1) / 2:g}",
        "parts": [_part(name) | of[name](now, numbers, order) for name in parts],
    }


def _part(name: str) -> dict[str, Any]:
    function, line = CODE[name]
    return {"key": name, "title": TITLES[name], "paper": PAPER[name], "code": function, "line": line, "note": ""}


def _of_z(now: Snapshot, numbers: WorkedNumbers, _: np.ndarray) -> dict[str, Any]:
    if METHODS[now.run.config.method].z == "pixels":
        n = thousands(len(numbers.z))
        return {"note": f"This method has no encoder: z is the image itself, {n} pixel values from 0 to 1.", **NO_PLACE}
    return {"values": [text(value, 3) for value in numbers.z]}


def _of_q(now: Snapshot, numbers: WorkedNumbers, order: np.ndarray) -> dict[str, Any]:
    distances, q = numbers.distances[order], rounded(numbers.q[order], 3)
    columns = [_column("d", "distance", [text(value, 4) for value in distances], "")]
    if numbers.kernels is None:
        return {
            "columns": [*columns, _summed("q", "q", q, 3)],
            "note": WITHOUT_DISTANCES[METHODS[now.run.config.method].q],
            "paper": "",
            "code": "",
            "line": "",
        }
    return {"columns": [*columns, _scaled("weight", "weight", numbers.kernels[order]), _summed("q", "q", q, 3)]}


def _of_p(now: Snapshot, numbers: WorkedNumbers, order: np.ndarray) -> dict[str, Any]:
    target = numbers.target
    if target is None:
        return {"note": _no_target(now)}
    trains = METHODS[now.run.config.method].trains_centers
    return {
        "columns": [
            _column("q", "q", [text(value, 3) for value in rounded(numbers.q[order], 3)], ""),
            _summed("f", "f", rounded(target.sizes[order], 1), 1),
            _scaled("share", "q² / f", target.weights[order]),
            _summed("p", "p", rounded(target.p[order], 3), 3),
        ],
        "note": f"f is the q of all {thousands(len(now.rows))} images for that cluster, added up."
        + ("" if trains else f" {UNTRAINED}"),
    }


def _of_loss(now: Snapshot, numbers: WorkedNumbers, order: np.ndarray) -> dict[str, Any]:
    target, method = numbers.target, METHODS[now.run.config.method]
    if target is None:
        note = _no_target(now)
        return (
            {"note": note}
            if method.shows_target
            else {"note": note, "title": f"Its loss: {method.loss.name}"} | NO_PLACE
        )
    return {
        "columns": [
            _column("p", "p", [text(value, 3) for value in rounded(target.p[order], 3)], ""),
            _column("q", "q", [text(value, 3) for value in rounded(numbers.q[order], 3)], ""),
            _summed("term", "p · ln(p / q)", rounded(target.terms[order], 3), 3),
        ],
        "note": "The paper adds this up over all images; the program takes the mean."
        + _joint(now, target, numbers.error),
    }


def _joint(now: Snapshot, target: Target, error: float | None) -> str:
    """The loss of this image where the decoder is trained along."""
    config = now.run.config
    if not METHODS[config.method].trains_decoder or error is None:
        return ""
    kl = float(target.terms.sum())
    sum_of_both = f"{config.gamma:g} · {text(kl, 3)} + {text(error, 4)} = {text(config.gamma * kl + error, 3)}"
    return f" With its reconstruction error its loss is γ · KL + error = {sum_of_both} (IDEC)."


def _of_error(now: Snapshot, numbers: WorkedNumbers, _: np.ndarray) -> dict[str, Any]:
    if numbers.error is None:
        return {"note": NO_DECODER, **NO_PLACE}
    return {"error": text(numbers.error, 4), "n": thousands(int(np.prod(now.run.image_shape)))}


def _no_target(now: Snapshot) -> str:
    method = METHODS[now.run.config.method]
    if not method.shows_target:
        return NO_TARGET.format(doing=method.loss.doing, loss=weighed_loss(now.run.config))
    return HELD if now.holds_first_target else NO_Q


# -- columns: what stands at the top, the number of each cluster as text, and what stands below


def _column(key: str, head: str, cells: list[str], total: str) -> dict[str, Any]:
    return {"key": key, "head": head, "cells": cells, "sum": total, "power": 0}


def _summed(key: str, head: str, values: np.ndarray, decimals: int) -> dict[str, Any]:
    """Values that are rounded already, and their sum."""
    return _column(key, head, [text(value, decimals) for value in values], text(values.sum(), decimals))


def _scaled(key: str, head: str, values: np.ndarray) -> dict[str, Any]:
    """Values with four digits or more of their sum; small ones by a power of ten, which the browser names."""
    magnitude = int(np.floor(np.log10(values.sum()))) if values.any() else 0
    power = -magnitude if magnitude < -1 else 0
    decimals = 4 if power == 0 else 3
    return _summed(key, head, rounded(values * 10.0**power, decimals), decimals) | {"power": power}


def text(value: float, decimals: int) -> str:
    """A number with so many decimals, with a proper minus, and 0 without any."""
    written = f"{value:.{decimals}f}"
    return written.replace("-", "−") if float(written) else written.removeprefix("-")
