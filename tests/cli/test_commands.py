"""What the commands print, train and refuse."""

import gzip
import json
import os
import re
import shlex
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from dec_core.cli import COMMANDS, MOVED, main, parser_of, progress, run
from dec_core.cli.options import config_from
from dec_core.config import RunConfig
from dec_core.data import load
from dec_core.glossary import page
from dec_core.runs.folder import RunFolder
from dec_core.runs.lock import training_lock

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
QUICK = ["--data", "digits", "--set", "pretrain_epochs=3", "--set", "max_iterations=80", "--set", "first_target=kmeans"]


def command(*arguments):
    return [sys.executable, "-m", "dec_core", *map(str, arguments)]


def listed_commands(help_text):
    """Name and sentence of each command in the list that --help prints."""
    lines = help_text.partition("COMMAND [OPTIONS]\n    ")[2].splitlines()
    return dict(line.split(maxsplit=1) for line in lines)


def test_help_tells_every_command_in_a_line_and_loads_no_heavy_library():
    script = """
import sys
from dec_core.cli import main
try:
    main(["--help"])
finally:
    print(*sys.modules, file=sys.stderr)
"""
    environment = {**os.environ, "COLUMNS": "80"}
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, cwd=ROOT, env=environment)
    names = [command.__name__.rpartition(".")[2].replace("_", "-") for command in COMMANDS]
    assert list(listed_commands(done.stdout)) == [name for name in names if name not in ("worker", "cluster")]
    loaded = {name.partition(".")[0] for name in done.stderr.split()}
    assert "dec_core" in loaded
    assert not loaded & {"numpy", "scipy", "sklearn", "pandas", "matplotlib", "plotly", "optuna", "tensorflow", "keras"}


@pytest.mark.parametrize("name", MOVED)
def test_a_command_that_has_moved_says_where_it_is(name, capsys):
    assert main([name, "--no-such-option"]) == 2
    error = capsys.readouterr().err
    assert error.startswith(f"error: {name} has moved: python -m benchmarks {name}") and error.count("\n") == 1


def test_an_error_of_many_lines_becomes_one(capsys):
    def fail(options):
        raise ValueError("first\n  second\n\nthird")

    def add_parser(commands):
        commands.add_parser("fail").set_defaults(run=fail)

    parser = parser_of("dec", "", [SimpleNamespace(add_parser=add_parser)])
    assert run(parser, ["fail"]) == 2
    assert capsys.readouterr().err == "error: first; second; third\n"


def test_a_term_is_explained_and_all_of_them_are_the_page(capsys):
    assert main(["glossary", "alpha"]) == 0
    output = capsys.readouterr().out
    assert "Degrees of freedom" in output and "DEC, equation 1" in output and "alpha=1.0" in output
    assert main(["glossary"]) == 0
    assert capsys.readouterr().out == page()


def test_commands_keep_runs_where_the_app_does(monkeypatch, tmp_path):
    def folder_of_runs():
        return parser_of("dec", "", COMMANDS).parse_args(["train", "first-look"]).out

    monkeypatch.delenv("DEC_RUNS", raising=False)
    assert folder_of_runs() == Path("runs")
    monkeypatch.setenv("DEC_RUNS", str(tmp_path))
    assert folder_of_runs() == tmp_path


def test_a_reader_that_stops_reading_is_no_error():
    command = f"{sys.executable} -m dec_core presets --json | head -c 10"
    done = subprocess.run(command, shell=True, capture_output=True, text=True, cwd=ROOT, check=True)
    assert done.stdout and not done.stderr


def test_a_reader_of_stderr_that_stops_reading_ends_no_training(tmp_path):
    read, write = os.pipe()
    os.close(read)
    arguments = command("train", "first-look", *QUICK, "--out", tmp_path, "--json")
    done = subprocess.run(arguments, stdout=subprocess.PIPE, stderr=write, text=True, cwd=ROOT)
    os.close(write)
    assert done.returncode == 0 and json.loads(done.stdout)["state"] == "finished"


@pytest.mark.skipif(sys.platform == "win32", reason="there is no sh")
def test_without_stderr_what_belongs_there_is_not_on_stdout(tmp_path):
    arguments = shlex.join(command("train", "first-look", *QUICK, "--out", tmp_path, "--json"))
    done = subprocess.run(f"{arguments} 2>&-", shell=True, stdout=subprocess.PIPE, text=True, cwd=ROOT)
    assert done.returncode == 0 and json.loads(done.stdout)["state"] == "finished"


def test_an_interrupt_speaks_of_runs_where_there_are_some_alone(tmp_path, finished_run, capsys, monkeypatch):
    def be_interrupted(*arguments, **options):
        raise KeyboardInterrupt

    monkeypatch.setattr("dec_core.data.readers.read", be_interrupted)
    assert main(["predict", str(finished_run.path), "x.npy"]) == 130
    assert capsys.readouterr().err == "Interrupted.\n"
    monkeypatch.setattr(progress, "_drive", lambda folder: True)
    assert main(["repeat", "first-look", *QUICK, "--out", str(tmp_path)]) == 130
    assert capsys.readouterr().err.endswith("Interrupted; the runs so far are saved.\n")


def test_presets_can_be_read_by_people_and_programs(capsys):
    assert main(["presets"]) == 0
    assert re.search(r"^first-look +10 000", capsys.readouterr().out, re.M)
    assert main(["presets", "--json"]) == 0
    read = json.loads(capsys.readouterr().out)
    assert RunConfig.make(**read["tutorial-dec"]) == RunConfig.make()


def test_train_shows_a_bar_and_ends_in_one_object(tmp_path, capsys):
    assert main(["train", "first-look", *QUICK, "--seed", "2", "--out", str(tmp_path), "--json"]) == 0
    printed = capsys.readouterr()
    result = json.loads(printed.out.splitlines()[-1])
    assert 0.1 < result["acc"] <= 1 and {"nmi", "ari"} <= result.keys()
    assert result["n_iterations"] == 80 and result["state"] == "finished" and result["random_state"] == 2
    parts = [result[f"seconds_{part}"] for part in ("pretrain", "centers", "cluster")]
    assert result["seconds"] == pytest.approx(sum(parts), abs=0.03)
    run = RunFolder(Path(result["run_dir"]))
    assert run.config.dataset == "digits" and run.config.n_samples is None and run.path.parent == tmp_path
    assert "autoencoder" in printed.err and "loss=" in printed.err
    assert "clustering" in printed.err and "ACC=" in printed.err and "left" in printed.err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["train", "first-lok"], "expected one of first-look, "),
        (["train", "first-look", "--set", "latent_dim"], "expected FIELD=VALUE"),
        (["train", "first-look", "--set", "latent=3"], "no such field"),
        (["train", "first-look", "--set", "latent_dim=many"], "latent_dim: received 'many'"),
        (["train", "first-look", "--data", "cats"], "there is no file or folder cats; expected mnist, digits"),
        (["train", "tutorial-conv-dec", "--data", "own-lost-1a2b3c4d"], "there is no 'own-lost-1a2b3c4d'"),
        (["train", "first-look", "--pretrained", "nowhere"], "cannot be read"),
        (["predict", "nowhere", "x.npz"], "with a config.json in it"),
        (["train", "first-look", "--subset", "70001"], "use 70000 or fewer"),
        (["resume", "nowhere"], "with a config.json in it"),
        (["repeat", "first-look", "--seeds", "0"], "expected 1 or more"),
        (["train", "first-look", "--out", __file__], "test_commands.py"),
    ],
)
def test_bad_input_exits_with_2_and_one_line(arguments, said, capsys):
    assert main(arguments) == 2
    error = capsys.readouterr().err
    assert said in error and error.startswith("error: ") and error.count("\n") == 1


@pytest.mark.skipif(sys.platform == "win32", reason="Windows sends no SIGINT to a child")
def test_ctrl_c_keeps_what_was_trained_and_resume_goes_on(tmp_path, capsys):
    training = subprocess.Popen(
        command("train", "first-look", *QUICK, "--set", "pretrain_epochs=400", "--out", tmp_path, "--json"),
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=ROOT,
    )  # fmt: skip
    while not list(tmp_path.glob("*/events.jsonl")) and training.poll() is None:
        time.sleep(0.1)
    training.send_signal(signal.SIGINT)
    out, err = training.communicate()
    assert training.returncode == 130 and json.loads(out)["state"] == "stopped" and "Traceback" not in err
    assert err.strip().splitlines()[-1].startswith("Interrupted; kept in ")
    (run,) = tmp_path.iterdir()
    assert RunFolder(run).status.state == "stopped"

    shorter = RunFolder(run).config.changed(pretrain_epochs=RunFolder(run).status.progress["epoch"] + 1)
    (run / "config.json").write_text(shorter.to_json())
    assert main(["resume", str(run), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["state"] == "finished"
    assert main(["resume", str(run)]) == 2


def test_repeat_gives_mean_min_and_max_over_seeds(tmp_path, capsys):
    assert main(["repeat", "first-look", *QUICK, "--seeds", "2", "--out", str(tmp_path), "--json"]) == 0
    printed = capsys.readouterr()
    read = json.loads(printed.out)
    accuracies = [run["acc"] for run in read["runs"]]
    assert [run["random_state"] for run in read["runs"]] == [0, 1]
    assert read["summary"]["acc"] == {"mean": sum(accuracies) / 2, "min": min(accuracies), "max": max(accuracies)}
    assert f"| min | {min(accuracies):.4f} |" in printed.err


def test_what_repeat_has_by_ctrl_c_is_printed(tmp_path, capsys, monkeypatch):
    trained = iter([{"acc": 0.5, "random_state": 0, "state": "finished"}])

    def train_or_be_interrupted(config, root):
        try:
            return next(trained)
        except StopIteration:
            raise KeyboardInterrupt from None

    monkeypatch.setattr(progress, "train_quietly", train_or_be_interrupted)
    assert main(["repeat", "first-look", *QUICK, "--seeds", "3", "--out", str(tmp_path), "--json"]) == 130
    printed = capsys.readouterr()
    assert json.loads(printed.out)["summary"]["acc"] == {"mean": 0.5, "min": 0.5, "max": 0.5}
    assert "| 0 | 0.5000 |" in printed.err and "Interrupted" in printed.err


@pytest.fixture
def images(tmp_path):
    """A file of images without labels, and one of new ones, 8x8."""
    digits = load("digits")
    np.savez(tmp_path / "mine.npz", x=digits.images[:300])
    np.save(tmp_path / "new.npy", digits.images[300:330])
    return tmp_path


def test_a_file_that_is_called_like_stored_data_is_a_file(tmp_path, digits, monkeypatch):
    np.savez(tmp_path / "own-photos.npz", x=digits.images[:300])
    monkeypatch.chdir(tmp_path)
    options = {"preset": "first-look", "config": None, "subset": None, "set": [], "skip_unreadable": False}
    given = SimpleNamespace(**options, data="own-photos.npz", out=tmp_path / "runs")
    assert config_from(given).dataset.startswith("own-own-photos-")


@pytest.mark.parametrize(
    ("preset", "chosen", "deskew", "centered"),
    [
        ("first-look", [], False, True),
        ("first-look", ["centered=false", "deskew=true"], True, False),
        ("tutorial-dec", [], False, False),
    ],
)
def test_of_ones_own_images_the_mean_is_subtracted_and_nothing_is_deskewed(
    images, preset, chosen, deskew, centered, capsys
):
    options = {"preset": preset, "config": None, "subset": None, "set": chosen, "skip_unreadable": False}
    config = config_from(SimpleNamespace(**options, data=str(images / "mine.npz"), out=images / "runs"))
    assert (config.deskew, config.centered) == (deskew, centered)
    kept = config_from(SimpleNamespace(**options, data=config.dataset, out=images / "runs"))
    assert kept == config
    bundled = config_from(SimpleNamespace(**options, data="digits", out=images / "runs"))
    assert bundled.centered is False


def test_ones_own_data_keep_within_the_limits_of_uploads(tmp_path, capsys):
    head = bytes([0, 0, 8, 3]) + np.array((500, 100, 100), ">u4").tobytes()
    (tmp_path / "images.gz").write_bytes(gzip.compress(head + bytes(5_000_000)))
    assert main(["train", "first-look", "--data", str(tmp_path / "images.gz"), "--out", str(tmp_path / "runs")]) == 2
    assert "times its size, expected at most 200, as images do; give it unpacked" in capsys.readouterr().err


def test_ones_own_data_trains_without_labels_and_new_images_are_sorted(images, capsys):
    short = ["--set", "pretrain_epochs=3", "--set", "max_iterations=40", "--set", "batch_size=50", "--json"]
    assert main(["train", "first-look", "--data", str(images / "mine.npz"), *short, "--out", str(images / "runs")]) == 0
    captured = capsys.readouterr()
    assert "300 images of 8×8 pixels" in captured.err and "No labels" in captured.err
    result = json.loads(captured.out.splitlines()[-1])
    assert "acc" not in result and {"silhouette", "confidence"} <= result.keys()

    assert main(["predict", result["run_dir"], str(images / "new.npy"), "--csv", str(images / "out.csv")]) == 0
    table = (images / "out.csv").read_text().splitlines()
    assert table[0].startswith("index,cluster,confidence,q_0") and len(table) == 31
    first = [float(value) for value in table[1].split(",")]
    assert first[1] == max(range(10), key=lambda j: first[3 + j]) and sum(first[3:]) == pytest.approx(1, abs=1e-4)
    assert "and 10 more" in capsys.readouterr().out


def test_a_run_that_diverged_is_not_resumed_and_the_remedy_can_be_typed(tmp_path, small, capsys):
    folder = RunFolder.create(tmp_path, small, "running")
    diverged = {"event": "Diverged", "phase": "clustering", "epoch": 6, "iteration": 40, "message": "Gone."}
    folder.set_status(replace(folder.status, state="failed", progress=diverged, message="Gone."))
    assert main(["resume", str(folder.path)]) == 2
    errors = capsys.readouterr().err
    command = errors.partition("Try: python -m dec_core ")[2].split()
    assert command == ["train", "--config", str(folder.path / "config.json"), "--set", "cluster_learning_rate=0.002"]
    assert folder.status.state == "failed"


def test_a_run_that_another_process_trains_is_not_resumed(tmp_path, small, capsys):
    folder = RunFolder.create(tmp_path, small, "stopped")
    with training_lock(folder):
        assert main(["resume", str(folder.path)]) == 2
    errors = capsys.readouterr().err
    assert "is being trained by process" in errors and errors.count("\n") == 1
    assert folder.status.state == "stopped" and not folder.records()[0]
