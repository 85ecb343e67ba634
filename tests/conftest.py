"""What several tests share: small data, a small config, and a trained run to look at."""

from __future__ import annotations

import os
import re

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

from dec_core.work.room import THREADS

if "PYTEST_XDIST_WORKER" in os.environ:  # before NumPy counts the cores: threads that wait for one another's turn spin
    os.environ.update(dict.fromkeys(THREADS, "1"))

import pytest
from hypothesis import HealthCheck, settings
from plain_worker import ADDRESS, OWNER

from dec_core.config import RunConfig
from dec_core.data import load
from dec_core.gallery import install
from dec_core.runs.folder import RunFolder

# speed is not tested here, and the same commit passes or fails twice alike
settings.register_profile("ours", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("ours")

pytest_plugins = ["cpu_seconds"]

JOURNEYS = "tests/browser/"
SLOW_FILE = re.compile(r"^pytestmark = .*pytest\.mark\.slow", re.M)
SMALL = {
    "dataset": "digits",
    "hidden_units": (128, 64),
    "latent_dim": 10,
    "pretrain_epochs": 6,
    "pretrain_optimizer": "adam",
    "pretrain_learning_rate": 0.005,
    "batch_size": 128,
    "kmeans_n_init": 3,
    "update_interval": 20,
    "cluster_optimizer": "sgd",
    "cluster_learning_rate": 0.02,
    "max_iterations": 60,
    "tol": 0.0,
}


def pytest_ignore_collect(collection_path, config) -> bool | None:
    """Without slow tests, a file that holds nothing else is not imported: TensorFlow takes as long as all the rest."""
    if "not slow" in config.option.markexpr and collection_path.suffix == ".py":
        return SLOW_FILE.search(collection_path.read_text(encoding="utf-8")) is not None or None
    return None


@pytest.fixture(scope="session", autouse=True)
def forks(tmp_path_factory, worker_id) -> None:
    """Where workers of tests are forked from: one process for all of a session, started by the first of them."""
    base = tmp_path_factory.getbasetemp()
    folder, owner = (base, os.getpid()) if worker_id == "master" else (base.parent, os.getppid())
    os.environ |= {ADDRESS: str(folder / "forks"), OWNER: str(owner)}


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items) -> None:
    """What looks at a run has it trained first, and a stand-in for training imports what it stands for: both are slow.

    The browser comes first, then files with slow tests, so that all processes end at about the same time.
    """
    for item in items:
        if {"finished_run", "stand_in"} & set(item.fixturenames):
            item.add_marker(pytest.mark.slow)
    slow_files = {item.path for item in items if item.get_closest_marker("slow")}
    items.sort(key=lambda item: (not item.nodeid.startswith(JOURNEYS), item.path not in slow_files))


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config, log):
    """The real browser in one process, one file after the other; the other files beside it, whole.

    On two cores three processes: each waits for a third of its time, for a page or for a worker.
    """
    from xdist.scheduler import LoadScopeScheduling

    class ByFile(LoadScopeScheduling):
        def _split_scope(self, nodeid: str) -> str:
            return JOURNEYS if nodeid.startswith(JOURNEYS) else nodeid.partition("::")[0]

    return ByFile(config, log)


@pytest.fixture(scope="session")
def small() -> RunConfig:
    """A run of scikit-learn's digits that takes about a second."""
    return RunConfig.make(**SMALL)


@pytest.fixture(scope="session")
def digits():
    return load("digits")


@pytest.fixture(scope="session")
def finished_run(tmp_path_factory, small) -> RunFolder:
    """A finished run, to read only."""
    from dec_core.work.recorder import record

    folder = RunFolder.create(tmp_path_factory.mktemp("runs"), small, "running")
    for _ in record(folder):
        pass
    return folder


@pytest.fixture(scope="session")
def browser():
    """The one browser of a process: Playwright cannot be started twice in it.

    Only WebGL is computed as a graphics card would; for whole pages that takes ten times as long, and looks the same.
    """
    from benchmarks.serving import browser

    with browser("--disable-gpu-compositing") as launched:
        yield launched


@pytest.fixture
def room(tmp_path, finished_run, monkeypatch):
    """A room with runs of two visitors: `rooms.room_over`."""
    from rooms import room_over

    with room_over(tmp_path / "runs", finished_run, monkeypatch) as runs:
        yield runs


@pytest.fixture
def learn_root(tmp_path):
    """A folder of runs with all recordings and nothing else, and the app over it."""
    from screens import app_over

    root = tmp_path / "runs"
    root.mkdir()
    install(root)
    with app_over(root):
        yield root


@pytest.fixture
def many(monkeypatch):
    """Counts more than 150 images as very many, whose even part is 50, and computes in blocks of 37."""
    from dec_core import even_part
    from dec_core.data import loading
    from dec_core.training import parts, state

    for module in (even_part, state):
        monkeypatch.setattr(module, "MANY", 150)
    monkeypatch.setattr(even_part, "PART", 50)
    monkeypatch.setattr(parts, "BLOCK", 37)
    loading._part.cache_clear()
    yield
    loading._part.cache_clear()


@pytest.fixture(scope="session")
def recorded(tmp_path_factory):
    """Opens a recording at its end, by a folder of runs: what is made of its images lies there."""
    from dec_core.reading.run import Run

    root = tmp_path_factory.mktemp("recordings")
    install(root)
    return lambda name: Run.open(RunFolder(root / name)).at(-1)
