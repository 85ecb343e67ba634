"""Sweeps by the command line."""

import json

import pytest

from dec_core.cli import main

pytestmark = pytest.mark.slow


def test_a_sweep_by_commands(tmp_path, capsys, stand_in):
    out = ["--out", str(tmp_path)]
    vary = ["--vary", "latent_dim=3..5", "--sampler", "grid", "--pruner", "none"]
    csv = ["--csv", str(tmp_path / "t.csv")]
    assert main(["sweep", "first-look", "--name", "mine", "--data", "digits", *vary, *out, *csv]) == 0
    printed = capsys.readouterr()
    assert "3 of 3 trials have ended; 2 finished: acc 0.2500" in printed.err
    rows = [line for line in printed.out.splitlines() if line.startswith("| ")]
    assert [row.split(" | ")[2] for row in rows] == ["latent_dim", "5", "4", "3"]  # best first
    assert "Best agreement 0.5000, trial 2. Trial 2 is kept in" in printed.out
    assert "rank correlation of agreement with accuracy appears after 15 finished trials" in printed.out
    assert "labels" not in printed.out and (tmp_path / "t.csv").read_text().count("\n") == 4

    assert main(["sweep", "--name", "mine", "--resume", *out, "--json"]) == 0
    whole = json.loads(capsys.readouterr().out)
    assert whole["best"]["value"] == 0.5 and len(whole["trials"]) == 3 and whole["plan"]["base"]["dataset"] == "digits"
    assert main(["sweep", "first-look", "--name", "later", "--data", "digits", *vary, *out, "--only-plan"]) == 0
    assert "3 trials wait" in capsys.readouterr().out
    assert main(["sweep-worker", "--study", "later", *out]) == 0
    assert capsys.readouterr().err.startswith("1 of 3 trials have ended")

    by_labels = ["--vary", "latent_dim", "--trials", "1", "--objective", "nmi", *out]
    assert main(["sweep", "first-look", "--name", "by-labels", "--data", "digits", *by_labels]) == 0
    assert "Tuned by labels." in capsys.readouterr().out
    assert main(["sweep", "--name", "by-labels", "--extend", "2", *out]) == 0
    capsys.readouterr()
    assert main(["sweep", "--name", "later", "--pause", *out]) == 0
    assert "--name later --resume" in capsys.readouterr().out
    assert main(["sweeps", *out]) == 0
    first, later, second = capsys.readouterr().out.splitlines()
    assert (
        later.endswith("paused")
        and first.split()[:4] == ["mine", "3", "of", "3"]
        and second.endswith("tuned by labels")
        and "3 of 3" in second
    )


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["sweep", "--name", "x"], "expected one to vary"),
        (["sweep", "first-look", "--name", "x"], "at least one field"),
        (["sweep", "first-look", "--name", "a b", "--vary", "latent_dim"], "name"),
        (["sweep", "--name", "x", "--resume"], "no file"),
        (["sweep", "first-look", "--name", "x", "--csv", "nowhere/trials.csv"], "no folder nowhere; make it first"),
        (["sweeps"], "no file"),
    ],
)
def test_commands_that_cannot_be_obeyed_say_why(tmp_path, capsys, arguments, told):
    assert main([*arguments, "--out", str(tmp_path)]) == 2
    assert told in capsys.readouterr().err
