"""Where a sweep is kept, and what stands in for its trainings."""

from dataclasses import replace

import pytest

from dec_core.runs.status import this_process

JUDGED = {"event": "Judged", "pair": [0, 1], "border": 0.1, "best": 0.1, "cluster": 0, "size": 1.1, "valley": 0.9,
          "splits": False, "merges": False, "apart": False}  # fmt: skip


@pytest.fixture
def url(tmp_path):
    return f"sqlite:///{tmp_path / 'sweeps.db'}"


@pytest.fixture
def stand_in(monkeypatch):
    """For training: agreement is latent_dim / 10, acc half of that; 9 and 10 diverge, 8 raises, 1 collapses."""
    import dec_core.work.recorder as recorder

    def record(folder):
        config, d = folder.config, folder.config.latent_dim
        folder.set_status(replace(folder.status, state="running", **this_process()))
        scores = {"acc": d / 20, "nmi": 0.5, "ari": 0.5}

        def tell(**values):
            folder.append(values)
            return values

        try:
            for i in range(11):
                iteration = i * config.max_iterations // 10
                yield tell(event="TargetUpdated", iteration=iteration, **scores)
                yield tell(**JUDGED, iteration=iteration, agreement=d / 10, silhouette=0.1)
                if i == 3 and d == 9:
                    folder.set_status(replace(folder.status, state="failed"))
                    yield tell(event="Diverged", message="the loss is not a number")
                if i == 3 and d == 8:
                    raise RuntimeError("out of luck")
        except GeneratorExit:
            folder.set_status(replace(folder.status, state="stopped"))
            raise
        yield tell(event="Finished", sizes=[10, 0 if d == 1 else 10])
        yield tell(
            **JUDGED,
            agreement={1: 0.0, 10: float("nan")}.get(d, d / 10),
            silhouette=0.2,
            iteration=config.max_iterations,
        )
        folder.set_status(replace(folder.status, state="finished", outcome=scores, seconds={"clustering": 2.0}))

    monkeypatch.setattr(recorder, "record", record)
    monkeypatch.setattr("dec_core.work.sweep_worker._free_memory", lambda: None)  # there are no networks
