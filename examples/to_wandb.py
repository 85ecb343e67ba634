"""Hands a run to Weights & Biases (`pip install wandb`): python examples/to_wandb.py RUN_DIR

It stays on this machine: what is made is an offline run below `wandb/`, which `wandb sync` uploads if you ask it to.
"""

import json
import sys
from pathlib import Path

import wandb

from dec_core.runs.folder import RunFolder
from dec_core.runs.history import RunReader

CURVES = {  # record: its step, and what is drawn over it
    "PretrainProgress": ("epoch", ("loss",)),
    "TargetUpdated": ("iteration", ("acc", "nmi", "ari", "silhouette", "confidence", "delta_label", "kl_divergence")),
    "ClusterProgress": ("iteration", ("loss", "reconstruction_loss")),
}


def main(path: Path) -> None:
    """Log config, curves and scores of the run in `path`. Raises ConfigError if it is none."""
    run = RunFolder(path.resolve())
    config = json.loads(run.config.to_json())
    history = RunReader(run).refresh()
    with wandb.init(project="deep-clustering", name=run.id, config=config, mode="offline") as logged:
        for kind in CURVES:
            logged.define_metric(f"{kind}/*", step_metric=f"{kind}/{CURVES[kind][0]}")
        for record in [*history.pretrain, *history.updates, *history.kl]:
            if record["event"] in CURVES:
                step, names = CURVES[record["event"]]
                told = {name: record[name] for name in (step, *names) if record.get(name) is not None}
                logged.log({f"{record['event']}/{name}": value for name, value in told.items()})
        logged.summary.update(run.status.outcome)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
