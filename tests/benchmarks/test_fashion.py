"""python -m benchmarks fashion: what chooses does not judge, what is measured stays, what the page says."""

import json

import numpy as np
import pytest

from benchmarks import fashion
from benchmarks.__main__ import main
from benchmarks.fashion import JUDGED, N_IMAGES, TRIED, Recipe, choosing, judging
from benchmarks.fashion_page import markdown
from dec_core.data import Dataset, load
from dec_core.data.readers import Reading


def numbered(n):
    """Images that carry their number in two pixels."""
    pixels = np.stack([np.arange(n) // 256, np.arange(n) % 256], axis=1)
    return Dataset("n", pixels.astype(np.uint8).reshape(n, 1, 2), None)


def numbers(dataset):
    return set((dataset.images[:, 0, 0].astype(int) * 256 + dataset.images[:, 0, 1]).tolist())


def test_no_image_that_chose_judges():
    clothes = numbered(35_000)
    chosen, first, second = numbers(choosing(clothes)), numbers(judging(clothes, 0)), numbers(judging(clothes, 1))
    assert len(chosen) == len(first) == len(second) == N_IMAGES
    assert not chosen & (first | second) and first != second and numbers(judging(clothes, 0)) == first
    assert set(JUDGED) < set(TRIED)


def test_the_page_has_what_was_tried_and_what_was_judged():
    def row(seed, acc, name):
        return {"recipe": name, "seed": seed, "acc": acc, "nmi": 0.5, "agreement": 0.7, "machine": {"processor": "P"}}

    text = markdown({"tried": [row(0, 0.6, "a"), row(1, 0.7, "a")], "judged": [row(0, 0.65, "b")]})
    assert "| a | 2 | 0.6500 (0.6000 – 0.7000) | 0.5000 | 0.7000 |" in text
    assert text.index("| b | 1 | 0.6500 |") > text.index("## On other images") > text.index("| a | 2 |")


@pytest.mark.slow
def test_what_stands_in_the_file_is_not_measured_again(tmp_path, capsys, monkeypatch):
    digits = load("digits")
    monkeypatch.setattr(fashion, "read", lambda *_, **__: Reading(digits, ()))
    monkeypatch.setattr(fashion, "choosing", lambda clothes: clothes.only(slice(300)))
    monkeypatch.setattr(fashion, "judging", lambda clothes, number: clothes.only(slice(300 + number, 600 + number)))
    recipes = [Recipe("pixels", False, 10), Recipe("gradients", True, 20)]
    monkeypatch.setattr(fashion, "TRIED", recipes)
    monkeypatch.setattr(fashion, "JUDGED", recipes[:1])
    monkeypatch.setattr(fashion, "LIKE_N2D", [Recipe("z", False, 20, 5)])
    monkeypatch.setattr(fashion, "ON_ALL", recipes[:1])
    arguments = ["fashion", "FOLDER", "--seeds", "1", "--docs", str(tmp_path)]
    assert main(arguments) == 0
    text, read = (tmp_path / "fashion.md").read_text(), json.loads((tmp_path / "fashion.json").read_text())
    assert text == markdown(read) and text.strip() == capsys.readouterr().out.strip()
    assert [(row["recipe"], row["seed"]) for row in read["tried"]] == [
        ("pixels, 10 neighbors", 0), ("gradients, distorted, 20 neighbors", 0),
        ("pixels, 10 neighbors", 1), ("gradients, distorted, 20 neighbors", 1),
    ]  # fmt: skip
    assert [row["recipe"] for row in read["judged"]] == ["pixels, 10 neighbors", "z after 5 epochs, 20 neighbors"]
    assert all(row["acc"] > 0.5 for row in [*read["tried"], read["judged"][0]])
    assert 0.1 < read["judged"][1]["acc"] < 1
    assert [row["recipe"] for row in read["on_all"]] == ["pixels, 10 neighbors"] and "## On all of them" in text
    monkeypatch.setattr(fashion, "compare", None)
    assert main(arguments) == 0 and json.loads((tmp_path / "fashion.json").read_text()) == read
