"""Hostile uploads: a share of the thousands that the benchmark reads, and that it would notice what is wrong."""

import pytest

from benchmarks import fuzz_uploads
from benchmarks.fuzz_uploads import Outcome, _in_processes, _outcome, fuzz, is_in_words, table
from benchmarks.hostile_uploads import KINDS, upload, valid
from dec_core.data import DataError
from dec_core.data.uploads import read_files

pytestmark = pytest.mark.slow


def test_two_hundred_are_read_or_refused_in_words_and_run_no_code():
    outcomes, peak, ran = fuzz(200, first=1_000_000)
    assert not ran and 0 < peak < 10**9
    assert [each for each in outcomes if each.outcome not in ("read", "refused")] == []
    assert {each.kind for each in outcomes} == {*KINDS, "whole way"} and len(outcomes) == 202
    assert {"read", "refused"} == {each.outcome for each in outcomes}


def test_an_upload_is_the_same_for_a_seed_but_for_the_time_in_an_archive(tmp_path):
    for seed in range(50):
        (kind, files), (again, others) = (upload(seed, tmp_path / "ran") for _ in range(2))
        assert kind == again and [name for name, _ in files] == [name for name, _ in others]
        assert [len(data) for _, data in files] == [len(data) for _, data in others]


def test_what_is_damaged_is_whole_before():
    pictures = [file for file in valid() if file[0][2:] in ("png", "jpg", "tif", "bmp", "gif")]
    for file in valid():
        assert len(read_files(pictures if file in pictures else [file]).dataset.images) >= 5


@pytest.mark.parametrize(
    ("error", "outcome"),
    [
        (DataError("a.npy: received nothing"), "refused"),
        (MemoryError(), "refused"),
        (DataError("a.npy: <object at 0x7f>"), "no words"),
        (DataError(""), "no words"),
        (KeyError("x"), "crash"),
        (SystemExit(1), "crash"),
    ],
)
def test_what_is_wrong_is_noticed(monkeypatch, error, outcome):
    def fails(files):
        raise error

    monkeypatch.setattr("dec_core.data.uploads.read_files", fails)
    assert _outcome(0, "random", [], []).outcome == outcome
    assert _outcome(0, "random", [], ["os.system"]).outcome == "ran code"


def test_a_process_that_ends_is_noticed_and_the_others_are_read(monkeypatch, tmp_path):
    answers = iter(
        [
            '{"reading": 5, "kind": "table"}\n{"seed": 5, "kind": "table", "outcome": "read", "seconds": 0}\n'
            '{"reading": 6, "kind": "crafted"}\n',
            '{"reading": 7, "kind": "table"}\n{"seed": 7, "kind": "table", "outcome": "read", "seconds": 0}\n'
            '{"memory": 9}\n',
        ]
    )

    class Done:
        returncode, stderr = -11, ""

        def __init__(self, *_, **__):
            self.stdout = next(answers)

    monkeypatch.setattr(fuzz_uploads.subprocess, "run", Done)
    outcomes, peak = _in_processes(5, 8, tmp_path)
    assert [(each.seed, each.outcome) for each in outcomes] == [(5, "read"), (6, "process ended"), (7, "read")]
    assert peak == 9 and "- seed 6, crafted: process ended: -11" in table(outcomes, peak, ran=False)


def test_the_table_counts():
    outcomes = [
        Outcome(1, "table", "read", 0.1),
        Outcome(2, "table", "refused", 0.2, "a: b"),
        Outcome(3, "packed", "crash", 1),
    ]
    text = table(outcomes, 5_000_000, ran=True)
    assert "| table | 2 | 1 | 1 | 0 | 0.2 s |" in text and "| packed | 1 | 0 | 0 | 1 | 1.0 s |" in text
    assert "Code that was run: some. Most memory of a process that reads: 5 MB." in text
    assert is_in_words("a.npy: received nothing, expected images") and not is_in_words("a: b")
