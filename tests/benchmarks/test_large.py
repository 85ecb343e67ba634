"""The benchmark of images that do not fit into memory, in small: what it makes, and what its table says."""

import json

import numpy as np
import pytest

from benchmarks import large
from benchmarks.__main__ import main


@pytest.fixture
def trained(monkeypatch):
    """Instead of trainings of minutes: what they would cost, and where they were to be kept."""
    asked = []

    def figures(file, root, gigabytes, *, killed):
        asked.append((file.name, root, killed))
        n = len(np.load(file, mmap_mode="r"))
        names = ("whole", "anonymous_gb", "acc", "pretraining", "centers", "clustering", "disk_mb")
        return {"n": n, **dict.fromkeys(names, 0.5)}

    monkeypatch.setattr(large, "trained", figures)
    return asked


@pytest.mark.parametrize(("can_limit", "said"), [(True, "a limit of 4 GB"), (False, "no limit of memory")])
def test_each_call_trains_anew_and_the_table_says_whether_memory_was_limited(
    can_limit, said, trained, tmp_path, monkeypatch, capsys
):
    monkeypatch.setattr(large, "_can_limit", lambda: can_limit)
    for _ in range(2):
        assert main(["large", "--work", str(tmp_path), "--images", "300", "--beside", "20"]) == 0
        assert said in capsys.readouterr().out
    assert [killed for _, _, killed in trained] == [False, True] * 2
    assert len({root for _, root, _ in trained}) == 4
    images, labels = (np.load(tmp_path / f"many-{what}-300.npy") for what in ("images", "labels"))
    assert images.shape == (300, 28, 28) and len(labels) == 300 and len(np.unique(labels)) == 10
    capsys.readouterr()
    assert main(["large", "--work", str(tmp_path), "--images", "300", "--beside", "20", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["rows"]["mapped"]["n"] == 300


def test_what_is_trained_prints_nothing_between_the_figures(tmp_path, capfd):
    large._run(["presets"], tmp_path, 4.0)
    assert capfd.readouterr().out == ""


def test_an_epoch_too_short_to_be_killed_in_is_told_as_such(tmp_path):
    with pytest.raises(RuntimeError, match="ended before it left a checkpoint within its epoch; take more --images"):
        large._run(["presets"], tmp_path, 4.0, killed_at=0.5)
