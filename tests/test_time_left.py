"""The time left, replayed: real runs as their records tell them, and what the state line would have said meanwhile.

`data/timelines.json` holds for each its config, its seconds by phase and its records: [epoch, batch, batches, seconds]
of the pretraining, [gradient step, seconds] of the clustering, seconds since the run began.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from dec_core.config import RunConfig
from dec_core.reading import cost as costs
from dec_core.reading.cost import ByPhase, cost, rates
from dec_core.reading.progress import progress
from dec_core.runs.history import History
from dec_core.runs.status import RunStatus

RUNS = {run["name"]: run for run in json.loads((Path(__file__).parent / "data" / "timelines.json").read_text())}
MNIST = 70_000, (28, 28)
PRODUCTS = 7.5e10  # a second, as `_products_a_second` finds on the machine of the runs when it is quiet


def config_of(run: dict[str, Any]) -> RunConfig:
    return RunConfig.from_json(json.dumps(run["config"]))


def moments(run: dict[str, Any]) -> Iterator[tuple[float, RunStatus, History]]:
    """(seconds trained, status, history) at each record, and twice a second while centers are waited for."""
    took, history = run["seconds"], History()
    for epoch, batch, n_batches, seconds in run["pretraining"]:
        record = {"event": "PretrainProgress", "epoch": epoch, "batch": batch, "n_batches": n_batches,
                  "n_epochs": run["config"]["pretrain_epochs"], "loss": 0.1, "seconds": seconds}  # fmt: skip
        history = history.with_records(record)
        yield seconds, status("pretraining", record, pretraining=seconds), history
    waited = 0.0
    while waited < took["centers"]:
        now = status("centers", {"event": "TargetProgress"}, pretraining=took["pretraining"], centers=waited)
        yield took["pretraining"] + waited, now, history
        waited += 0.5
    before = took["pretraining"] + took["centers"]
    for iteration, seconds in run["clustering"]:
        record = {"event": "ClusterProgress", "iteration": iteration, "loss": 0.1, "seconds": seconds}
        history = history.with_records(record)
        so_far = {"pretraining": took["pretraining"], "centers": took["centers"], "clustering": seconds - before}
        yield seconds, status("clustering", record, **so_far), history


def status(phase: str, record: dict[str, Any], **seconds: float) -> RunStatus:
    return RunStatus("running", 0.0, phase=phase, progress=record, seconds=seconds)


def errors(run: dict[str, Any], expected: ByPhase) -> list[tuple[float, float]]:
    """(share of the run that is over, how far what is said to be left is off, as a share of what is)."""
    config, whole = config_of(run), sum(run["seconds"].values())
    said = [(seconds, progress(now, history, config, expected).seconds_left) for seconds, now, history in moments(run)]
    return [(seconds / whole, left / (whole - seconds) - 1) for seconds, left in said if seconds < 0.8 * whole]


def expected_by(run: dict[str, Any], known: list[str]) -> ByPhase:
    trained = [(config_of(RUNS[name]), RUNS[name]["seconds"]) for name in known]
    of_server = rates(config_of(run), [(config, seconds, cost(config, *MNIST)) for config, seconds in trained])
    return cost(config_of(run), *MNIST).seconds(of_server)


@pytest.mark.parametrize(
    ("name", "known"),
    [
        ("first-look, busy", []),
        ("first-look, another seed", ["first-look"]),
        ("first-look, another seed", ["first-look, busy", "first-look"]),
        ("first-look, busier", ["first-look"]),
        ("first-look", ["fast"]),
        ("fast, another seed", ["fast"]),
    ],
)
def test_a_fifth_of_a_run_in_the_time_left_is_known_to_a_quarter(monkeypatch, name, known):
    """The first run of a server, one after it, one on a busy machine, and one of all images."""
    monkeypatch.setattr(costs, "_products_a_second", lambda: PRODUCTS)
    monkeypatch.setattr(costs, "fast_precision", lambda: "bfloat16")
    monkeypatch.setattr(costs, "umap_is_compiled", lambda: True)
    off = errors(RUNS[name], expected_by(RUNS[name], known))
    assert abs(next(error for share, error in off if share >= 0.2)) <= 0.25
    assert max(abs(error) for share, error in off if share >= 0.2) <= 0.45
