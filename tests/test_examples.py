import ast
import re
import runpy
import sys
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from types import SimpleNamespace

import nbformat
import pytest
from nbclient import NotebookClient

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[1]
NOTEBOOKS = sorted((ROOT / "examples").glob("*.ipynb"))

SMALLER = {  # than what a reader runs, but every cell
    "3500": "700", "3000": "500", "pretrain_epochs=40": "pretrain_epochs=5",
    "max_iterations=600": "max_iterations=60", "first_target_steps=400": "first_target_steps=40",
}  # fmt: skip


def code_of(notebook):
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


@pytest.mark.night  # it trains; that the library still has what it imports: below
@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.name)
def test_a_notebook_runs_from_top_to_bottom_and_shows_its_figures(path):
    notebook = nbformat.read(path, as_version=4)
    for cell in code_of(notebook):
        for whole, part in SMALLER.items():
            cell.source = cell.source.replace(whole, part)
    client = NotebookClient(notebook, timeout=600, kernel_name="python3", resources={"metadata": {"path": str(ROOT)}})
    client.execute()
    shown = [output.data for cell in code_of(notebook) for output in cell.outputs if "data" in output]
    assert sum("image/png" in data for data in shown) == 7


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.name)
def test_the_library_has_what_a_notebook_imports(path):
    cells = code_of(nbformat.read(path, as_version=4))
    code = "\n".join(re.sub(r"^[%!].*$", "", cell.source, flags=re.M) for cell in cells)  # without IPython's own
    nodes = [node for node in ast.walk(ast.parse(code)) if isinstance(node, ast.ImportFrom)]
    ours = [(node.module, alias.name) for node in nodes if node.module.startswith("dec_core") for alias in node.names]
    assert ours and all(hasattr(import_module(module), name) for module, name in ours)


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.name)
def test_a_notebook_is_stored_without_outputs_and_paths(path):
    notebook = nbformat.read(path, as_version=4)
    nbformat.validate(notebook)
    assert all(not cell.outputs and cell.execution_count is None for cell in code_of(notebook))
    text = path.read_text(encoding="utf-8")
    assert str(ROOT) not in text and str(Path.home()) + "/" not in text


def test_there_are_notebooks():
    assert NOTEBOOKS


def test_a_run_is_handed_to_weights_and_biases_offline(finished_run, monkeypatch):
    given, logged = {}, []

    @contextmanager
    def init(**arguments):
        given.update(arguments)
        yield SimpleNamespace(define_metric=lambda *_, **__: None, log=logged.append, summary=given)

    monkeypatch.setitem(sys.modules, "wandb", SimpleNamespace(init=init))
    monkeypatch.setattr(sys, "argv", ["to_wandb.py", str(finished_run.path)])
    runpy.run_path(str(ROOT / "examples" / "to_wandb.py"), run_name="__main__")
    assert given["mode"] == "offline" and given["config"]["dataset"] == "digits"
    assert given["acc"] == finished_run.status.outcome["acc"]
    accuracies = [told["TargetUpdated/acc"] for told in logged if "TargetUpdated/acc" in told]
    assert len(accuracies) > 1 and any("PretrainProgress/loss" in told for told in logged)
