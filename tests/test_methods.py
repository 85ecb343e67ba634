"""What a method has and can stands in one table, and nobody else asks for a method's name."""

import ast
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from dec_core import DEC
from dec_core.analysis.assignment import mixture_assignment, q_by, soft_assignment
from dec_core.config import RunConfig
from dec_core.fields import fields
from dec_core.methods import METHODS, PHASES, fits_mixture, held_steps, uses_mixture_target

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[1]
MODULES = sorted(
    path
    for room in ("dec_core", "pages")
    for path in (ROOT / room).rglob("*.py")
    if path.name not in ("methods.py", "run_config.py", "presets.py", "glossary.py")  # which give names their meaning
)
DISTINCT = set(METHODS) - {"dec", "kmeans", "autoencoder"}  # these are words for other things, too


def asks_for_a_name(node: ast.AST) -> bool:
    """Whether a node compares `x.method` with a text or texts, or looks it up in another table than METHODS."""
    is_method = lambda it: isinstance(it, ast.Attribute) and it.attr == "method"  # noqa: E731
    if isinstance(node, ast.Compare):
        sides = [node.left, *node.comparators]
        return any(map(is_method, sides)) and not all(map(is_method, sides))
    if isinstance(node, ast.Subscript):
        return is_method(node.slice) and not (isinstance(node.value, ast.Name) and node.value.id == "METHODS")
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "get":
        return bool(node.args) and is_method(node.args[0])
    if isinstance(node, ast.Match):
        return is_method(node.subject)
    return isinstance(node, ast.Constant) and node.value in DISTINCT


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_module_asks_for_a_methods_name(path):
    tree = ast.parse(path.read_text(encoding="utf-8"))
    assert not [node.lineno for node in ast.walk(tree) if asks_for_a_name(node)]


@pytest.mark.parametrize(
    "code",
    ["c.method == 'dec'", "c.method not in NAMES", "{'dec': 1}[c.method]", "NAMES.get(c.method)", "name == 'joint'"],
)
def test_the_test_above_would_find_it(code):
    assert any(asks_for_a_name(node) for node in ast.walk(ast.parse(code)))


@pytest.mark.parametrize("code", ["METHODS[c.method].has_network", "a.method == b.method", "METHODS[m].z == 'code'"])
def test_and_lets_the_rest_pass(code):
    assert not any(asks_for_a_name(node) for node in ast.walk(ast.parse(code)))


def test_the_config_offers_all_of_them():
    assert fields()["method"]["choices"] == list(METHODS)


def test_what_each_of_them_has_and_can():
    def having(what: str) -> set[str]:
        return {name for name, method in METHODS.items() if getattr(method, what)}

    assert having("has_network") == {"dec", "joint", "dcn", "vade", "autoencoder"}
    assert having("trains_centers") == {"dec", "joint", "dcn", "vade"}
    assert having("trains_decoder") == {"joint", "dcn", "vade"} and having("is_variational") == {"vade"}
    assert having("has_target") == {"dec", "joint"} and having("shows_target") == set(METHODS) - {"dcn", "vade"}
    assert having("places_new_images") == set(METHODS) - {"umap_gmm"} and having("keeps_q") == {"umap_gmm"}
    assert having("centers_are_images") == {"kmeans", "umap_gmm"}
    assert METHODS["dec"].phases == METHODS["joint"].phases == PHASES
    assert METHODS["autoencoder"].phases == PHASES[:2] and METHODS["umap_gmm"].phases == PHASES[1:2]


Z, CENTERS, KEPT = np.array([[0.0, 0.0], [1.0, 2.0]]), np.array([[1.0, 0.0], [0.0, 2.0]]), np.array([[1.0, 0], [0, 1]])


@pytest.mark.parametrize("method", METHODS)
def test_how_q_follows_is_known_of_every_method(method):
    kind = METHODS[method].q
    prior = {"mixture_weights": np.array([0.3, 0.7]), "mixture_variances": np.ones((2, 2))}
    expected = {
        "student_t": soft_assignment(Z, CENTERS, 2.0),
        "mixture": mixture_assignment(Z, CENTERS, *prior.values()),
        "responsibilities": KEPT,
    }
    assert np.array_equal(q_by(kind, Z, CENTERS, 2.0, KEPT, prior), expected[kind])


def test_a_q_that_nobody_has_told_how_to_compute_is_an_error():
    with pytest.raises(ValueError, match=r"received 'of_none', expected student_t, mixture or responsibilities"):
        q_by("of_none", Z, CENTERS, 1.0, KEPT)
    with pytest.raises(ValueError, match="received no responsibilities"):
        q_by("responsibilities", Z, CENTERS, 1.0)


def test_all_who_want_a_q_ask_how_it_follows(monkeypatch, finished_run, digits):
    """So that another method's q is never Student's t by mistake: in training, the estimator, Inspect, predict."""
    from dec_core.reading.run import Run
    from dec_core.work.prediction import predict

    model = DEC(config=RunConfig.make(dataset="digits", hidden_units=(8,), pretrain_epochs=1, max_iterations=1))
    model.fit(digits.images[:300])
    monkeypatch.setitem(METHODS, "dec", replace(METHODS["dec"], q="of_none"))
    users = [
        model.state_.q,
        lambda: model.predict_proba(digits.images[:3]),
        lambda: Run.open(finished_run).at(-1).q,
        lambda: predict(finished_run, digits.images[:3]),
    ]
    for user in users:
        with pytest.raises(ValueError, match="received 'of_none'"):
            user()


@pytest.mark.parametrize(
    ("method", "first_target", "target", "fits"),
    [
        ("dec", "kmeans", False, False), ("dec", "umap_gmm", True, True), ("joint", "umap_gmm", True, True),
        ("dcn", "umap_gmm", False, False), ("autoencoder", "umap_gmm", False, False),
        ("kmeans", "umap_gmm", False, False),
        ("umap_gmm", "kmeans", False, True),
    ],
)  # fmt: skip
def test_where_a_mixture_is_fitted_and_where_its_groups_are_a_target(method, first_target, target, fits):
    config = RunConfig.make(method=method, first_target=first_target, first_target_steps=7)
    assert (uses_mixture_target(config), fits_mixture(config)) == (target, fits)
    assert held_steps(config) == (7 if target else 0)
