"""What Learn computes in the browser is what the library computes."""

from pathlib import Path

import numpy as np
import pytest
from driving import opened

from dec_core.analysis.assignment import soft_assignment, target_distribution

LEARN = Path(__file__).parents[2] / "pages" / "learn"
LOAD = """async (source) => {
  window.dec = await import(URL.createObjectURL(new Blob([source], { type: "text/javascript" })));
}"""
ALL = """({ z, centers, alpha, rate }) => {
  const q = dec.softAssignment(z, centers, alpha), p = dec.target(q);
  const gradient = dec.gradients(z, centers, p, alpha);
  return { q, p, kl: dec.divergence(p, q), gradient, z: dec.descended(z, gradient.z, rate) };
}"""


@pytest.fixture(scope="module")
def formulas(browser):
    """A blank page in which `dec` are the formulas of dec.js."""
    complaints = []
    page = opened(browser, complaints)
    page.evaluate(LOAD, (LEARN / "dec.js").read_text(encoding="utf-8"))
    yield page
    page.context.close()
    assert complaints == []


def mean_divergence(p, z, centers, alpha):
    """KL(P || Q) as a mean over the points, p held, as the training loop has it."""
    q = soft_assignment(z, centers, alpha)
    return float(np.mean(np.sum(p * np.log(p / q), axis=1)))


def slopes(function, at, h=1e-5):
    """The gradient of a function of an array by central differences."""
    out = np.zeros_like(at)
    for index in np.ndindex(at.shape):
        step = np.zeros_like(at)
        step[index] = h
        out[index] = (function(at + step) - function(at - step)) / (2 * h)
    return out


@pytest.mark.parametrize("alpha", [0.1, 0.5, 1.0, 2.7, 10.0])
def test_q_p_divergence_and_gradients_are_those_of_the_library(formulas, alpha):
    draw = np.random.default_rng(int(10 * alpha))
    for n, k, dims in ((1, 2, 2), (30, 5, 2), (12, 3, 4)):
        z, centers = draw.normal(0, 2, (n, dims)), draw.normal(0, 2, (k, dims))
        given = {"z": z.tolist(), "centers": centers.tolist(), "alpha": alpha, "rate": 0.3}
        got = formulas.evaluate(ALL, given)
        q = soft_assignment(z, centers, alpha)
        p = target_distribution(q)
        np.testing.assert_allclose(got["q"], q, rtol=0, atol=1e-12)
        np.testing.assert_allclose(got["p"], p, rtol=0, atol=1e-12)
        np.testing.assert_allclose(got["kl"], mean_divergence(p, z, centers, alpha), rtol=0, atol=1e-12)
        of_z = n * slopes(lambda at: mean_divergence(p, at, centers, alpha), z)  # noqa: B023
        of_centers = n * slopes(lambda at: mean_divergence(p, z, at, alpha), centers)  # noqa: B023
        np.testing.assert_allclose(got["gradient"]["z"], of_z, rtol=0, atol=1e-6)
        np.testing.assert_allclose(got["gradient"]["centers"], of_centers, rtol=0, atol=1e-6)
        np.testing.assert_allclose(got["z"], z - 0.3 * of_z, rtol=0, atol=1e-6)
