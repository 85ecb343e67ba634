"""python -m benchmarks memory: its table, its record, and that a process's highest memory is in bytes."""

import json

import numpy as np
import pytest

from benchmarks import memory
from benchmarks.__main__ import main


def test_each_case_is_a_row_in_gigabytes(tmp_path, capsys, monkeypatch):
    def said(dtype, n):
        return {"dtype": dtype, "n": n, "images": n * 784, "before": 4e8, "fit": 1e9, "predict": 1.25e9}

    monkeypatch.setattr(memory, "in_a_process", said)
    kept = tmp_path / "kept.json"
    assert main(["memory", "--history", str(kept)]) == 0
    assert "| 70000 as uint8 | 0.05 GB | 0.40 GB | 1.00 GB | 1.25 GB |" in capsys.readouterr().out
    [record] = json.loads(kept.read_text())
    assert record["kind"] == "memory" and [row["n"] for row in record["rows"]] == [70_000, 200_000, 200_000]


def test_the_highest_memory_is_in_bytes_and_never_falls():
    before = memory.highest()
    assert 2e7 < before < 1e11
    taken = np.ones(before // 8 + 10_000_000)  # more than has ever been in use
    after = memory.highest()
    assert after >= taken.nbytes
    del taken
    assert memory.highest() >= after


@pytest.mark.night  # it trains; what is printed: above
@pytest.mark.slow
def test_what_fit_takes_is_measured_in_a_process_of_its_own():
    row = memory.in_a_process("float32", 512)
    assert row["images"] == 512 * 784 * 4 and row["before"] <= row["fit"] <= row["predict"]
