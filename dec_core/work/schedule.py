"""What is recorded of training, and when: by epochs and steps, never by the clock.

So a config leaves the same records, snapshots and judgements on a machine of any speed, and sweeps prune alike. Each
kind is bounded in number, snapshots in bytes as well, and spread evenly over what is planned.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from dec_core.config import RunConfig
from dec_core.training.events import (
    CentersInitialized,
    ClusterProgress,
    Event,
    PretrainProgress,
    TargetProgress,
    TargetUpdated,
)

EARLY_EPOCHS = 10  # each leaves a snapshot: most happens in them
MAX_PRETRAIN_SNAPSHOTS = 50  # those of the first epochs not counted
MAX_CLUSTER_SNAPSHOTS = 200
MAX_BYTES = 160e6  # of the snapshots' z: of large runs fewer are kept
MAX_JUDGEMENTS = 10  # each takes as long as many steps do; sweeps look at tenths
MAX_POINTS = 400  # of each curve, besides one for every epoch and every target update
MAX_POINTS_OF_AN_EPOCH = 10
MILESTONES = ("CentersInitialized", "TargetUpdated", "Diverged", "Finished")  # and the last batch of an epoch


def is_milestone(record: Mapping[str, Any]) -> bool:
    """Whether the event of a record ends something, such as an epoch: "one step" ends there."""
    ends_epoch = record["event"] == "PretrainProgress" and record["batch"] == record["n_batches"]
    return ends_epoch or record["event"] in MILESTONES


class Schedule:
    """The rule for one run.

    Parameters
    ----------
    config : RunConfig
    n_samples : int
        How many images the run has.
    """

    def __init__(self, config: RunConfig, n_samples: int):
        n_updates = config.max_iterations / config.update_interval
        most = max(10, min(MAX_CLUSTER_SNAPSHOTS, MAX_BYTES / (2 * n_samples * config.latent_dim)))
        self.n_epochs = config.pretrain_epochs
        self.epochs_apart = math.ceil(self.n_epochs / MAX_PRETRAIN_SNAPSHOTS)
        self.updates_apart = math.ceil(n_updates / most)
        self.judgements_apart = math.ceil(n_updates / MAX_JUDGEMENTS)
        self.points_of_an_epoch = max(1, min(MAX_POINTS_OF_AN_EPOCH, MAX_POINTS // self.n_epochs))
        self.steps_apart = math.ceil(config.max_iterations / MAX_POINTS)
        self._point = (-1, -1)

    @staticmethod
    def is_milestone(event: Event) -> bool:
        """Whether the event ends something, such as an epoch: always recorded, and a snapshot may follow."""
        return is_milestone({"event": type(event).__name__, **vars(event)})

    def takes_record(self, event: Event) -> bool:
        """Whether the event becomes a line of the log. Call it once for every event, in order."""
        if isinstance(event, TargetProgress):
            return False  # it comes by the clock while a mixture is waited for; the status tells it
        before, self._point = self._point, self._point_of(event) or self._point
        return self.is_milestone(event) or self._point != before

    def takes_snapshot(self, event: Event) -> bool:
        """Whether the views are to show this moment again: some epochs and updates, and the end."""
        if isinstance(event, TargetUpdated):
            return (event.update - 1) % self.updates_apart == 0
        if isinstance(event, PretrainProgress):
            chosen = event.epoch <= EARLY_EPOCHS or event.epoch % self.epochs_apart == 0
            return event.epoch_ended and (chosen or event.epoch == self.n_epochs)
        # the first target update follows the centers at once
        return self.is_milestone(event) and not isinstance(event, CentersInitialized)

    def takes_judgement(self, event: Event) -> bool:
        """Whether the clusters are judged without labels now; at the end they are in any case."""
        return isinstance(event, TargetUpdated) and (event.update - 1) % self.judgements_apart == 0

    def _point_of(self, event: Event) -> tuple[int, int] | None:
        """Which point of its curve an event belongs to; ascending in training."""
        if isinstance(event, PretrainProgress):
            share = event.batch * self.points_of_an_epoch // event.n_batches
            return 0, (event.epoch - 1) * self.points_of_an_epoch + share
        return (1, event.iteration // self.steps_apart) if isinstance(event, ClusterProgress) else None
