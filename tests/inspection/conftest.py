"""Runs that are read only, shared by all that look into one."""

from types import SimpleNamespace

import numpy as np
import pytest
from recorded_runs import copied, recorded
from screens import app_over
from six_moments import with_six_moments

from dec_core.data import Dataset, own
from dec_core.reading.run import Run
from dec_core.runs.folder import RunFolder
from dec_core.runs.history import RunReader


@pytest.fixture(scope="session")
def finished_run(finished_run, tmp_path_factory) -> RunFolder:
    """In place of the run that all tests share."""
    return with_six_moments(finished_run, tmp_path_factory.mktemp("six"))


@pytest.fixture(scope="session")
def runs(finished_run, small, digits, tmp_path_factory) -> SimpleNamespace:
    """A folder with a run, another one of the same data, one without labels and one of every fourth of own images."""
    root = tmp_path_factory.mktemp("inspect") / "runs"
    root.mkdir()
    unlabelled = own.keep(Dataset("mine", digits.images[:400], None), root)
    labelled = own.keep(Dataset("named", digits.images[:400], digits.y[:400], tuple("abcdefghij")), root)
    short = small.changed(batch_size=50, pretrain_epochs=2, max_iterations=40)
    return SimpleNamespace(
        root=root,
        run=Run.open(copied(finished_run, root)),
        other=Run.open(recorded(root, small.changed(random_state=1, pretrain_epochs=2, max_iterations=20))),
        unlabelled=Run.open(recorded(root, short.changed(dataset=unlabelled))),
        labelled=Run.open(recorded(root, short.changed(dataset=labelled, n_samples=100))),
    )


@pytest.fixture(scope="module")
def app(runs):
    with app_over(runs.root):
        yield


@pytest.fixture(scope="session")
def now(runs):
    return runs.run.at(-1)


@pytest.fixture(scope="session")
def worst(now) -> dict[str, str]:
    """The cell of the confusion matrix with the most errors."""
    counts = np.zeros((10, 10), int)
    np.add.at(counts, (now.run.y[now.wrong], now.labels[now.wrong]), 1)
    true, cluster = np.unravel_index(counts.argmax(), counts.shape)
    return {"true": now.run.classes[true], "cluster": now.run.letters[cluster]}


@pytest.fixture(scope="session")
def run(finished_run) -> Run:
    return Run.open(finished_run)


@pytest.fixture(scope="session")
def snapshots(finished_run) -> list[dict]:
    """What the snapshots hold."""
    return [finished_run.load_arrays(item["file"]) for item in RunReader(finished_run).refresh().snapshots]


@pytest.fixture
def laid_out_at_once(monkeypatch):
    """UMAP, that leaves everything where it starts."""
    monkeypatch.setattr("dec_core.work.postprocess.umap_plane", lambda z, start, *_, **__: start.astype(np.float32))
    monkeypatch.setattr("dec_core.work.postprocess.umap_layout", lambda x, start, *_, **__: start)


@pytest.fixture(scope="session")
def complete(finished_run, tmp_path_factory) -> Run:
    """A run with UMAP and neighbours; UMAP compiles at its first call."""
    from dec_core.work.postprocess import add_inspection, add_umap

    folder = copied(finished_run, tmp_path_factory.mktemp("complete"))
    add_umap(folder)
    assert Run.open(folder).at(-1).spaces() == ["umap", "pca"] and not Run.open(folder).added
    add_inspection(folder)
    return Run.open(folder)
