"""The records of a run as TensorBoard's event files.

Each record keeps its place: the epoch or gradient step it was made at, and the second of training. `tf.summary` would
give every value the time at which it is written, so the events are put together here: a few fields of a protobuf.
"""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import tensorflow as tf
from tensorflow.compat.v1 import Event, Summary, SummaryMetadata

from dec_core.figures.heatmap import heatmap
from dec_core.methods import METHODS, Method
from dec_core.reading.summary import RunSummary

SCORES = ("acc", "nmi", "ari", "silhouette", "confidence", "delta_label", "kl_divergence")  # at a target update
VERSION = "brain.Event:2"  # the first event of a file: by it TensorBoard knows the format


def write_events(run: RunSummary, began: float, folder: Path) -> Path:
    """Write one event file into `folder` and return its path. Raises OSError where that is not possible.

    `began` is when the run was made, in seconds since the epoch; records count from there.
    """
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"events.out.tfevents.{int(began)}.{run.id}"
    with path.open("wb"):
        pass  # TensorFlow's own error says less
    with tf.io.TFRecordWriter(str(path)) as file:
        file.write(Event(wall_time=began, file_version=VERSION).SerializeToString())
        for step, seconds, values in _steps(run):
            event = Event(wall_time=began + seconds, step=step, summary=Summary(value=values))
            file.write(event.SerializeToString())
    return path


def _steps(run: RunSummary) -> Iterator[tuple[int, float, list[Any]]]:
    """Step, seconds since the run began, and values: first those by epoch, then those by gradient step."""
    yield 0, 0.0, [_text("config", f"```json\n{run.config.to_json()}\n```"), _text("found", "\n\n".join(run.sentences))]
    history = run.history
    if history.started:
        yield 0, 0.0, [_text("made with", f"```json\n{json.dumps(history.started, indent=2)}\n```")]
    for record in history.pretrain:
        yield record["epoch"], record["seconds"], [_scalar("pretraining/reconstruction_loss", record["loss"])]
    for record in sorted([*history.kl, *history.updates], key=lambda record: record["iteration"]):
        yield record["iteration"], record["seconds"], list(_of_clusters(record, METHODS[run.config.method]))
    if run.confusion is not None:
        seconds = history.updates[-1]["seconds"] if history.updates else run.seconds
        yield run.n_steps, seconds, [_image("clustering/confusion", heatmap(run.confusion, names=run.classes))]


def _of_clusters(record: dict[str, Any], method: Method) -> Iterator[Any]:
    if record["event"] == "ClusterProgress":
        loss = "kl_divergence_of_batches" if method.has_target else "loss_of_batches"
        yield _scalar(f"clustering/{loss}", record["loss"])
        if record.get("reconstruction_loss") is not None:
            yield _scalar("clustering/reconstruction_loss", record["reconstruction_loss"])
    for name in SCORES:
        if name in record:
            yield _scalar(f"clustering/{name}", record[name])


def _scalar(tag: str, value: float) -> Any:
    return Summary.Value(tag=tag, simple_value=value)


def _text(tag: str, text: str) -> Any:
    about = SummaryMetadata(plugin_data=SummaryMetadata.PluginData(plugin_name="text"))
    return Summary.Value(tag=tag, metadata=about, tensor=tf.make_tensor_proto([text.encode()], dtype=tf.string))


def _image(tag: str, figure: Any) -> Any:
    file = io.BytesIO()
    figure.savefig(file, format="png", dpi=100)
    width, height = figure.canvas.get_width_height()
    picture = Summary.Image(height=height, width=width, colorspace=4, encoded_image_string=file.getvalue())
    return Summary.Value(tag=tag, image=picture)
