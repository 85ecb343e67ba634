"""`how-many`, and `n_clusters=auto` wherever a config is asked for."""

import json

import numpy as np
import pytest

from dec_core.cli import main
from dec_core.runs.folder import list_runs

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def own_images(tmp_path_factory, digits):
    """Four digits in a file of their own, once with their labels and once with others."""
    chosen = np.flatnonzero(np.isin(digits.y, [0, 3, 4, 6]))
    x, y = digits.images[chosen], digits.y[chosen]
    folder = tmp_path_factory.mktemp("own")
    np.savez(folder / "right.npz", x=x, y=y)
    np.savez(folder / "shuffled.npz", x=x, y=np.random.default_rng(0).permutation(y))
    return folder


def test_a_table_says_what_was_found_and_a_figure_shows_it(own_images, tmp_path, capsys):
    figure = tmp_path / "figure.html"
    data = ["--data", str(own_images / "right.npz"), "--out", str(tmp_path)]
    assert main(["how-many", *data, "--figure", str(figure)]) == 0
    table = capsys.readouterr().out
    assert table.startswith("| groups | score | share of sizes | separation | smallest group |\n")
    assert "| **4** |" in table and "4 groups are the best answer, among" in table
    assert "number of groups" in figure.read_text(encoding="utf-8")


def test_json_comes_alone_and_labels_do_not_matter(own_images, tmp_path, capsys):
    found = []
    for name in ("right", "shuffled"):
        data = ["--data", str(own_images / f"{name}.npz"), "--out", str(tmp_path)]
        assert main(["how-many", *data, "--json", "--seed", "2"]) == 0
        found.append(json.loads(capsys.readouterr().out))
    assert found[0] == found[1]
    best = max(found[0]["candidates"], key=lambda candidate: candidate["score"])
    assert found[0]["n_clusters"] == best["n_clusters"] == len(best["group_sizes"]) == 4


def test_training_takes_the_number_that_is_found(own_images, tmp_path, capsys):
    quick = ["--set", "pretrain_epochs=1", "--set", "max_iterations=20", "--set", "first_target=kmeans"]
    data = ["--data", str(own_images / "right.npz"), "--out", str(tmp_path)]
    assert main(["train", "first-look", *data, *quick, "--set", "n_clusters=auto"]) == 0
    assert "n_clusters: 4, found among" in capsys.readouterr().err
    assert [run.config.n_clusters for run in list_runs(tmp_path)] == [4]


def test_too_few_images_are_one_line(tmp_path, capsys):
    np.savez(tmp_path / "few.npz", x=np.eye(20, 64, dtype=np.uint8).reshape(20, 8, 8) * 255)
    assert main(["how-many", "--data", str(tmp_path / "few.npz"), "--out", str(tmp_path)]) == 2
    error = capsys.readouterr().err.splitlines()[-1]
    assert error.startswith("error: n_clusters: received auto and 20 images, expected 50 or more")


def test_where_the_figure_goes_is_checked_before_the_search(tmp_path, capsys):
    figure = tmp_path / "nowhere" / "figure.html"
    assert main(["how-many", "--data", "no-such-file", "--out", str(tmp_path), "--figure", str(figure)]) == 2
    assert capsys.readouterr().err.startswith(f"error: --figure: received {figure}, but there is no folder ")
    assert main(["how-many", "--data", "no-such-file", "--out", str(tmp_path), "--figure", str(tmp_path)]) == 2
    assert capsys.readouterr().err.startswith(f"error: --figure: received the folder {tmp_path}, expected a file")
