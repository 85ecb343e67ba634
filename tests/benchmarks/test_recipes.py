"""python -m benchmarks recipes: what it trains and writes."""

import json

import numpy as np
import pytest

from benchmarks.__main__ import main
from benchmarks.recipes import trials
from benchmarks.table import digest
from dec_core.config import RunConfig

pytestmark = pytest.mark.slow


def test_recipes_measure_presets_ingredients_and_the_verdict(tmp_path, capsys, monkeypatch):
    from benchmarks import recipes

    def few(n_seeds, fashion, changes):
        assert fashion is None and changes == {"latent_dim": 3}
        config = RunConfig.make(dataset="digits", method="kmeans", kmeans_n_init=1)
        for section, name in (("presets", "first-look"), ("methods", "dec"), ("ingredients", "all"), ("others", "odd")):
            for seed in range(n_seeds):
                yield recipes.Trial(section, name, "MNIST", config.changed(random_state=seed))

    monkeypatch.setattr(recipes, "trials", few)
    arguments = ["recipes", "--seeds", "2", "--set", "latent_dim=3", "--out", str(tmp_path / "runs"), "--docs"]
    assert main([*arguments, str(tmp_path), "--sections", "presets", "methods", "ingredients"]) == 0
    text, read = (tmp_path / "recipes.md").read_text(), json.loads((tmp_path / "recipes.json").read_text())
    assert text == recipes.markdown(read) and text.strip() == capsys.readouterr().out.strip()
    assert [row["section"] for row in read["rows"]] == ["presets"] * 2 + ["methods"] * 2 + ["ingredients"] * 2
    assert len(list((tmp_path / "runs").glob("2*"))) == 2  # what is there already is not trained again
    scores = [row["acc"] for row in read["rows"][:2]]
    for name in ("first-look", "dec"):
        assert f"| `{name}` | 2 | {np.mean(scores):.4f} ({min(scores):.4f} – {max(scores):.4f}) |" in text
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


def test_rows_outlive_new_fields_and_are_told_apart_by_what_has_an_effect():
    class Later(RunConfig):
        label_smoothing: float = 0.0

    config = RunConfig.make(dataset="digits", n_clusters=8)
    assert digest(Later.model_validate(config.model_dump())) == digest(config)
    assert digest(config.changed(gamma=0.3)) == digest(config)  # of method dec, which trains no decoder along
    others = [{"method": "joint"}, {"n_clusters": 9}, {"random_state": 1}, {"tol": 0.1}, {"dataset": "own-x"}]
    assert len({digest(config), *(digest(config.changed(**other)) for other in others)}) == 6
    assert digest(config, "dataset") == digest(config.changed(dataset="own-x"), "dataset")


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
    assert "Missed: run 17 (" in text and "False alarms: run 7 (" in text
    assert "P0, tensorflow 2 (9 runs)." in text and "P1, tensorflow 2 (9 runs)." in text


def test_every_recipe_that_is_measured_can_be_trained():
    from benchmarks.recipes import SECTIONS

    wanted = list(trials(5, "own-fashion-0123456789ab", {}))
    assert {trial.section for trial in wanted} == set(SECTIONS)
    configs = [(trial.section, trial.name, trial.data, trial.config) for trial in wanted]
    assert len({(name, data, config.to_json()) for _, name, data, config in configs}) == len(configs)
    assert {trial.name for trial in wanted if trial.section == "presets"} >= {"first-look", "fast", "best", "umap-gmm"}
    assert not any(trial.config.deskew for trial in wanted if trial.data == "Fashion-MNIST")
