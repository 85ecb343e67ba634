"""What is known is not computed again, and a run that takes it ends as one that computes all."""

import os
import threading
from dataclasses import replace

import numpy as np
import pytest

from dec_core.config import RunConfig
from dec_core.fields import pretraining_of
from dec_core.runs.folder import RunFolder
from dec_core.runs.history import RunReader
from dec_core.training.mixture import mixture_of
from dec_core.work.pretraining import STAGE
from dec_core.work.recorder import record
from dec_core.work.stages import FOLDER, Stages

pytestmark = pytest.mark.slow
OF_DATA = {"dataset", "n_samples", "deskew"}


@pytest.fixture(scope="module")
def config(small) -> RunConfig:
    """A joint run whose first target is a mixture's, on few images."""
    return small.changed(
        n_samples=400, hidden_units=(32, 16), batch_size=64, pretrain_epochs=3, method="joint", first_target="umap_gmm",
        first_target_steps=30, gmm_n_init=2,
    )  # fmt: skip


def trained(root, config) -> RunFolder:
    folder = RunFolder.create(root, config, "running")
    for _ in record(folder):
        pass
    assert folder.status.state == "finished"
    return folder


def result_of(folder):
    """Labels, centers and p of the last snapshot: equal bit for bit or not at all."""
    history = RunReader(folder).refresh()
    arrays = folder.load_arrays(history.snapshots[-1]["file"], "labels", "cluster_centers")
    return arrays["labels"].tobytes(), arrays["cluster_centers"].tobytes()


@pytest.fixture(scope="module")
def first(tmp_path_factory, config):
    """A run that has left all its stages."""
    return trained(tmp_path_factory.mktemp("runs"), config)


@pytest.fixture(scope="module")
def changed(config) -> RunConfig:
    """Another run, which differs in fields of the clustering alone."""
    return config.changed(gamma=0.5, update_interval=10, alpha=2.0)


@pytest.fixture(scope="module")
def alone(tmp_path_factory, changed):
    """The other run where nothing is known."""
    return trained(tmp_path_factory.mktemp("alone"), changed)


@pytest.mark.parametrize("forgotten, taken", [("", "autoencoder mixture"), ("mixture umap", "autoencoder"),
                                              ("mixture", "autoencoder"), ("autoencoder", "mixture")])  # fmt: skip
def test_a_run_ends_alike_whichever_of_its_stages_are_known(first, changed, alone, tmp_path, forgotten, taken):
    (tmp_path / FOLDER).mkdir()
    for path in (first.path.parent / FOLDER).iterdir():
        if path.name.partition("-")[0] not in forgotten.split():
            (tmp_path / FOLDER / path.name).hardlink_to(path)
    run = trained(tmp_path, changed)
    history, unshared = RunReader(run).refresh(), RunReader(alone).refresh()
    assert set(history.taken) == set(taken.split()) and unshared.taken == ()
    assert result_of(run) == result_of(alone)
    assert run.status.outcome == alone.status.outcome
    assert [r["loss"] for r in history.pretrain] == [r["loss"] for r in unshared.pretrain]
    assert history.baseline == pytest.approx(unshared.baseline) and history.mixture is not None
    assert [r["file"] for r in history.snapshots] == [r["file"] for r in unshared.snapshots]
    assert history.centers["n_starts"] == unshared.centers["n_starts"]


def test_a_network_without_a_mixture_shares_its_pretraining_too(first, config, tmp_path):
    dec = config.changed(method="dec", first_target="kmeans")
    shared, alone = trained(first.path.parent, dec), trained(tmp_path, dec)
    assert RunReader(shared).refresh().taken == ("autoencoder",)
    assert result_of(shared) == result_of(alone)
    seconds = [record["seconds"] for record in shared.records()[0] if "seconds" in record]
    assert seconds == sorted(seconds)  # those of the pretraining count, as they are in its curve


def test_another_number_of_clusters_computes_its_mixture_in_the_same_umap(first, config, tmp_path):
    nine = config.changed(n_clusters=9)
    n_umaps = len(list((first.path.parent / FOLDER).glob("umap-*")))
    shared, alone = trained(first.path.parent, nine), trained(tmp_path, nine)
    assert result_of(shared) == result_of(alone)
    assert len(list((first.path.parent / FOLDER).glob("umap-*"))) == max(n_umaps, len(list(tmp_path.glob("*/umap-*"))))


def test_keys_hold_what_a_stage_depends_on_and_nothing_else(config):
    """Of what is not Clustering, all but the method acts on the autoencoder; what the mixture needs is listed here."""
    assert set(mixture_of(config)) - OF_DATA == {
        "random_state", "n_clusters", "features", "n_neighbors", "compare_distorted", "gmm_n_init"
    }  # fmt: skip
    assert not {"gamma", "alpha", "n_clusters", "update_interval", "augment", "tol"} & set(pretraining_of(config))


def test_other_images_labels_and_fields_are_other_stages(tmp_path, digits):
    stages = Stages(tmp_path, digits)
    stages.save("umap", {"seed": 1, "dataset": "digits"}, {"z": np.arange(3)}, 2.5)
    assert stages.load("umap", {"seed": 1, "dataset": "the same images by another name"})["z"].tolist() == [0, 1, 2]
    assert stages.taken == {"umap": 2.5}
    assert stages.load("umap", {"seed": 2}) is None and stages.load("mixture", {"seed": 1}) is None
    images, y = digits.images.copy(), digits.y.copy()
    images[0, 0, 0] ^= 1
    y[0] += 1
    for other in (replace(digits, images=images), replace(digits, y=y), replace(digits, y=None)):
        assert Stages(tmp_path, other).load("umap", {"seed": 1}) is None


def test_another_program_or_machine_is_another_stage(tmp_path, digits, monkeypatch):
    stages = Stages(tmp_path, digits)
    path = stages.path("umap", {})
    monkeypatch.setattr("dec_core.work.stages.trained_with", lambda: {"processor": "another"})
    assert stages.path("umap", {}) != path


def test_a_damaged_stage_is_computed_again_and_replaced(tmp_path, config, first):
    (tmp_path / FOLDER).mkdir()
    for path in (first.path.parent / FOLDER).iterdir():
        content = bytearray(path.read_bytes())
        content[len(content) // 2 :] = b"\0" * (len(content) - len(content) // 2)
        (tmp_path / FOLDER / path.name).write_bytes(content)
    run = trained(tmp_path, config)
    assert RunReader(run).refresh().taken == () and result_of(run) == result_of(first)
    again = trained(tmp_path, config)
    assert set(RunReader(again).refresh().taken) == {STAGE, "mixture"}


def test_what_was_unused_for_longest_goes_first(tmp_path, digits):
    stages = Stages(tmp_path, digits, most_bytes=30_000)  # three of them, not four
    for number, name in enumerate("abc"):
        stages.save(name, {}, {"z": np.zeros(1000)}, 0.0)
        os.utime(stages.path(name, {}), (number, number))
    assert stages.load("a", {}) is not None  # used, and so younger than the others
    stages.save("d", {}, {"z": np.zeros(1000)}, 0.0)
    assert {name for name in "abcd" if stages.path(name, {}).exists()} == set("acd")


def test_a_disk_that_takes_nothing_costs_a_stage_and_no_run(tmp_path, digits):
    (tmp_path / FOLDER).write_text("no folder")
    stages = Stages(tmp_path, digits)
    assert stages.known("umap", {}, lambda: {"z": np.ones(2)})["z"].tolist() == [1, 1]
    assert stages.load("umap", {}) is None


def test_two_may_write_one_stage_at_once(tmp_path, digits):
    begun, wrong = threading.Barrier(2), []

    def write() -> None:
        stages = Stages(tmp_path, digits)
        begun.wait()
        for _ in range(20):
            stages.save("umap", {}, {"z": np.arange(1000)}, 1.0)
            if (read := stages.load("umap", {})) is None or read["z"].tolist() != list(range(1000)):
                wrong.append(read)

    threads = [threading.Thread(target=write) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong and [path.name for path in (tmp_path / FOLDER).iterdir()] == [
        Stages(tmp_path, digits).path("umap", {}).name
    ]
