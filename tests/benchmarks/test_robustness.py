"""python -m benchmarks robustness: what its sets are, what it trains, what the page says."""

import json
from pathlib import Path

import matplotlib
import numpy as np
import pytest

from benchmarks.__main__ import main
from benchmarks.robustness_page import markdown
from benchmarks.robustness_sets import LETTERS, letters, noisy, of_sheet, sets
from dec_core.config import RunConfig
from dec_core.data import Dataset, load

FONTS = Path(matplotlib.get_data_path()) / "fonts" / "ttf"


def test_sets_of_mnist_are_what_they_are_called_and_nothing_that_first_look_has_seen():
    drawn = sets(None, None, None)
    assert list(drawn) == [
        "MNIST", "MNIST, upside down", "MNIST, inverted", "MNIST, noisy", "MNIST, 1 000", "MNIST, 500",
    ]  # fmt: skip
    plain = drawn["MNIST"](3)
    assert np.array_equal(drawn["MNIST, upside down"](3).images[7], np.rot90(plain.images[7], 2))
    assert np.array_equal(drawn["MNIST, inverted"](3).images, 255 - plain.images)
    assert len(drawn["MNIST, 500"](3).images) == 500 and np.array_equal(drawn["MNIST, 500"](3).y, plain.y[:500])
    assert not np.array_equal(drawn["MNIST, 500"](4).images, drawn["MNIST, 500"](3).images)
    seen = {image.tobytes() for image in load("mnist", 10_000).images}
    assert not any(image.tobytes() in seen for image in plain.images)


def test_noise_is_as_strong_as_it_says_and_the_same_each_time():
    gray = np.full((50, 28, 28), 128, np.uint8)
    assert noisy(gray).dtype == np.uint8 and np.array_equal(noisy(gray), noisy(gray))
    assert abs(noisy(gray).std() - 64) < 4  # a little is cut off at black and white
    assert noisy(np.zeros((1, 28, 28), np.uint8)).min() == 0


def test_letters_are_ten_of_each_font_in_the_middle_of_their_images(tmp_path):
    found = letters(FONTS)
    assert found.classes == tuple(LETTERS) and len(found.images) % 10 == 0 and len(found.images) >= 100
    assert np.array_equal(found.y[:10], np.arange(10)) and found.images.shape[1:] == (28, 28)
    for image in found.images:
        ink = np.argwhere(image > 0)
        low, high = ink.min(axis=0), ink.max(axis=0)
        assert 18 <= (high - low + 1).max() <= 20 and (abs(low + high - 27) <= 3).all()
    bars = found.images[found.y == LETTERS.index("I")].sum(axis=(1, 2), dtype=int)
    assert bars.mean() < found.images[found.y == LETTERS.index("B")].sum(axis=(1, 2), dtype=int).mean()
    (tmp_path / "broken.ttf").write_bytes(b"no font")
    with pytest.raises(ValueError, match=r"--fonts: received .*, expected a folder with TrueType or OpenType fonts"):
        letters(tmp_path)


def test_a_sheet_is_cut_into_digits_row_by_row():
    sheet = np.zeros((1000, 40), np.uint8)
    sheet[20 * 7 + 3, 20 + 5] = 200  # row 7, column 1: the second row of digit 1
    found = of_sheet(sheet)
    assert found.images.shape == (100, 20, 20) and found.images[2 * 7 + 1, 3, 5] == 200 and found.images.sum() == 200
    assert found.y[2 * 7 + 1] == 1 and np.array_equal(np.bincount(found.y), [10] * 10)
    with pytest.raises(ValueError, match="--sheet: received 40×990 pixels, expected 50 rows of digits"):
        of_sheet(sheet[:990])


def row(name, data, seed, acc, least_whole, *, doubted):
    return {"name": name, "data": data, "random_state": seed, "acc": acc, "seconds": 1.0, "n_images": 50,
            "least_whole": least_whole, "doubted": doubted, "machine": {"processor": "P"}}  # fmt: skip


def test_the_page_has_the_mean_and_the_worst_and_counts_what_the_verdict_noticed():
    rows = [
        row("a", "x", 0, 0.9, 0.8, doubted=False), row("a", "x", 1, 0.5, 0.2, doubted=True),
        row("b", "x", 0, 0.7, 0.3, doubted=False), row("a", "y", 0, 0.8, 0.7, doubted=True),
    ]  # fmt: skip
    text = markdown({"rows": rows})
    assert "| set | images | seeds | `a` | worst | `b` | worst |" in text
    assert "| x | 50 | 2 | 0.700 | 0.500 | 0.700 | 0.700 |" in text and "| y | 50 | 1 | 0.800 | 0.800 | – | – |" in text
    assert "- `a`: in 1 of 3 runs. The verdict doubts 1 of them, and 1 of the 2 others." in text
    assert "- `b`: in 1 of 1 runs. The verdict doubts 0 of them, and 0 of the 0 others." in text


@pytest.mark.slow
def test_each_set_is_drawn_anew_for_each_seed_and_what_stands_in_the_file_is_not_trained_again(
    tmp_path, capsys, monkeypatch
):
    from benchmarks import robustness

    digits = load("digits")

    def some(number):
        index = np.random.default_rng(number).permutation(len(digits.images))[:200]
        return Dataset("some", digits.images[index], digits.y[index], digits.classes)

    monkeypatch.setattr(robustness, "sets", lambda *_: {"MNIST, some": some, "shapes": some})
    config = RunConfig.make(method="kmeans", kmeans_n_init=1, deskew=True)
    monkeypatch.setattr(robustness, "PRESETS", {preset: config for preset, _ in robustness.TRIED.values()})
    arguments = ["robustness", "--seeds", "2", "--out", str(tmp_path / "runs"), "--docs", str(tmp_path)]
    assert main(arguments) == 0
    text, read = (tmp_path / "robustness.md").read_text(), json.loads((tmp_path / "robustness.json").read_text())
    assert text == markdown(read) and text.strip() == capsys.readouterr().out.strip() and str(tmp_path) not in text
    assert len(read["rows"]) == len(robustness.TRIED) * 2 * 2 and all(row["n_images"] == 200 for row in read["rows"])
    runs = [json.loads(path.read_text()) for path in (tmp_path / "runs").glob("2*/config.json")]
    assert len({run["dataset"] for run in runs}) == 2 and {run["deskew"] for run in runs} == {True, False}
    assert [run["centered"] for run in runs].count(True) == 2 * 2
    monkeypatch.setattr(robustness, "trained", None)
    assert main(arguments) == 0 and json.loads((tmp_path / "robustness.json").read_text()) == read
