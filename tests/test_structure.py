"""Who may import whom, what the web process must not import, and that the code is tidy."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
CORE = ROOT / "dec_core"

BASIC = {"architecture", "config", "json_text", "methods"}
MAY_IMPORT = {
    "methods": set(),
    "architecture": {"methods"},
    "config": {"architecture", "json_text", "methods"},
    "json_text": set(),
    "glossary": {"config"},
    "presets": {"config"},
    "data": {"config"},
    "analysis": {"architecture"},
    "networks": {"architecture"},
    "training": {*BASIC, "analysis", "data", "networks"},
    "estimator": {*BASIC, "analysis", "data", "training"},
    "figures": {*BASIC, "analysis", "glossary"},
    "runs": {*BASIC, "data", "presets"},
    "reading": {*BASIC, "analysis", "data", "presets", "runs"},
    "sweeps": BASIC,
    "work": {*BASIC, "analysis", "data", "networks", "presets", "runs", "sweeps", "training"},
    "cli": {
        *BASIC,
        "analysis",
        "data",
        "figures",
        "glossary",
        "networks",
        "presets",
        "reading",
        "runs",
        "sweeps",
        "work",
    },
    "__init__": {*BASIC, "estimator", "networks", "presets"},
    "__main__": {"cli"},
}


def imports(path: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module)
    return found


def room_of(path: Path) -> str:
    return path.relative_to(CORE).parts[0].removesuffix(".py")


@pytest.mark.parametrize("path", sorted(CORE.rglob("*.py")), ids=lambda p: str(p.relative_to(CORE)))
def test_rooms_import_only_what_they_may(path):
    room, found = room_of(path), imports(path)
    assert not {name.split(".")[0] for name in found} & {"streamlit", "benchmarks", "pages", "tests"}
    rooms = {name.split(".")[1] for name in found if name.startswith("dec_core.")}
    assert rooms <= MAY_IMPORT[room] | {room}


@pytest.mark.parametrize("path", [ROOT / "app.py", *sorted((ROOT / "pages").rglob("*.py"))], ids=lambda p: p.name)
def test_pages_import_neither_the_method_nor_its_libraries(path):
    for name in imports(path):
        assert name.split(".")[0] not in ("tensorflow", "keras", "umap", "sklearn", "scipy")
        assert not name.startswith(("dec_core.training", "dec_core.networks", "dec_core.cli"))


def modules_after(code: str) -> set[str]:
    script = f"import sys\n{code}\nprint(*{{name.split('.')[0] for name in sys.modules}})"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, cwd=ROOT, check=True)
    return set(done.stdout.split())


WEB = [
    module
    for room in (
        "pages",
        *(f"dec_core/{name}" for name in ("data", "analysis", "figures", "runs", "reading", "sweeps")),
    )
    for module in sorted((ROOT / room).rglob("*.py"))
    if module.stem not in ("main", module.parent.name)  # scripts, which draw
]


def test_what_the_web_process_imports_brings_no_tensorflow():
    """Every module of every room that a page may import, all in one fresh process."""
    names = [".".join(module.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__") for module in WEB]
    heavy = modules_after("import " + ", ".join([*names, "dec_core.work.supervisor"]))
    assert not heavy & {"tensorflow", "keras", "umap", "numba"}


def test_the_package_alone_is_light():
    assert not modules_after("import dec_core") & {"tensorflow", "keras", "umap", "numpy", "sklearn", "plotly"}


def test_who_makes_no_sweep_waits_for_no_database_library():
    names = "dec_core.work.supervisor, dec_core.runs.history, dec_core.sweeps.plan, dec_core.cli"
    assert not modules_after(f"import {names}") & {"optuna", "sqlalchemy", "alembic"}


def test_a_model_that_is_not_trained_brings_no_tensorflow():
    heavy = {"tensorflow", "keras", "umap", "numba", "plotly", "matplotlib"}
    assert not modules_after("from dec_core import DEC\nDEC(n_clusters=3).get_params()") & heavy


@pytest.mark.parametrize("command", [["format", "--check", "-q"], ["check", "-q"]], ids=["format", "lint"])
def test_ruff_is_content(command):
    done = subprocess.run([sys.executable, "-m", "ruff", *command, "."], capture_output=True, text=True, cwd=ROOT)
    assert done.returncode == 0, done.stdout


def test_requirements_are_pinned_as_locked():
    lock = set((ROOT / "requirements.lock").read_text().split())
    for name in ("requirements.txt", "requirements-test.txt"):
        wanted = [line for line in (ROOT / name).read_text().splitlines() if line and not line.startswith("#")]
        assert wanted and set(wanted) <= lock
