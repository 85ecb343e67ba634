"""python -m benchmarks peers: what it trains here, what it writes, and that it measures nothing twice."""

import json

import numpy as np
import pytest

from benchmarks import clustpy_scores
from benchmarks.__main__ import main
from benchmarks.clustpy_scores import Case
from dec_core.config import RunConfig
from dec_core.data import load

pytestmark = pytest.mark.slow

SMALL = Case("few", "digits", 300, (8,), 1, 1)


def test_both_libraries_are_scored_over_seeds_and_written_into_the_page(tmp_path, capsys, monkeypatch):
    asked = []

    def theirs(case, data, seed):
        def labels_of(method):
            asked.append((method, seed))
            return data.y if seed else np.zeros(len(data.y), dtype=int)

        return labels_of

    monkeypatch.setattr(clustpy_scores, "CASES", (SMALL,))
    monkeypatch.setattr(clustpy_scores, "clustpy", theirs)
    monkeypatch.setattr(clustpy_scores, "PEERS", ())  # torch and clustpy may be missing
    (tmp_path / "recipes.json").write_text('{"rows": [], "changes": {}}')
    for _ in range(2):
        assert main(["peers", "--seeds", "2", "--docs", str(tmp_path)]) == 0
    assert asked == [(method, seed) for seed in (0, 1) for method in ("DEC", "IDEC", "DCN")]
    rows = json.loads((tmp_path / "peers.json").read_text())["rows"]
    assert len(rows) == 12
    y = load("digits", 300).y
    share = np.bincount(y).max() / 300
    ours = [row["acc"] for row in rows if row["library"] == "ours" and row["method"] == "DEC"]
    assert len(ours) == 2 and min(ours) > share
    low, high, mean = round(share, 4), 1, (round(share, 4) + 1) / 2
    text = (tmp_path / "recipes.md").read_text()
    ours_cell = f"{np.mean(ours):.4f} ({min(ours):.4f} – {max(ours):.4f})"
    assert f"| few | DEC | 2 | {mean:.4f} ({low:.4f} – {high:.4f}) | {ours_cell} |" in text
    assert "## Beside ClustPy" in text and "few: layers of 8 and 10, 1 epochs, then 1 of clustering." in text


def test_both_take_as_many_steps():
    config = clustpy_scores.config_of(Case("", "digits", 600, (8,), 3, 7), "IDEC", 600, 4)
    assert (config.max_iterations, config.pretrain_epochs, config.batch_size) == (7 * 3, 3, 256)
    assert (config.method, config.gamma, config.tol, config.random_state) == ("joint", 0.1, 0.0, 4)
    assert config.kmeans_n_init == RunConfig.model_fields["kmeans_n_init"].default
