"""python -m benchmarks table: what it trains and writes."""

import json

import pytest

from benchmarks.__main__ import main
from benchmarks.table import machine_of
from dec_core.runs.folder import RunFolder

pytestmark = pytest.mark.slow


def test_a_row_names_the_machine_that_trained_its_run(tmp_path, small):
    run = RunFolder.create(tmp_path, small, "finished")
    assert machine_of(run) == {"processor": "a machine that was not recorded"}
    versions = {"dec_core": "0.5", "python": "3.11.9", "tensorflow": "2.19.0", "keras": "3.9.0", "umap-learn": "0.5"}
    run.append({"event": "Started", "versions": versions, "processor": "Other", "cores": 2, "system": "Linux x86_64"})
    assert machine_of(run) == {
        "processor": "Other", "system": "Linux", "python": "3.11.9", "tensorflow": "2.19.0", "keras": "3.9.0",
    }  # fmt: skip


def test_the_table_trains_what_is_missing_and_shares_autoencoders(tmp_path, capsys):
    short = {"dataset": "digits", "n_samples": "300", "pretrain_epochs": 2, "batch_size": 50, "max_iterations": 20}
    arguments = ["table", "--resume", "--out", str(tmp_path / "runs"), "--docs", str(tmp_path / "docs")]
    arguments += [part for name, value in short.items() for part in ("--set", f"{name}={value}")]
    arguments += ["--presets", "kmeans-pixels", "tutorial-dec", "tutorial-dense-joint"]
    assert main(arguments) == 0
    read = json.loads((tmp_path / "docs" / "reproduction.json").read_text())
    rows = {system["preset"]: system["runs"][0] for system in read["systems"]}
    assert list(rows) == ["kmeans-pixels", "tutorial-dec", "tutorial-dense-joint"]
    assert rows["tutorial-dec"]["seconds_pretrain"] == rows["tutorial-dense-joint"]["seconds_pretrain"] > 0
    assert rows["kmeans-pixels"]["seconds_pretrain"] == rows["kmeans-pixels"]["n_iterations"] == 0
    text = (tmp_path / "docs" / "reproduction.md").read_text()
    assert f"| 0.96231 | {rows['tutorial-dec']['acc']:.4f} |" in text and "/" + "runs" not in text
    before = set((tmp_path / "runs").iterdir())
    assert main(arguments) == 0
    assert set((tmp_path / "runs").iterdir()) == before  # nothing was trained again
    assert json.loads((tmp_path / "docs" / "reproduction.json").read_text()) == read
