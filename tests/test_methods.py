"""What a method has and can stands in one table, and nobody else asks for a method's name."""

import ast
from pathlib import Path

import pytest

from dec_core.config import RunConfig, fields
from dec_core.methods import METHODS, PHASES, fits_mixture, held_steps, uses_mixture_target

ROOT = Path(__file__).parents[1]
MODULES = sorted(
    path
    for room in ("dec_core", "pages")
    for path in (ROOT / room).rglob("*.py")
    if path.name not in ("methods.py", "config.py", "presets.py", "glossary.py")  # which give the names their meaning
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

    assert having("has_network") == {"dec", "joint", "autoencoder"}
    assert having("trains_centers") == {"dec", "joint"} and having("trains_decoder") == {"joint"}
    assert having("places_new_images") == having("q_from_z") == set(METHODS) - {"umap_gmm"}
    assert having("centers_are_images") == {"kmeans", "umap_gmm"}
    assert METHODS["dec"].phases == METHODS["joint"].phases == PHASES
    assert METHODS["autoencoder"].phases == PHASES[:2] and METHODS["umap_gmm"].phases == PHASES[1:2]


@pytest.mark.parametrize(
    ("method", "first_target", "target", "fits"),
    [
        ("dec", "kmeans", False, False), ("dec", "umap_gmm", True, True), ("joint", "umap_gmm", True, True),
        ("autoencoder", "umap_gmm", False, False), ("kmeans", "umap_gmm", False, False),
        ("umap_gmm", "kmeans", False, True),
    ],
)  # fmt: skip
def test_where_a_mixture_is_fitted_and_where_its_groups_are_a_target(method, first_target, target, fits):
    config = RunConfig.make(method=method, first_target=first_target, first_target_steps=7)
    assert (uses_mixture_target(config), fits_mixture(config)) == (target, fits)
    assert held_steps(config) == (7 if target else 0)
