"""Where training of a run begins, and a pretraining that is known: kept when one ends, played back into a new run.

What is kept is the autoencoder, and what its run has written by then: snapshots, the records of its curve, its seconds.
So the screens of a run that takes it look as if it had trained, and the seconds count what its result costs.
"""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np

from dec_core.config import RunConfig
from dec_core.fields import pretraining_of
from dec_core.methods import METHODS
from dec_core.runs.folder import RunFolder
from dec_core.runs.history import RunReader
from dec_core.training import TrainingState
from dec_core.work.stages import Arrays, Stages

STAGE = "autoencoder"
WEIGHTS = "pretrained/"
SNAPSHOTS = "snapshots/"


def state_of(folder: RunFolder, config: RunConfig, image_shape: tuple[int, ...], stages: Stages) -> TrainingState:
    """Where training continues: at the checkpoint, after a finished pretraining, its own or a known one, or afresh."""
    checkpoint = folder.load_arrays("checkpoint.npz")
    if checkpoint:
        return TrainingState.from_arrays(config, image_shape, checkpoint)
    pretrained = folder.load_arrays("pretrained.npz")
    if not pretrained and METHODS[config.method].has_network and not folder.records()[0]:
        pretrained = _take(folder, config, stages)
    if pretrained:
        return TrainingState.from_pretrained(config, image_shape, pretrained)
    return TrainingState(config, image_shape)


def keep_pretraining(folder: RunFolder, state: TrainingState, stages: Stages, seconds: float) -> None:
    """Keep the autoencoder of a run whose pretraining has just ended; the optimizer has done its work."""
    pretrained = {name: a for name, a in state.to_arrays().items() if not name.startswith("optimizer")}
    folder.save_arrays("pretrained.npz", **pretrained)
    history = RunReader(folder).refresh()  # without what a resume has made anew
    arrays = {f"{WEIGHTS}{name}": array for name, array in pretrained.items()}
    for snapshot in history.snapshots:
        name = snapshot["file"].removesuffix(".npz")
        arrays |= {f"{name}/{key}": array for key, array in (folder.load_arrays(snapshot["file"]) or {}).items()}
    records = sorted([*history.pretrain, *history.snapshots], key=lambda record: record["epoch"])
    arrays["records"] = np.asarray(json.dumps(records))
    stages.save(STAGE, pretraining_of(state.config), arrays, seconds)


def _take(folder: RunFolder, config: RunConfig, stages: Stages) -> Arrays | None:
    """Begin a run where a known pretraining ended: its autoencoder; None where none is known."""
    kept = stages.load(STAGE, pretraining_of(config))
    if kept is None:
        return None
    for name in sorted({name.rpartition("/")[0] for name in kept if name.startswith(SNAPSHOTS)}):
        folder.save_arrays(f"{name}.npz", **_below(kept, f"{name}/"))
    pretrained = _below(kept, WEIGHTS)
    folder.append(*json.loads(kept["records"].item()))
    folder.set_status(replace(folder.status, seconds={"pretraining": stages.taken[STAGE]}))
    folder.save_arrays("pretrained.npz", **pretrained)
    return pretrained


def _below(arrays: Arrays, prefix: str) -> Arrays:
    return {name.removeprefix(prefix): array for name, array in arrays.items() if name.startswith(prefix)}
