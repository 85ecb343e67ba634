"""Images one pixel high or wide: clustered as they are, refused before the first event where they cannot be."""

import numpy as np
import pytest

from dec_core import DEC, ConfigError, RunConfig
from dec_core.analysis.umap_gmm import umap_gmm
from dec_core.cli import main
from dec_core.data import Dataset
from dec_core.data.own import keep
from dec_core.runs.folder import RunFolder
from dec_core.work.recorder import record

pytestmark = pytest.mark.slow

PLAIN = {
    "hidden_units": (8,), "latent_dim": 2, "pretrain_epochs": 1, "batch_size": 16, "n_clusters": 2, "kmeans_n_init": 1,
    "update_interval": 5, "max_iterations": 5,
}  # fmt: skip
NEEDS_TWO_SIDES = {
    "deskew": {"deskew": True},
    "augment": {"augment": True},
    "pretrain_augment": {"pretrain_augment": True},
    "features": {"first_target": "umap_gmm", "features": "deformed"},
    "compare_distorted": {"first_target": "umap_gmm", "compare_distorted": True},
}


@pytest.fixture(scope="module", params=[(1, 37), (37, 1)], ids=["high", "wide"])
def images(request):
    rng = np.random.default_rng(0)
    groups = np.repeat([[40], [200]], 20, axis=0) + rng.integers(-30, 30, (40, 37))
    return groups.astype(np.uint8).reshape(40, *request.param)


def kept(images, root) -> str:
    return keep(Dataset("lines.npz", images, np.repeat([0, 1], 20).astype(np.uint8), ("dark", "bright")), root)


def test_a_run_of_them_trains_to_its_end_and_is_judged(images, tmp_path):
    config = RunConfig.make(dataset=kept(images, tmp_path), features="gradients", compare_distorted=True, **PLAIN)
    run = RunFolder.create(tmp_path, config, "running")
    events = [item["event"] for item in record(run)]
    assert "Finished" in events and events[-1] == "Judged" and run.status.state == "finished"


def test_what_has_no_meaning_for_them_is_refused_by_name(images):
    for name, values in NEEDS_TWO_SIDES.items():
        config = RunConfig.make(dataset="own-x", **PLAIN | values)
        with pytest.raises(
            ConfigError, match=rf"{name}: received .* one line, .*(switch it off|choose pixels)"
        ) as error:
            config.check_images(40, images.shape[1:])
        assert list(error.value.problems) == [name]
        assert ("these are vectors of 37 numbers" in str(error.value)) == (images.shape[1] == 1)
        with pytest.raises(ConfigError):
            next(DEC(config).iter_fit(images))


def test_the_command_says_so_before_it_trains(images, tmp_path, capsys):
    name = kept(images, tmp_path)
    given = ["--data", name, "--set", "augment=true", "--set", "batch_size=16"]
    assert main(["train", "tutorial-dec", *given, "--out", str(tmp_path)]) == 2
    assert "augment: received True, but these are " in capsys.readouterr().err
    assert not list(tmp_path.glob("*/events.jsonl"))


@pytest.mark.parametrize("values", [{"features": "gradients"}, {"features": "deformed"}, {"distorted": True}])
def test_the_baseline_says_so_too(images, values):
    with pytest.raises(ValueError, match=r"image_shape: received .* two pixels or more a side"):
        umap_gmm(images.reshape(40, -1), 2, image_shape=images.shape[1:], **values)
