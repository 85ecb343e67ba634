"""What one takes away of Inspect: Python, tables, arrays, contact sheets."""

import io

import numpy as np
import pandas as pd
import pytest
from inspect_screen import (
    headline,
    inspect,
    n_bright,
    shown,
)
from PIL import Image

from dec_core.analysis.inspection import ORDERS
from dec_core.figures.contact_sheet import CAPTION, CELL, MOST, contact_sheet
from dec_core.reading.selection import Selection
from dec_core.reading.selection_export import as_npz, as_python, as_table

pytestmark = pytest.mark.slow


def run_python(source: str, root, monkeypatch) -> np.ndarray:
    """What it chooses, run as one would beside the folder of runs."""
    monkeypatch.chdir(root.parent)
    names = {}
    exec(source, names)
    return names["chosen"]


def test_the_python_on_the_screen_gives_what_is_on_the_screen(app, runs, worst, monkeypatch, capsys):
    for query in (
        {"side": "wrong"},
        {**worst, "order": "outliers", "moment": "3"},
        {"moment": "0", "true": "9"},
        {"pin": f"{runs.run.folder.id}@3", "versus": "there", "order": "typical"},
        {"pin": runs.other.folder.id, "versus": "here", "moment": "4", "order": "index"},
        {"lasso": "pca:0,0,9,0,9,9,0,9", "order": "uncertain"},
    ):
        at = inspect(runs.run, **query)
        indices = run_python(at.code[0].value, runs.root, monkeypatch)
        tiles = [s["index"] for group in shown(at, "gallery")["groups"] for s in group["samples"]]
        assert len(indices) == n_bright(at) > 0 and indices[:60].tolist() == tiles
        assert capsys.readouterr().out.startswith(f"{len(indices)} [")


def test_nothing_chosen_is_nothing_to_take_away(app, runs):
    at = inspect(runs.run, index="5000")
    assert not at.exception and headline(at) == "**0 digits**: index 5000"


@pytest.mark.parametrize("order", ORDERS)
def test_python_gives_the_same_samples_in_the_same_order(runs, now, order, monkeypatch):
    for moment in (now, runs.run.at(3)):
        for selection in (
            Selection(),
            Selection(true="8", side="wrong"),
            Selection(cluster="C", min_confidence=0.13, max_confidence=0.9, unsettled=True),
            Selection(was="B", since=2, changed=True),
            Selection(index=(3, 1, 2), second="B"),
            Selection(lasso=(-9.0, -9.0, 0.1, -9.0, 0.1, 9.0, -9.0, 9.0), space="z0,z3"),
        ):
            indices = run_python(as_python(moment, selection, order), runs.root, monkeypatch)
            assert indices.tolist() == moment.select(selection, order=order).tolist()
    for group in ("digit", "cluster"):
        indices = run_python(as_python(now, Selection(side="wrong"), order, group), runs.root, monkeypatch)
        assert indices.tolist() == now.select(side="wrong", order=order, group=group).tolist()
    assert "at(-1)" in as_python(now, Selection(), order) and "at(3)" in as_python(runs.run.at(3), Selection(), order)


@pytest.mark.parametrize("versus", ["both", "here", "there", "neither", "agree", "differ"])
def test_python_names_the_moment_that_is_pinned(runs, now, versus, monkeypatch):
    selection, counts = Selection(versus=versus, true="8"), set()
    for beside in (runs.run.at(2), runs.other.at(-1), runs.other.at(runs.other.clustered[0])):
        source = as_python(now, selection, "wrong", other=beside)
        indices = run_python(source, runs.root, monkeypatch)
        assert indices.tolist() == now.select(selection, order="wrong", other=beside).tolist()
        counts.add(len(indices))
    assert counts != {0}
    assert "other" not in as_python(now, Selection(true="8"), "wrong", other=runs.run.at(2))


def test_python_writes_numbers_of_numpy_as_numbers(runs, now, monkeypatch):
    selection = Selection(max_confidence=np.round(np.quantile(now.confidence, 0.5), 2), was="B", since=np.int64(2))
    indices = run_python(as_python(now, selection, "index"), runs.root, monkeypatch)
    assert indices.tolist() == now.select(selection).tolist()


def test_a_bound_means_the_same_whoever_made_the_number(now):
    bounds = [round(0.01 * i, 2) for i in range(5, 100)]
    assert all(
        now.select(max_confidence=np.float64(x)).tolist() == now.select(max_confidence=x).tolist() for x in bounds
    )


def test_python_of_a_run_without_labels_and_before_there_are_clusters(runs, monkeypatch):
    now = runs.unlabelled.at(-1)
    indices = run_python(as_python(now, Selection(cluster="A"), "uncertain"), runs.root, monkeypatch)
    assert indices.tolist() == now.select(cluster="A", order="uncertain").tolist() and len(indices)
    first = runs.run.at(0)
    assert run_python(as_python(first, Selection(true="1"), "index"), runs.root, monkeypatch).tolist() == (
        np.flatnonzero(runs.run.y == 1).tolist()
    )


def test_a_table_has_a_row_for_each_sample_as_they_were_ordered(runs, now):
    index = now.select(side="wrong", order="wrong")[:40]
    table = as_table(now, index)
    letters = list("ABCDEFGHIJ")
    assert list(table.columns) == [
        "index", "index in file", "label", "cluster", "since step",
        *(f"q {x}" for x in letters), *(f"distance {x}" for x in letters),
    ]  # fmt: skip
    assert table["index"].tolist() == table["index in file"].tolist() == index.tolist()
    assert table["label"].tolist() == [str(y) for y in runs.run.y[index]]
    assert table["cluster"].tolist() == [runs.run.letters[k] for k in now.labels[index]]
    order = np.argsort(runs.run.cluster_order)
    assert np.abs(table[[f"q {x}" for x in letters]].to_numpy() - now.q[index][:, order]).max() < 1e-6
    held = now.arrays
    apart = np.sqrt(((held["z"][index, None].astype(float) - held["cluster_centers"][order]) ** 2).sum(axis=2))
    assert np.abs(table[[f"distance {x}" for x in letters]].to_numpy() - apart).max() < 1e-4
    own_q = [table[f"q {name}"][i] for i, name in enumerate(table["cluster"])]
    assert np.abs(np.array(own_q) - now.confidence[index]).max() < 1e-6
    again = pd.read_csv(io.StringIO(table.to_csv(index=False)))
    assert again["index"].tolist() == index.tolist() and np.abs(again["q A"] - table["q A"]).max() < 1e-6


def test_a_table_tells_no_more_than_is_known(runs):
    before = as_table(runs.run.at(0), np.array([5, 2]))
    assert list(before.columns) == ["index", "index in file", "label"] and before["index"].tolist() == [5, 2]
    columns = list(as_table(runs.unlabelled.at(-1), np.array([1])).columns)
    assert columns[:3] == ["index", "index in file", "cluster"] and len(columns) == 24
    assert len(as_table(runs.run.at(-1), np.zeros(0, int))) == 0


def test_a_table_names_the_place_in_the_whole_file(runs, digits):
    table = as_table(runs.labelled.at(-1), np.arange(100))
    assert table["index in file"].tolist() == list(range(0, 400, 4))
    assert table["label"].tolist() == ["abcdefghij"[y] for y in digits.y[:400:4]]


def test_arrays_hold_images_z_q_and_names(runs, now):
    index = now.select(true="8", order="typical")[:25]
    arrays = dict(np.load(io.BytesIO(as_npz(now, index))))
    assert set(arrays) == {"index", "x", "z", "y", "classes", "labels", "q", "letters"}
    assert arrays["index"].tolist() == index.tolist() and np.array_equal(arrays["x"], runs.run.images[index])
    assert np.array_equal(arrays["z"], now.z(index)) and np.array_equal(arrays["q"], now.q[index])
    assert arrays["classes"][arrays["y"]].tolist() == ["8"] * 25
    assert arrays["letters"][arrays["labels"]].tolist() == as_table(now, index)["cluster"].tolist()
    before = dict(np.load(io.BytesIO(as_npz(runs.run.at(0), index))))
    assert set(before) == {"index", "x", "z", "y", "classes"}
    assert set(np.load(io.BytesIO(as_npz(runs.unlabelled.at(-1), np.array([3]))))) == {
        "index", "x", "z", "labels", "q", "letters",
    }  # fmt: skip


def pixels(png: bytes) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(png)).convert("RGB")).astype(int)


@pytest.mark.parametrize(("n", "columns", "rows"), [(1, 1, 1), (19, 19, 1), (20, 20, 1), (21, 20, 2), (45, 20, 3)])
def test_a_contact_sheet_is_as_large_as_its_images_need(digits, n, columns, rows):
    sheet = pixels(contact_sheet(digits.images[:n], [str(i) for i in range(n)]))
    assert sheet.shape == (rows * (CELL + CAPTION), columns * CELL, 3)


def test_a_contact_sheet_shows_each_image_above_its_caption(digits):
    images = digits.images[:22].copy()
    images[21] = 0
    images[21, 3:5, 3:5] = 255
    sheet = pixels(contact_sheet(images, ["8 > A"] * 22, np.arange(22) == 21))
    last = sheet[CELL + CAPTION : 2 * CELL + CAPTION, CELL : 2 * CELL]
    assert (last[30:33, 30:33] == 255).all() and (last[10:20, 10:20] == 0).all()
    captions = sheet[CELL : CELL + CAPTION], sheet[2 * CELL + CAPTION :, CELL : 2 * CELL]
    assert captions[0].min() < 60 and np.ptp(captions[0], axis=2).max() == 0  # grey on white
    reddest = captions[1].reshape(-1, 3)[np.ptp(captions[1].reshape(-1, 3), axis=1).argmax()]
    assert reddest[0] > reddest[1] > reddest[2]
    assert (sheet[CELL + CAPTION :, 2 * CELL :] == 255).all()  # nothing after the last


def test_a_contact_sheet_keeps_colours():
    images = np.zeros((2, 5, 5, 3), np.uint8)
    images[0, :, :, 1] = 200
    sheet = pixels(contact_sheet(images, ["a", ""]))
    assert sheet[30, 30].tolist() == [0, 200, 0] and sheet[30, 94].tolist() == [0, 0, 0]


@pytest.mark.parametrize(("n", "n_captions"), [(0, 0), (3, 2), (2, 3), (MOST + 1, MOST + 1)])
def test_a_contact_sheet_that_cannot_be_is_refused(n, n_captions):
    with pytest.raises(ValueError, match=f"images: received {n} with {n_captions} captions, expected 1 to {MOST}"):
        contact_sheet(np.zeros((n, 2, 2), np.uint8), ["x"] * n_captions)
