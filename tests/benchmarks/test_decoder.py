"""python -m benchmarks decoder, on a small run."""

import numpy as np
import pytest

from benchmarks import decoder

pytestmark = pytest.mark.slow


class Halves:
    """A network whose z is two numbers and whose decoder gives them back, or swaps them."""

    input_shape = (2,)
    cluster_centers = np.array([[1.0, 0.0], [0.0, 1.0]])

    def __init__(self, swap: bool):
        self.decoder = (lambda z: np.asarray(z)[:, ::-1]) if swap else np.asarray
        self.encoder = np.asarray

    def clustering_layer(self, z):
        return np.exp(-np.linalg.norm(z[:, None] - self.cluster_centers, axis=2))


def test_centers_come_back_by_hand():
    assert decoder.n_that_come_back(Halves(swap=False)) == 2 and decoder.n_that_come_back(Halves(swap=True)) == 0


def test_the_error_by_hand():
    x = np.array([[255, 0], [0, 255]], dtype=np.uint8)
    assert decoder.reconstruction_error(Halves(swap=False), x) == 0
    assert decoder.reconstruction_error(Halves(swap=True), x) == 1


def test_a_run_is_measured(small):
    acc, ratio, n_back, n = decoder.measure(small.changed(pretrain_epochs=1, max_iterations=20))
    assert 0 < acc <= 1 and ratio > 0 and 0 <= n_back <= n == 10
