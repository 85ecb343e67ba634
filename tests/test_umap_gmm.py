"""UMAP and a Gaussian mixture: the baseline that trains nothing."""

import numpy as np
import pytest

from dec_core.analysis.metrics import score
from dec_core.analysis.umap_gmm import umap_gmm
from dec_core.config import RunConfig
from dec_core.data import load
from dec_core.runs.folder import RunFolder
from dec_core.runs.history import RunReader
from dec_core.work.prediction import predict
from dec_core.work.recorder import record

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def found(digits):
    return umap_gmm(digits.x, 10, n_init=3)


def test_it_finds_the_digits(found, digits):
    assert found.z.shape == (1797, 10) and found.z.dtype == np.float32
    assert np.allclose(found.responsibilities.sum(axis=1), 1, atol=1e-4)
    assert score(digits.y, found.responsibilities.argmax(axis=1), 10).acc > 0.85


def test_the_same_seed_gives_the_same_groups(found, digits):
    again = umap_gmm(digits.x, 10, n_init=3)
    assert np.array_equal(again.z, found.z) and np.array_equal(again.responsibilities, found.responsibilities)


@pytest.mark.night  # what UMAP finds on 5 000 digits; that features and distortions are what they say: test_features
def test_directions_of_strokes_say_more_than_pixels_and_more_among_distorted_ones():
    data = load("mnist", 5000)  # of 3000, gradients alone now and then merge two digits

    def accuracy(**compared):
        mixture = umap_gmm(data.x, 10, n_init=3, image_shape=(28, 28), **compared)
        return score(data.y, mixture.responsibilities.argmax(axis=1), 10).acc

    gradients = accuracy(features="gradients")
    assert gradients > 0.95 > 0.9 > accuracy(features="pixels")
    assert accuracy(features="gradients", distorted=True) > gradients
    assert accuracy(features="deformed") > gradients


def test_it_tells_what_it_does(digits):
    statuses = []
    umap_gmm(digits.x[:200], 3, n_init=2, tell=statuses.append)
    assert [words.split()[0] for words in statuses] == ["images", "UMAP", "a", "a"] and statuses[-1].endswith("2 of 2")


@pytest.mark.parametrize("shape", [None, (8, 7)])
@pytest.mark.parametrize("features", ["gradients", "deformed"])
def test_strokes_need_the_shape_of_the_images(digits, features, shape):
    with pytest.raises(ValueError, match=r"image_shape: received .*, expected the shape of images of 64 values"):
        umap_gmm(digits.x[:50], 3, features=features, image_shape=shape)


def test_features_that_nobody_knows_are_refused(digits):
    with pytest.raises(ValueError, match=r"features: received 'edges', expected one of pixels, gradients, deformed"):
        umap_gmm(digits.x[:50], 3, features="edges", image_shape=(8, 8))


@pytest.mark.parametrize(
    "x", [np.zeros((40, 64), np.uint8), np.arange(40, dtype=np.uint8)[:, None], np.eye(12, dtype=np.uint8) * 255]
)
def test_odd_data_gives_finite_numbers(x):
    mixture = umap_gmm(x, 3, n_init=1)
    assert np.isfinite(mixture.z).all() and np.isfinite(mixture.responsibilities).all()


def test_as_a_run_it_shows_groups_and_mean_images_and_places_nothing_new(tmp_path, digits):
    config = RunConfig.make(dataset="digits", method="umap_gmm", n_samples=500, gmm_n_init=2)
    folder = RunFolder.create(tmp_path, config, "running")
    events = [item["event"] for item in record(folder) if item["event"] != "TargetProgress"]
    assert events == ["CentersInitialized", "Finished", "Judged"] and folder.status.state == "finished"
    assert folder.status.outcome["acc"] > 0.7
    snapshot = folder.load_arrays(RunReader(folder).refresh().snapshots[-1]["file"])
    assert snapshot["z"].shape == (500, 10) and snapshot["decoded_centers"].shape == (10, 8, 8)
    members = digits.images[:500][snapshot["labels"] == 0].mean(axis=0)
    assert np.abs(members - snapshot["decoded_centers"][0]).mean() < 5
    with pytest.raises(ValueError, match="no network that could place new images"):
        predict(folder, digits.images[:3])
