"""Who may import whom, what the web process must not import, and that the code is tidy."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
CORE = ROOT / "dec_core"

PAGE = ROOT / "docs" / "architecture.md"


def rooms_in_docs() -> dict[str, set[str]]:
    """The table of docs/architecture.md: per room, which others it may import."""
    rows = [line.split("|")[1:-1] for line in PAGE.read_text(encoding="utf-8").splitlines() if line.startswith("| `")]
    return {room.strip(" `"): set(others.replace("–", "").replace(",", " ").split()) for room, _, others in rows}


MAY_IMPORT = rooms_in_docs() | {"__init__": {"config", "estimator", "networks", "presets"}, "__main__": {"cli"}}


def imports(path: Path) -> set[str]:
    names = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module)
    return names


def room_of(path: Path) -> str:
    return path.relative_to(CORE).parts[0].removesuffix(".py")


@pytest.mark.parametrize("path", sorted(CORE.rglob("*.py")), ids=lambda p: str(p.relative_to(CORE)))
def test_rooms_import_only_what_they_may(path):
    room, names = room_of(path), imports(path)
    assert not {name.split(".")[0] for name in names} & {"streamlit", "benchmarks", "pages", "tests"}
    rooms = {name.split(".")[1] for name in names if name.startswith("dec_core.")}
    assert rooms <= MAY_IMPORT[room] | {room}


@pytest.mark.parametrize("path", sorted((ROOT / "pages").glob("*/*.py")), ids=lambda p: f"{p.parent.name}/{p.name}")
def test_a_screen_imports_no_other_screen(path):
    rooms = {name.split(".")[1] for name in imports(path) if name.startswith("pages.")}
    assert rooms <= {path.parent.name, "shared"}


@pytest.mark.parametrize("path", [ROOT / "app.py", *sorted((ROOT / "pages").rglob("*.py"))], ids=lambda p: p.name)
def test_pages_import_neither_the_method_nor_its_libraries(path):
    names = imports(path)
    assert not {name.split(".")[0] for name in names} & {"tensorflow", "keras", "umap", "sklearn", "scipy"}
    for name in names:
        if name.startswith("dec_core."):
            assert {name.split(".")[1], ".".join(name.split(".")[1:3])} & MAY_IMPORT["pages"], name


def test_every_room_stands_in_the_docs():
    rooms = {room_of(path) for path in CORE.rglob("*.py")}
    assert rooms == set(MAY_IMPORT) - {"pages"}


def rooms_used() -> dict[str, set[str]]:
    """Per room, which modules and rooms of the package it imports."""
    used = {room: set() for room in MAY_IMPORT}
    for path in [*CORE.rglob("*.py"), ROOT / "app.py", *(ROOT / "pages").rglob("*.py")]:
        room = room_of(path) if path.is_relative_to(CORE) else "pages"
        for name in imports(path):
            if name.startswith("dec_core."):
                used[room] |= {name.split(".")[1], ".".join(name.split(".")[1:3])}
    return used


@pytest.mark.parametrize(("room", "used"), rooms_used().items())
def test_no_permission_is_there_that_nobody_uses(room, used):
    assert MAY_IMPORT[room] <= used


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
