"""python -m benchmarks table: what it trains and writes."""

import json

import pytest

from benchmarks.__main__ import main

pytestmark = pytest.mark.slow


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
