import json
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from dec_core.cli import main
from dec_core.config import RunConfig
from dec_core.runs.folder import RunFolder

ROOT = Path(__file__).parents[1]
QUICK = ["--data", "digits", "--set", "pretrain_epochs=3", "--set", "max_iterations=80"]


def command(*arguments):
    return [sys.executable, "-m", "dec_core", *map(str, arguments)]


def test_presets_can_be_read_by_people_and_programs(capsys):
    assert main(["presets"]) == 0
    assert re.search(r"^first-look +10 000", capsys.readouterr().out, re.M)
    assert main(["presets", "--json"]) == 0
    read = json.loads(capsys.readouterr().out)
    assert RunConfig.make(**read["tutorial-dec"]) == RunConfig.make()


def test_train_shows_a_bar_and_ends_in_one_object(tmp_path):
    done = subprocess.run(
        command("train", "first-look", *QUICK, "--seed", 2, "--out", tmp_path, "--json"),
        capture_output=True, text=True, cwd=ROOT, check=True,
    )  # fmt: skip
    result = json.loads(done.stdout.splitlines()[-1])
    assert 0.1 < result["acc"] <= 1 and {"nmi", "ari"} <= result.keys()
    assert result["n_iterations"] == 80 and result["state"] == "finished" and result["random_state"] == 2
    assert result["seconds"] == pytest.approx(result["seconds_pretrain"] + result["seconds_cluster"], abs=0.02)
    run = RunFolder(Path(result["run_dir"]))
    assert run.config.dataset == "digits" and run.config.n_samples is None and run.path.parent == tmp_path
    assert "autoencoder" in done.stderr and "loss=" in done.stderr
    assert "clustering" in done.stderr and "ACC=" in done.stderr and "left" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["train", "first-lok"], "expected one of first-look, "),
        (["train", "first-look", "--set", "latent_dim"], "expected FIELD=VALUE"),
        (["train", "first-look", "--set", "latent=3"], "no such field"),
        (["train", "first-look", "--set", "latent_dim=many"], "latent_dim: received 'many'"),
        (["train", "first-look", "--data", "cats"], "mnist or digits"),
        (["train", "first-look", "--subset", "70001"], "use 70000 or fewer"),
        (["resume", "nowhere"], "with a config.json in it"),
        (["repeat", "first-look", "--seeds", "0"], "expected 1 or more"),
    ],
)
def test_bad_input_exits_with_2_and_one_line(arguments, said, capsys):
    assert main(arguments) == 2
    error = capsys.readouterr().err
    assert said in error and error.startswith("error: ") and error.count("\n") == 1


@pytest.mark.skipif(sys.platform == "win32", reason="Windows sends no SIGINT to a child")
def test_ctrl_c_keeps_what_was_trained_and_resume_goes_on(tmp_path):
    training = subprocess.Popen(
        command("train", "first-look", *QUICK, "--set", "pretrain_epochs=400", "--out", tmp_path, "--json"),
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=ROOT,
    )  # fmt: skip
    until = time.monotonic() + 60
    while not list(tmp_path.glob("*/events.jsonl")) and time.monotonic() < until:
        time.sleep(0.1)
    training.send_signal(signal.SIGINT)
    out, err = training.communicate(timeout=60)
    assert training.returncode == 130 and out == "" and "Traceback" not in err
    assert err.strip().splitlines()[-1].startswith("Interrupted; kept in ")
    (run,) = tmp_path.iterdir()
    assert RunFolder(run).status.state == "stopped"

    shorter = RunFolder(run).config.changed(pretrain_epochs=RunFolder(run).status.progress["epoch"] + 1)
    (run / "config.json").write_text(shorter.to_json())
    done = subprocess.run(command("resume", run, "--json"), capture_output=True, text=True, cwd=ROOT, check=True)
    assert json.loads(done.stdout)["state"] == "finished"
    assert main(["resume", str(run)]) == 2


def test_repeat_gives_mean_min_and_max_over_seeds(tmp_path, capsys):
    assert main(["repeat", "first-look", *QUICK, "--seeds", "2", "--out", str(tmp_path), "--json"]) == 0
    lines = capsys.readouterr().out.strip().splitlines()
    read = json.loads(lines[-1])
    accuracies = [run["acc"] for run in read["runs"]]
    assert [run["random_state"] for run in read["runs"]] == [0, 1]
    assert read["summary"]["acc"] == {"mean": sum(accuracies) / 2, "min": min(accuracies), "max": max(accuracies)}
    assert f"| min | {min(accuracies):.4f} |" in lines[-3]


def test_bench_prints_both_and_the_ratio(capsys):
    assert main(["bench", "--samples", "1024", "--json"]) == 0
    read = json.loads(capsys.readouterr().out.splitlines()[-1])
    for row in read["rows"]:
        assert row["ratio"] == pytest.approx(row["keras"] / row["ours"], rel=0.05)
