"""dec_core as a library: what its wheel holds, what it needs, and what it gives at the top."""

import ast
import inspect
import os
import subprocess
import sys
import tomllib
from fnmatch import fnmatch
from importlib import import_module
from pathlib import Path

import pytest
from packaging.requirements import Requirement

ROOT = Path(__file__).parents[1]
CORE = ROOT / "dec_core"
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
REQUIREMENTS = {line.name: line for line in map(Requirement, PYPROJECT["project"]["dependencies"])}
OPTIONAL = {
    line.name: line
    for extra in PYPROJECT["project"]["optional-dependencies"].values()
    for line in map(Requirement, extra)
}
DISTRIBUTIONS = {  # of modules that come under another name
    "PIL": "pillow",
    "markdown_it": "markdown-it-py",
    "yaml": "pyyaml",
    "dask": "distributed",
    "pydantic_core": "pydantic",
    "sklearn": "scikit-learn",
    "typing_extensions": "pydantic",
    "umap": "umap-learn",
}


def folders_with_code() -> list[Path]:
    return sorted({path.parent for path in ROOT.rglob("*.py") if ".venv" not in path.parts})


def test_the_wheel_holds_every_package_of_the_library_and_nothing_else():
    (pattern,) = PYPROJECT["tool"]["setuptools"]["packages"]["find"]["include"]
    packages = {
        str(folder.relative_to(ROOT)).replace("/", ".")
        for folder in folders_with_code()
        if (folder / "__init__.py").exists()
    }
    shipped = {name for name in packages if fnmatch(name, pattern)}
    assert shipped == {".".join(f.relative_to(ROOT).parts) for f in folders_with_code() if f.is_relative_to(CORE)}
    assert "benchmarks" in packages - shipped


def test_the_wheel_holds_every_file_that_is_no_code():
    globs = [
        (name.replace(".", "/"), pattern)
        for name, patterns in PYPROJECT["tool"]["setuptools"]["package-data"].items()
        for pattern in patterns
    ]
    shipped = {path for folder, pattern in globs for path in (ROOT / folder).glob(pattern) if path.is_file()}
    files = {
        path
        for path in CORE.rglob("*")
        if path.is_file() and path.suffix != ".py" and "__pycache__" not in path.parts  # numba caches there as well
    }
    assert CORE / "py.typed" in files and files == shipped


def test_the_console_script_is_the_command_line(capsys, monkeypatch):
    module, _, function = PYPROJECT["project"]["scripts"]["dec"].partition(":")
    monkeypatch.setattr(sys, "argv", ["/usr/local/bin/dec", "--help"])
    with pytest.raises(SystemExit) as end:
        getattr(import_module(module), function)()
    assert end.value.code == 0 and capsys.readouterr().out.startswith("usage: dec COMMAND")


def test_the_version_is_written_once():
    import dec_core

    assert "version" in PYPROJECT["project"]["dynamic"]
    module, _, name = PYPROJECT["tool"]["setuptools"]["dynamic"]["version"]["attr"].rpartition(".")
    assert (module, name) == ("dec_core", "__version__") and dec_core.__version__.count(".") == 2


def test_the_top_names_all_it_promises_and_waits_for_tensorflow_until_it_is_used():
    script = """
import sys
import dec_core
assert set(dec_core.__all__) <= set(dir(dec_core)) and "tensorflow" not in sys.modules
from dec_core import DEC, ConfigError, RunConfig, presets
assert "tensorflow" not in sys.modules
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, cwd=ROOT)
    assert done.returncode == 0, done.stderr


@pytest.mark.slow
def test_the_top_gives_all_it_promises():
    import dec_core

    given: dict[str, object] = {}
    exec("from dec_core import *", given)
    assert all(given[name] is getattr(dec_core, name) for name in dec_core.__all__)
    assert given["ClusteringLayer"].__module__ == "dec_core.networks.clustering_layer"


def test_what_the_top_does_not_have_is_an_attribute_error():
    import dec_core

    with pytest.raises(AttributeError, match="'dec_core' has no attribute 'Dec'"):
        dec_core.Dec  # noqa: B018


def test_every_library_that_is_imported_is_declared():
    known = {*sys.stdlib_module_names, "dec_core"}
    imported = set()
    for path in CORE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                imported |= {alias.name.partition(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module:
                imported.add(node.module.partition(".")[0])
    assert {DISTRIBUTIONS.get(name, name) for name in imported - known} <= REQUIREMENTS.keys() | OPTIONAL.keys()


def test_the_versions_that_are_tested_lie_within_the_bounds():
    lines = (ROOT / "requirements.lock").read_text(encoding="utf-8").splitlines()
    pins = {name.lower(): version for name, _, version in (line.partition("==") for line in lines if "==" in line)}
    for name, requirement in (REQUIREMENTS | OPTIONAL).items():
        assert requirement.specifier.contains(pins[name]), requirement


@pytest.mark.parametrize("name", ["keras", "tensorflow", "umap-learn", "numba", "optuna"])
def test_what_may_change_under_us_is_bounded_above(name):
    assert any(part.operator == "<" for part in REQUIREMENTS[name].specifier)


@pytest.mark.parametrize("name", ["DEC", "ClusteringLayer", "RunConfig", "ConfigError"])
def test_what_the_top_gives_is_typed(name):
    import dec_core

    methods = [
        method
        for attribute, method in vars(getattr(dec_core, name)).items()
        if inspect.isfunction(method) and (attribute == "__init__" or not attribute.startswith("_"))
    ]
    assert methods
    for method in methods:
        given = [part for part in inspect.signature(method).parameters.values() if part.name != "self"]
        assert all(part.annotation is not part.empty for part in given), method.__qualname__
        assert method.__name__ == "__init__" or "return" in method.__annotations__, method.__qualname__


@pytest.mark.slow
def test_tensorflow_prints_nothing_when_it_starts():
    environment = {name: value for name, value in os.environ.items() if name != "TF_CPP_MIN_LOG_LEVEL"}
    code = "from dec_core import ClusteringLayer; print(ClusteringLayer(3).name)"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env=environment, capture_output=True, text=True, check=True
    )
    assert (done.stdout, done.stderr) == ("clustering_layer\n", "")
