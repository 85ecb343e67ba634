"""What Learn computes in the browser is what the library computes."""

import numpy as np
import pytest
from driving import opened

from dec_core.analysis.assignment import soft_assignment, target_distribution
from dec_core.lessons.pieces import FORMULAS
from pages.learn import scenes
from pages.learn.component import script

LOAD = """async (source) => {
  window.dec = await import(URL.createObjectURL(new Blob([source], { type: "text/javascript" })));
}"""
ALL = """({ z, centers, alpha, rate }) => {
  const q = dec.softAssignment(z, centers, alpha), p = dec.target(q);
  const gradient = dec.gradients(z, centers, p, alpha);
  return { q, p, kl: dec.divergence(p, q), gradient, z: dec.descended(z, gradient.z, rate) };
}"""

UPDATES = """({ z, centers, settings, n }) => {
  const states = [dec.begun(z, centers, settings)];
  for (let i = 0; i < n; i++) states.push(dec.update(states.at(-1), settings));
  return states.map(({ moves, made, z, centers, q, p, kl }) => ({ moves, made, z, centers, q, p, kl }));
}"""


@pytest.fixture(scope="module")
def formulas(browser):
    """A blank page in which `dec` are the formulas of dec.js."""
    complaints = []
    page = opened(browser, complaints)
    page.evaluate(LOAD, script("dec.js", "descent.js"))
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


def test_far_from_all_centers_a_large_alpha_leaves_every_number_finite(formulas):
    z, centers = np.array([[0.0, 0.0], [1e5, 0.0]]), np.array([[1e5, 0.0], [0.0, 2e5]])
    got = formulas.evaluate(ALL, {"z": z.tolist(), "centers": centers.tolist(), "alpha": 100.0, "rate": 0.3})
    q = soft_assignment(z, centers, 100.0)
    np.testing.assert_allclose(got["q"], q, rtol=1e-9, atol=0)
    assert q[0, 1] == pytest.approx(4.0**-50.5, rel=1e-5) and np.isfinite(got["gradient"]["z"]).all()
    kl = formulas.evaluate("() => dec.divergence([[0.5, 0.5]], [[1, 0]])")
    assert np.isfinite(kl)  # a p that is held while the point moves away


@pytest.mark.parametrize(
    ("start", "alpha", "rate", "interval"), [("good", 1, 0.1, 1), ("merged", 0.3, 0.05, 7), ("far", 4, 0.2, 3)]
)
def test_updates_of_the_stepper_are_those_of_the_library(formulas, start, alpha, rate, interval):
    z, centers, n = scenes.points(4, 7), scenes.centers(start, 4, 7), 30
    settings = {"alpha": alpha, "rate": rate, "interval": interval}
    given = {"z": z.tolist(), "centers": centers.tolist(), "settings": settings, "n": n}
    states = formulas.evaluate(UPDATES, given)
    p = None
    for move, state in enumerate(states):
        np.testing.assert_allclose(state["z"], z, rtol=0, atol=1e-6)
        np.testing.assert_allclose(state["centers"], centers, rtol=0, atol=1e-6)
        q = soft_assignment(z, centers, alpha)
        np.testing.assert_allclose(state["q"], q, rtol=0, atol=1e-6)
        assert state["moves"] == move
        if p is not None:  # that which was held until here
            np.testing.assert_allclose(state["kl"], mean_divergence(p, z, centers, alpha), rtol=0, atol=1e-6)
        if move % interval == 0:
            p = target_distribution(q)
        elif move:
            np.testing.assert_allclose(state["p"], p, rtol=0, atol=1e-6)
        z, centers = moved(z, centers, p, alpha, rate)


def moved(z, centers, p, alpha, rate):
    """Points and centers after one step down the divergence, summed over the points: DEC, equations 4 and 5."""
    away = z[:, None] - centers  # (n, n_clusters, 2)
    weight = (p - soft_assignment(z, centers, alpha)) / (1 + np.sum(away**2, axis=2) / alpha)
    force = (alpha + 1) / alpha * weight[..., None] * away
    return z - rate * force.sum(axis=1), centers + rate * force.sum(axis=0)


def test_formulas_of_sentences_take_and_give_what_lessons_are_checked_by(formulas):
    given = {name: dict.fromkeys(takes, 0.7) for name, (takes, _) in FORMULAS.items()}
    every = "given => Object.entries(dec.FORMULAS).map(([name, formula]) => [name, formula(given[name])])"
    got = formulas.evaluate(every, given)
    assert {name: tuple(results) for name, results in got} == {name: gives for name, (_, gives) in FORMULAS.items()}
    q = soft_assignment(np.zeros((1, 1)), np.array([[1.5], [-4.0]]), 2.5)[0]
    sentence = "given => dec.FORMULAS['two-centers'](given)"
    assert formulas.evaluate(sentence, {"alpha": 2.5, "near": 1.5, "far": 4})["q"] == pytest.approx(q[0], abs=1e-12)
    shares = np.array([[0.6, 0.4], [0.9, 0.1], [0.9, 0.1], [0.2, 0.8]])
    fill = shares[:, 0].sum() / shares[:, 1].sum()
    p = formulas.evaluate("given => dec.FORMULAS['two-clusters'](given)", {"q": 0.6, "fill": fill})["p"]
    assert p == pytest.approx(target_distribution(shares)[0, 0], abs=1e-12)
    pull = {"alpha": 2.5, "p": 0.9, "q": 0.7, "distance": 1.5}
    assert formulas.evaluate("given => dec.FORMULAS.pull(given)", pull)["pull"] == pytest.approx(
        3.5 / 2.5 * 0.2 * 1.5 / (1 + 2.25 / 2.5)
    )
