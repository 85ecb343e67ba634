import json
import re
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from dec_core.cli import main
from dec_core.config import RunConfig
from dec_core.data import load
from dec_core.runs.folder import RunFolder
from dec_core.runs.machine import INSTRUCTIONS

ROOT = Path(__file__).parents[1]
QUICK = ["--data", "digits", "--set", "pretrain_epochs=3", "--set", "max_iterations=80", "--set", "first_target=kmeans"]


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
    parts = [result[f"seconds_{part}"] for part in ("pretrain", "centers", "cluster")]
    assert result["seconds"] == pytest.approx(sum(parts), abs=0.03)
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
        (["train", "first-look", "--data", "cats"], "there is no file or folder cats; expected mnist, digits"),
        (["train", "tutorial-conv-dec", "--data", "own-lost-1a2b3c4d"], "there is no 'own-lost-1a2b3c4d'"),
        (["train", "first-look", "--pretrained", "nowhere"], "cannot be read"),
        (["predict", "nowhere", "x.npz"], "with a config.json in it"),
        (["table", "--presets", "tutorial-dec", "quick"], "expected one of first-look, "),
        (["train", "first-look", "--subset", "70001"], "use 70000 or fewer"),
        (["resume", "nowhere"], "with a config.json in it"),
        (["repeat", "first-look", "--seeds", "0"], "expected 1 or more"),
        (["train", "first-look", "--out", __file__], "test_cli.py"),
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


@pytest.fixture
def images(tmp_path):
    """A file of images without labels, and one of new ones, 8x8."""
    digits = load("digits")
    np.savez(tmp_path / "mine.npz", x=digits.images[:300])
    np.save(tmp_path / "new.npy", digits.images[300:330])
    return tmp_path


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


def test_where_the_answer_goes_is_checked_before_the_work(tmp_path, finished_run, capsys):
    target = tmp_path / "nowhere" / "out.csv"
    assert main(["predict", str(finished_run.path), str(tmp_path / "x.npy"), "--csv", str(target)]) == 2
    assert "there is no folder" in capsys.readouterr().err


def test_new_images_are_brought_to_those_of_the_run(tmp_path, finished_run, digits, capsys):
    def sorted_as(path):
        assert main(["predict", str(finished_run.path), str(path), "--csv", str(tmp_path / "out.csv")]) == 0
        return [line.split(",")[1] for line in (tmp_path / "out.csv").read_text().splitlines()[1:]]

    np.save(tmp_path / "same.npy", digits.images[:12])
    same = sorted_as(tmp_path / "same.npy")
    assert "Brought" not in capsys.readouterr().err
    np.save(tmp_path / "larger.npy", digits.images[:12].repeat(3, axis=1).repeat(3, axis=2))
    assert len(sorted_as(tmp_path / "larger.npy")) == 12
    assert "Brought from 24×24 to the 8×8 pixels of the run." in capsys.readouterr().err
    Image.fromarray(digits.images[3]).convert("RGB").save(tmp_path / "one.png")
    assert sorted_as(tmp_path / "one.png") == same[3:4]
    assert "1 image of 8×8 pixels." in capsys.readouterr().err


def test_predict_gives_back_the_labels_of_the_run(tmp_path, finished_run, digits, capsys):
    np.save(tmp_path / "same.npy", digits.images[:500])
    assert main(["predict", str(finished_run.path), str(tmp_path / "same.npy"), "--csv", str(tmp_path / "o.csv")]) == 0
    clusters = [int(line.split(",")[1]) for line in (tmp_path / "o.csv").read_text().splitlines()[1:]]
    last = sorted((finished_run.path / "snapshots").glob("*.npz"))[-1]
    kept = finished_run.load_arrays(f"snapshots/{last.name}")["labels"]
    assert np.mean(np.array(clusters) == kept[:500]) > 0.998
    classes = [line.split(",")[2] for line in (tmp_path / "o.csv").read_text().splitlines()[1:]]
    assert np.mean(np.array(classes) == digits.y[:500].astype(str)) > 0.3


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


def test_bench_prints_all_ratios_skips_aloud_and_keeps_its_history(tmp_path, capsys, monkeypatch):
    from benchmarks import bench

    def missing(*_):
        raise ImportError("No module named 'torch'")

    monkeypatch.setattr(bench, "WORK", [replace(w, torch=missing, clustpy=w.clustpy and missing) for w in bench.WORK])
    small = {work.preset: bench.PRESETS[work.preset] for work in bench.WORK}
    small = {name: config.changed(hidden_units=(64, 32), filters=(4, 8, 8)) for name, config in small.items()}
    monkeypatch.setattr(bench, "PRESETS", bench.PRESETS | small)
    kept = tmp_path / "kept.json"
    kept.write_text('[{"date": "before"}]')
    assert main(["bench", "--samples", "1024", "--json", "--history", str(kept)]) == 0
    out, err = capsys.readouterr()
    found = json.loads(out.splitlines()[-1])
    rows = found["rows"]
    assert ["dense" in rows[0]["work"], "convolutional" in rows[1]["work"], len(rows)] == [True, True, 3]
    for row in rows:
        assert list(row["seconds"]) == ["float32", "bfloat16"] and list(row["others"]) == ["keras"]
        assert f"keras {row['others']['keras'] / row['seconds']['float32']:.2f} x" in out
    assert [set(row.get("bare", ())) for row in rows] == [{"float32", "bfloat16"}, set(), {"float32", "bfloat16"}]
    assert "PyTorch, compiled is skipped" in err and "ClustPy is skipped" in err
    history = json.loads(kept.read_text())
    assert history[0] == {"date": "before"} and history[1]["rows"] == rows
    assert history[1]["processor"] and set(history[1]["instructions"]) <= set(INSTRUCTIONS)


@pytest.mark.parametrize("preset", ["tutorial-dec", "tutorial-conv-dec"])
def test_the_keras_that_bench_compares_with_is_kerass_own_of_the_same_size(preset):
    from benchmarks import peers
    from dec_core.architecture import architecture
    from dec_core.presets import PRESETS

    config = PRESETS[preset]
    described = architecture(config, (28, 28))
    for ours, keras_model in (
        (described.encoder, peers._keras_encoder(config)),
        (described.decoder, peers._keras_decoder(config)),
    ):
        assert keras_model.count_params() == sum(layer.n_parameters for layer in ours)
        assert keras_model.output_shape[1:] == tuple(ours[-1].shape)
        assert all(type(layer).__module__.startswith("keras.") for layer in keras_model.layers)


def test_the_bare_products_of_an_epoch_are_those_of_its_layers():
    from benchmarks.bench import _epoch_products, _interval_products

    config = RunConfig.make(hidden_units=(500,), batch_size=100, update_interval=3)
    flops = lambda products: sum(2 * a * b * c * times for a, b, c, times in products)  # noqa: E731
    layers = 2 * (784 * 500 + 500 * 10)  # weights of encoder and decoder
    assert flops(_epoch_products(config, 1000)) == 2 * 1000 * (3 * layers - 784 * 500)  # no way back to the images
    encoder = layers // 2
    assert flops(_interval_products(config, 4096)) == 2 * 4096 * encoder + 2 * 300 * (3 * encoder - 784 * 500)


def test_recipes_measure_presets_ingredients_and_the_verdict(tmp_path, capsys, monkeypatch):
    from benchmarks import recipes

    def few(n_seeds, fashion, changes):
        assert fashion is None and changes == {"latent_dim": 3}
        config = RunConfig.make(dataset="digits", method="kmeans", kmeans_n_init=1)
        for section, name in (("presets", "first-look"), ("ingredients", "all"), ("others", "odd")):
            for seed in range(n_seeds):
                yield recipes.Trial(section, name, "MNIST", config.changed(random_state=seed))

    monkeypatch.setattr(recipes, "trials", few)
    arguments = ["recipes", "--seeds", "2", "--set", "latent_dim=3", "--out", str(tmp_path / "runs"), "--docs"]
    assert main([*arguments, str(tmp_path), "--sections", "presets", "ingredients"]) == 0
    text, read = (tmp_path / "recipes.md").read_text(), json.loads((tmp_path / "recipes.json").read_text())
    assert text == recipes.markdown(read) and text.strip() == capsys.readouterr().out.strip()
    assert [row["section"] for row in read["rows"]] == ["presets"] * 2 + ["ingredients"] * 2
    assert len(list((tmp_path / "runs").glob("2*"))) == 2  # what is there already is not trained again
    scores = [row["acc"] for row in read["rows"][:2]]
    assert f"| `first-look` | 2 | {np.mean(scores):.4f} ({min(scores):.4f} – {max(scores):.4f}) |" in text
    assert "--set latent_dim=3" in text and str(tmp_path) not in text
    assert all(0 <= row["least_whole"] < 1 and row["judged"]["size"] >= 1 for row in read["rows"])


def test_recipes_keep_the_rows_that_stand_in_the_file_and_train_what_is_new(tmp_path, capsys, monkeypatch):
    from benchmarks import recipes

    tried = [1, 2]
    row = {"section": "presets", "name": "elsewhere", "data": "Fashion-MNIST", "acc": 0.5, "seconds": 1.0,
           "random_state": 0, "least_whole": 1, "doubted": False, "config": "",
           "machine": {"processor": "P"}}  # fmt: skip

    def starts(n_seeds, fashion, changes):
        config = RunConfig.make(dataset="digits", method="kmeans")
        yield from (recipes.Trial("presets", "k", "MNIST", config.changed(kmeans_n_init=n)) for n in tried)

    monkeypatch.setattr(recipes, "trials", starts)
    (tmp_path / "recipes.json").write_text(json.dumps({"rows": [row, {**row, "data": "MNIST", "config": "old"}]}))
    for n_init, trained in ((2, ["k", "k"]), (5, ["k"])):
        tried[1], before = n_init, json.loads((tmp_path / "recipes.json").read_text())["rows"]
        arguments = ["recipes", "--seeds", "1", "--out", str(tmp_path / f"runs{n_init}"), "--docs", str(tmp_path)]
        assert main([*arguments, "--sections", "presets"]) == 0
        rows = json.loads((tmp_path / "recipes.json").read_text())["rows"]
        assert [r["name"] for r in rows] == ["k", "k", "elsewhere"] and rows[
            -1
        ] == row  # the unknown one of MNIST is gone
        assert len(list((tmp_path / f"runs{n_init}").glob("2*"))) == len(trained)
        assert [r in before for r in rows[:2]] == [len(trained) == 1, False]


def test_the_page_of_recipes_counts_what_the_verdict_found():
    from benchmarks.recipes import markdown

    kinds = [(0.9, False)] * 7 + [(0.9, True)] + [(0.3, True)] * 9 + [(0.3, False)]
    rows = [
        {"section": "others", "name": f"run {i}", "data": "MNIST", "acc": 0.5, "seconds": 1.0, "random_state": i,
         "least_whole": whole, "doubted": doubted, "machine": {"processor": f"P{i % 2}", "tensorflow": "2"}}
        for i, (whole, doubted) in enumerate(kinds)
    ]  # fmt: skip
    text = markdown({"rows": rows, "changes": {}})
    assert "| merged or split: 10 runs | 9 (90%) | 1 |" in text and "| whole: 8 runs | 1 (12%) | 7 |" in text
    assert "Not found: run 17 (" in text and "False alarms: run 7 (" in text
    assert "P0, tensorflow 2 (9 runs)." in text and "P1, tensorflow 2 (9 runs)." in text


def test_every_recipe_that_is_measured_can_be_trained():
    from benchmarks.recipes import SECTIONS, trials

    found = list(trials(5, "own-fashion-0123456789ab", {}))
    assert {trial.section for trial in found} == set(SECTIONS)
    configs = [(trial.section, trial.name, trial.data, trial.config) for trial in found]
    assert len({(name, data, config.to_json()) for _, name, data, config in configs}) == len(configs)
    assert {trial.name for trial in found if trial.section == "presets"} >= {"first-look", "fast", "best", "umap-gmm"}
    assert not any(trial.config.deskew for trial in found if trial.data == "Fashion-MNIST")


def test_recipes_need_a_seed(capsys):
    assert main(["recipes", "--seeds", "0"]) == 2
    assert "expected 1 or more" in capsys.readouterr().err


def test_the_profile_says_where_the_time_of_a_run_goes(small):
    from benchmarks.profile import PHASES, _phases

    found, total = _phases(small.changed(pretrain_epochs=2, max_iterations=40))
    assert set(found) == {*PHASES, "the rest"} and sum(found.values()) == pytest.approx(total)
    assert min(found.values()) >= 0 and max(found.values()) < total
    for phase in ("gradient steps, autoencoder", "gradient steps, clustering", "k-means on z", "q, p and labels"):
        assert found[phase] > 0
    assert found["waiting for UMAP and the mixture"] == 0


def test_the_profile_says_which_operations_a_step_is_made_of(small):
    from benchmarks.profile import OPERATIONS, SHORT, _clustering, _operations, _pretraining
    from dec_core.data import load
    from dec_core.training import TrainingState

    x = load("mnist", 1024).x
    for events in (_pretraining, _clustering):
        state = TrainingState(
            small.changed(dataset="mnist", n_samples=1024, hidden_units=(256, 256), **SHORT), (28, 28)
        )
        found, wall = _operations(events(state, x))
        assert set(found) <= {*OPERATIONS, "the rest"} and min(found.values()) > 0 < wall
        assert found["products and convolutions"] > 0.1 * sum(found.values()) and found["optimizer"] > 0


def test_the_products_of_an_image_are_counted():
    from benchmarks.profile import _operations_of_an_image
    from dec_core.training import TrainingState

    dense = TrainingState(RunConfig.make(hidden_units=(500,)), (28, 28))
    encoder = 2 * (784 * 500 + 500 * 10)
    assert _operations_of_an_image(dense, clustering=True) == 4 * encoder - 2 * 784 * 500
    assert _operations_of_an_image(dense, clustering=False) == 6 * encoder - 2 * 784 * 500
    conv = TrainingState(RunConfig.make(autoencoder="conv_transpose", filters=(32, 64, 128)), (28, 28))
    first, second, third = 14 * 14 * 32 * 25, 7 * 7 * 64 * 25 * 32, 3 * 3 * 128 * 9 * 64  # 28 -> 14 -> 7 -> 3
    encoder = 2 * (first + second + third + 1152 * 10)
    assert _operations_of_an_image(conv, clustering=True) == 4 * encoder - 2 * first
