"""predict: new images in the clusters of a finished run."""

import json

import numpy as np
import pytest
from PIL import Image

from dec_core.cli import main
from dec_core.cli import predict as predict_command
from dec_core.data import mapped
from dec_core.data.limits import Limits
from dec_core.work.prediction import Predictor


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
    assert "Resized" not in capsys.readouterr().err
    np.save(tmp_path / "larger.npy", digits.images[:12].repeat(3, axis=1).repeat(3, axis=2))
    assert len(sorted_as(tmp_path / "larger.npy")) == 12
    assert "Resized from 24×24 to the 8×8 pixels of the run." in capsys.readouterr().err
    Image.fromarray(digits.images[3]).convert("RGB").save(tmp_path / "one.png")
    assert sorted_as(tmp_path / "one.png") == same[3:4]
    assert "1 image of 8×8 pixels." in capsys.readouterr().err


def test_predict_prints_one_object_and_takes_an_array_of_one_image_for_one(tmp_path, finished_run, digits, capsys):
    np.save(tmp_path / "one.npy", digits.images[3])
    np.save(tmp_path / "gray.npy", digits.images[3][..., None])
    np.save(tmp_path / "color.npy", digits.images[3][..., None].repeat(3, axis=2))
    np.save(tmp_path / "list.npy", digits.images[3:5])
    read = []
    for name in ("one.npy", "gray.npy", "color.npy", "list.npy"):
        assert main(["predict", str(finished_run.path), str(tmp_path / name), "--json"]) == 0
        read.append(json.loads(capsys.readouterr().out))
    one, gray, color, both = read
    assert one["q"] == gray["q"] == color["q"]
    assert one["clusters"] == both["clusters"][:1] and len(both["clusters"]) == 2
    assert one["q"][0][one["clusters"][0]] == one["confidence"][0] and abs(sum(one["q"][0]) - 1) < 1e-4
    assert one["notes"][0] == "An array of 8×8 numbers is read as one image, not as lines of pixels."
    assert one["classes"][0] in "0123456789"


def test_predict_gives_back_the_labels_of_the_run(tmp_path, finished_run, digits, capsys):
    np.save(tmp_path / "same.npy", digits.images[:500])
    assert main(["predict", str(finished_run.path), str(tmp_path / "same.npy"), "--csv", str(tmp_path / "o.csv")]) == 0
    clusters = [int(line.split(",")[1]) for line in (tmp_path / "o.csv").read_text().splitlines()[1:]]
    last = sorted((finished_run.path / "snapshots").glob("*.npz"))[-1]
    kept = finished_run.load_arrays(f"snapshots/{last.name}")["labels"]
    assert np.mean(np.array(clusters) == kept[:500]) > 0.998
    classes = [line.split(",")[2] for line in (tmp_path / "o.csv").read_text().splitlines()[1:]]
    assert np.mean(np.array(classes) == digits.y[:500].astype(str)) > 0.3


def test_a_file_too_large_to_be_read_is_sorted_block_by_block(tmp_path, finished_run, digits, capsys, monkeypatch):
    arguments = ["predict", str(finished_run.path), str(tmp_path / "x.npy"), "--csv", str(tmp_path / "o.csv")]
    np.save(tmp_path / "x.npy", np.concatenate([digits.images[:100], 255 - digits.images[100:110]]))
    assert main(arguments) == 0
    read = (tmp_path / "o.csv").read_text()
    monkeypatch.setattr(mapped, "LIMITS", Limits(n_images=109))
    monkeypatch.setattr(predict_command, "BLOCK", 64 * 64)
    capsys.readouterr()
    assert main(arguments) == 0 and (tmp_path / "o.csv").read_text() == read
    said = capsys.readouterr().err
    assert "From image 64 on: 10 of 46 are dark on light" in said and "110 rows in" in said
    for others in ([], ["--csv", str(tmp_path / "o.csv"), "--json"]):
        assert main([*arguments[:3], *others]) == 2
        assert "more images than can be printed; name a file, without --json" in capsys.readouterr().err
    np.save(tmp_path / "x.npy", digits.images[:110] > 9)
    assert main(arguments) == 2 and "save it by numpy.save as uint8" in capsys.readouterr().err
    assert (tmp_path / "o.csv").read_text() == read


@pytest.mark.parametrize(("block", "rows"), [(640, 50_000), (10**8, 10)], ids=["bytes", "rows"])
def test_a_block_is_bounded_by_what_images_become_and_by_its_answers(
    block, rows, tmp_path, finished_run, digits, capsys, monkeypatch
):
    small = digits.images[:25, ::2, ::2]  # of 16 bytes, which become 64
    np.save(tmp_path / "x.npy", small)
    monkeypatch.setattr(mapped, "LIMITS", Limits(n_images=24))
    monkeypatch.setattr(predict_command, "BLOCK", block)
    monkeypatch.setattr(predict_command, "MOST_ROWS", rows)
    sizes, sort = [], Predictor.__call__

    def counted(self, images):
        sizes.append(len(images))
        return sort(self, images)

    monkeypatch.setattr(Predictor, "__call__", counted)
    assert main(["predict", str(finished_run.path), str(tmp_path / "x.npy"), "--csv", str(tmp_path / "o.csv")]) == 0
    assert sizes == [10, 10, 5] and len((tmp_path / "o.csv").read_text().splitlines()) == 26
    assert capsys.readouterr().err.count("Resized from 4×4 to the 8×8 pixels of the run.") == 1  # said once
