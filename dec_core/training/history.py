"""Events as rows of a table, for who wants to look at a training afterwards: `pandas.DataFrame(model.history_)`."""

from __future__ import annotations

from typing import Any

from dec_core.training.events import ClusterProgress, Event, PretrainProgress, TargetUpdated


def rows_of(event: Event) -> list[dict[str, Any]]:
    """The row of an epoch's end, an update, or some steps of clustering; none of other events.

    `loss` is the mean squared error while pretraining, and the method's clustering loss afterwards; `added_loss` is
    not weighed. What an event has not is not in its row.
    """
    match event:
        case PretrainProgress(epoch_ended=True):
            return [{"phase": "pretraining", "epoch": event.epoch, "loss": event.loss}]
        case TargetUpdated():
            names = ("iteration", "delta_label", "kl_divergence")
        case ClusterProgress():
            names = ("iteration", "loss", "reconstruction_loss", "added_loss")
        case _:
            return []
    row = {name: value for name in names if (value := getattr(event, name)) is not None}
    return [{"phase": "clustering", **row}]
