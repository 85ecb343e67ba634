"""What `predict` prints, in words and as JSON, and its CSV."""

from __future__ import annotations

import csv
import json
from typing import IO, TYPE_CHECKING

if TYPE_CHECKING:
    from dec_core.work.prediction import Prediction

SHOWN = 20  # rows of the table


def write_csv(prediction: Prediction, file: IO[str], first: int = 0) -> None:
    """index, cluster, class if known, confidence, then q of every cluster; of images from the `first` on."""
    writer = csv.writer(file)
    known = prediction.names is not None
    if first == 0:
        head = ["index", "cluster", *(["class"] if known else []), "confidence"]
        writer.writerow([*head, *(f"q_{j}" for j in range(prediction.q.shape[1]))])
    for i, (label, q) in enumerate(zip(prediction.labels.tolist(), prediction.q.tolist(), strict=True), first):
        names = [prediction.names[label]] if known else []
        writer.writerow([i, label, *names, f"{q[label]:.6f}", *(f"{value:.6f}" for value in q)])


def as_json(prediction: Prediction) -> str:
    """One object: a list of as many clusters, classes (null where they are not known), confidences and q as images."""
    names, labels = prediction.names, prediction.labels.tolist()
    q = prediction.q.astype(float).round(6).tolist()
    return json.dumps(
        {
            "clusters": labels,
            "classes": None if names is None else [names[label] for label in labels],
            "confidence": [row[label] for row, label in zip(q, labels, strict=True)],
            "q": q,
            "notes": prediction.notes,
        }
    )


def table_text(prediction: Prediction) -> str:
    """The first images as lines: cluster, class and confidence; then how many there are besides."""
    lines = [f"{'image':>6} {'cluster':>8} {'class':>8} {'confidence':>11}"]
    for i, (label, q) in enumerate(zip(prediction.labels[:SHOWN], prediction.q, strict=False)):
        lines.append(f"{i:6} {label:8} {prediction.names[label] if prediction.names else '–':>8} {q[label]:11.3f}")
    if len(prediction.labels) > SHOWN:
        lines.append(f"... and {len(prediction.labels) - SHOWN} more")
    return "\n".join(lines)
