"""docs/library.md: its examples run, one after the other, and it leaves out no public name."""

import os
import re
from pathlib import Path

import pytest

import dec_core
from dec_core import DEC
from dec_core.model_answers import ModelAnswers
from dec_core.model_config import ModelConfig
from dec_core.model_file import SavedModel

PAGE = Path(__file__).parents[1] / "docs" / "library.md"
EXAMPLES = re.findall(r"^```python\n(.*?)^```$", PAGE.read_text(encoding="utf-8"), re.M | re.S)
A_RUN = "runs/20261124-195530-3f2a"


@pytest.mark.slow
def test_the_examples_run_one_after_the_other(finished_run, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "runs").mkdir()
    os.symlink(finished_run.path.resolve(), tmp_path / A_RUN)
    namespace = {}
    for number, example in enumerate(EXAMPLES):
        exec(compile(example, f"{PAGE.name}, example {number + 1}", "exec"), namespace)
    printed = capsys.readouterr().out
    assert "{'latent_dim': 'received 0, expected greater than or equal to 1'}" in printed
    assert "[DEC] epoch 5 of 5" in printed
    ari = re.search(r"^\d\.\d+$", printed, re.M)
    assert ari and float(ari[0]) > 0.95


def test_every_public_name_stands_in_an_example():
    code = "\n".join(EXAMPLES)
    own = {
        name for part in (DEC, ModelAnswers, ModelConfig, SavedModel) for name in vars(part) if not name.startswith("_")
    }
    assert {"fit", "save", "set_params"} <= own
    names = {*dec_core.__all__, *own} - {"__version__", "config_", "get_params"}  # said in words
    assert {name for name in names if not re.search(rf"\b{name}\b", code)} == set()
