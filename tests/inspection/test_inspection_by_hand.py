"""What is computed of the moments of a run, by hand: paths, changes, names, stories, a decoder without
TensorFlow.
"""

import numpy as np
import pytest
from inspect_screen import STAYED

from dec_core.analysis import inspection as by
from dec_core.analysis.forward import forward
from dec_core.analysis.metrics import confusion, match
from dec_core.analysis.naming import cluster_order, letter
from dec_core.analysis.story import story
from dec_core.architecture import architecture
from dec_core.config import RunConfig

pytestmark = pytest.mark.slow


def test_a_straight_path_has_both_ends_and_even_steps():
    assert by.straight_path(np.array([0, 1]), np.array([3, -5]), 4).tolist() == [[0, 1], [1, -1], [2, -3], [3, -5]]
    assert by.straight_path(np.zeros(3, np.float16), np.ones(3, np.float16), 2).tolist() == [[0, 0, 0], [1, 1, 1]]


def test_two_clusterings_are_counted_against_each_other():
    a, b = np.array([1, 1, 1, 1, 1, 0, 0, 0, 0], bool), np.array([1, 1, 1, 0, 0, 1, 0, 0, 0], bool)
    assert by.right_and_wrong(a, b).tolist() == [[3, 2], [1, 3]]
    assert by.right_and_wrong(a[:0], b[:0]).tolist() == [[0, 0], [0, 0]]


HISTORY = np.array([[0, 0, 0, 0, 1], [0, 1, 0, 0, 2], [0, 1, 0, 2, 1], [0, 1, 0, 0, 2], [0, 1, 3, 0, 1]], np.uint8)


def test_the_last_change_is_when_a_sample_came_to_stay():
    assert by.last_change(HISTORY).tolist() == [0, 1, 4, 3, 4]
    assert by.last_change(HISTORY[:1]).tolist() == [0] * 5 and by.last_change(HISTORY[:, :0]).shape == (0,)


@pytest.mark.parametrize("n_moments", [1, 2, 4, 5, 8, 16])
def test_who_changed_in_the_last_quarter_is_unsettled(n_moments):
    """Sample i comes to its cluster at moment i, sample 0 is there from the first."""
    history = (np.arange(n_moments)[:, None] >= np.arange(n_moments)).astype(np.uint8)
    last = {1: 0, 2: 1, 4: 1, 5: 1, 8: 2, 16: 4}[n_moments]
    assert by.unsettled(history).tolist() == [False] * (n_moments - last) + [True] * last


def test_flows_are_counted_from_and_to():
    before, now = np.array([0, 0, 0, 1, 1, 3], np.uint8), np.array([1, 1, 0, 1, 3, 0], np.uint8)
    assert by.flows(before, now, 4).tolist() == [[1, 2, 0, 0], [0, 1, 0, 1], [0, 0, 0, 0], [1, 0, 0, 0]]
    assert by.flows(before, before, 4).tolist() == np.diag([3, 2, 0, 1]).tolist()


def test_counterparts_keep_most_samples_not_the_largest_flow():
    before = np.repeat([0, 1, 0, 2, 2], [5, 4, 4, 3, 1])
    now = np.repeat([0, 0, 1, 2, 0], [5, 4, 4, 3, 1])
    assert match(by.flows(before, now, 3)).tolist() == [1, 0, 2]
    turned = np.array([2, 0, 1])[before]
    assert match(by.flows(before, turned, 3)).tolist() == [1, 2, 0]
    assert match(by.flows(before * 0, before * 0, 1)).tolist() == [0]


def test_steadiness_asks_only_those_that_hardly_moved():
    sides = np.repeat([[1.0, 0.0], [-1.0, 0.0]], 10, axis=0)
    shift = np.full((20, 2), 50.0)
    shift[0], shift[1] = (3, 4), (0, 1)  # 5 and 1 far, in a picture of spread 1; then 1 far in one of spread 2
    z = np.arange(20)[:, None] / 10
    planes, embeddings = [sides - shift, sides, 2 * sides], [0 * z, z, z + z[::-1]]
    assert by.steadiness(planes, embeddings) == pytest.approx((3 + 0.5) / 2)
    assert by.steadiness([sides, sides], [z, -z]) == 0 and by.steadiness([sides, 0 * sides], [z, z]) == 0
    with pytest.raises(ValueError, match=r"planes: received 1, expected two moments"):
        by.steadiness(planes[:1], embeddings[:1])


def test_names_of_clusters_can_be_read_back():
    for number in range(2000):
        name = letter(number)
        assert sum(26**i * (ord(sign) - 64) for i, sign in enumerate(reversed(name))) == number + 1


def test_clusters_are_named_in_the_order_of_the_classes_they_were_born_with():
    y, labels = np.array([0, 0, 1, 1, 2, 2, 2]), np.array([2, 2, 3, 3, 0, 0, 1])
    assert cluster_order(confusion(y, labels, 4), 4).tolist() == [2, 3, 0, 1]
    assert cluster_order(None, 3).tolist() == [0, 1, 2]


KNOWN = {"noun": "digit", "cluster": "D of the 3s", "second": "I", "confidence": 0.8149, "runner_up": 0.1049}


TIMES = {"strip": ["D", "D", "D"], "iterations": [0, 20, 40]}


LIES = "D of the 3s: q = 0.81; the runner-up is I with 0.10"


@pytest.mark.parametrize(
    ("values", "told"),
    [
        ({"true": "9", "wrong": True}, f"A 9 assigned to cluster {LIES}. {STAYED}"),
        ({"true": "8", "wrong": False, "confidence": np.nan}, f"An 8 in cluster D of the 3s. {STAYED}"),
        ({"true": "11", "wrong": True, "confidence": np.nan}, f"An 11 assigned to cluster D of the 3s. {STAYED}"),
        ({"noun": "image", "cluster": "D", "confidence": np.nan}, f"One image in cluster D. {STAYED}"),
    ],
)
def test_a_story_tells_what_lies_where(values, told):
    assert story(**({"true": None, "wrong": None} | KNOWN | TIMES | values)) == told


@pytest.mark.parametrize(
    ("strip", "told"),
    [
        ("", ""),
        ("D", ""),
        ("DDDD", STAYED),
        ("ADDD", "It moved here from A at step 20."),
        ("AAAD", "It moved here from A at step 60."),
        ("DABD", "It moved here from B at step 60, the last of 3 changes."),
        ("DADD", "It moved here from A at step 40, the last of 2 changes."),
    ],
)
def test_a_story_tells_where_a_sample_came_from(strip, told):
    values = {**KNOWN, "confidence": np.nan, "strip": list(strip), "iterations": [0, 20, 40, 60][: len(strip)]}
    whole = story(true="3", wrong=False, **values)
    assert whole.removeprefix("A 3 in cluster D of the 3s.").strip() == told


NETWORKS = {
    "the tutorial's": ((28, 28), {"hidden_units": (500, 500, 2000)}),
    "dense, z of one": ((6, 5, 3), {"hidden_units": (20,), "latent_dim": 1}),
    "dense, around the mean": ((28, 28), {"hidden_units": (20,), "centered": True}),
    "conv_transpose, around the mean": ((32, 32, 3), {"autoencoder": "conv_transpose", "centered": True}),
    "conv_transpose, valid": ((28, 28), {"autoencoder": "conv_transpose"}),
    "conv_transpose, not square": ((24, 32), {"autoencoder": "conv_transpose", "filters": (6, 8, 10)}),
    "conv_transpose, colour": ((32, 32, 3), {"autoencoder": "conv_transpose"}),
    "conv_upsampling, valid": ((28, 28), {"autoencoder": "conv_upsampling", "filters": (16, 8, 8)}),
    "conv_upsampling, same": ((8, 8), {"autoencoder": "conv_upsampling", "filters": (8, 8)}),
    "conv_upsampling, colour": ((12, 20, 3), {"autoencoder": "conv_upsampling", "filters": (4, 6)}),
}


@pytest.mark.parametrize(("image_shape", "values"), NETWORKS.values(), ids=NETWORKS)
def test_networks_in_numpy_agree_with_keras(image_shape, values):
    from dec_core.networks import autoencoder

    described = architecture(RunConfig.make(dataset="own-test", **values), image_shape)
    networks, rng = autoencoder(described, "glorot_uniform", 1), np.random.default_rng(3)
    images = rng.random((7, *described.input_shape), np.float32)
    z = rng.normal(scale=3, size=(7, described.latent_dim)).astype(np.float32)
    for network, layers, x in zip(networks, (described.encoder, described.decoder), (images, z), strict=True):
        drawn = [w if w.ndim > 1 else rng.normal(scale=0.3, size=w.shape) for w in network.get_weights()]
        network.set_weights(drawn)
        ours, theirs = forward(x, layers, network.get_weights()), np.asarray(network(x))
        assert ours.shape == theirs.shape == (7, *layers[-1].shape) and ours.dtype == np.float32
        assert np.abs(ours - theirs).max() < 1e-5 * max(1, np.abs(theirs).max())
        assert np.ptp(theirs, axis=0).max() > 0.05
