"""python -m benchmarks teachers: what agrees, what is merged, and what the page says of it."""

import json

import numpy as np
import pytest
from scipy import sparse

from benchmarks import teachers
from benchmarks.__main__ import main
from benchmarks.teachers import agreement, markdown, merged, renumbered


def test_columns_are_renumbered_like_another_clustering_and_nothing_else_changes():
    labels = np.repeat(np.arange(4), 5)
    soft = np.eye(4)[labels] * 0.7 + 0.075
    soft[0] = [0.4, 0.3, 0.2, 0.1]
    shuffled = soft[:, [2, 0, 3, 1]]
    assert np.array_equal(renumbered(shuffled, labels), soft)


def test_what_is_agreed_on_is_what_all_say():
    first, second = np.eye(3)[[0, 1, 2, 1]], np.eye(3)[[0, 1, 1, 2]]
    assert agreement([first, second]).tolist() == [True, True, False, False]
    assert agreement([first, second, np.eye(3)[[0, 2, 2, 1]]]).tolist() == [True, False, False, False]


def test_parts_are_merged_by_edges_for_their_size():
    """Parts of 2, 2, 2 and 4 images; 2 and 3 share most edges, but 0 and 1 most for their size."""
    parts = np.array([0, 0, 1, 1, 2, 2, 3, 3, 3, 3])
    edges = np.zeros((10, 10))
    for a, b in [(0, 2), (1, 3), (0, 3), *[(4, b) for b in (6, 7, 8, 9)], (1, 4)]:
        edges[a, b] = edges[b, a] = 1
    graph = sparse.csr_matrix(edges)
    assert merged(parts, graph, 3).tolist() == [0, 0, 0, 0, 1, 1, 2, 2, 2, 2]  # 3 / (2 · 2) before 4 / (2 · 4)
    assert merged(parts, graph, 2).tolist() == [0, 0, 0, 0, 1, 1, 1, 1, 1, 1]
    assert len(np.unique(merged(parts, sparse.csr_matrix((10, 10)), 2))) == 2  # where nothing is tied, too


def test_the_page_tells_how_much_is_agreed_on():
    def row(seed, way, acc, **more):
        return {"set": "deskewed", "seed": seed, "way": way, "acc": acc, "machine": {"processor": "P"}, **more}

    text = markdown({"rows": [row(0, "a", 0.9), row(1, "a", 0.8), row(0, "both", 0.99, share=0.75)]})
    assert "| | deskewed (seeds: 2) |" in text and "| a | 0.8500 (0.8000 – 0.9000) |" in text
    assert "| both, 75% of all: so many right | 0.9900 |" in text


@pytest.mark.slow
def test_ways_are_measured_once(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(teachers, "N_IMAGES", 400)
    monkeypatch.setattr(teachers, "SETS", {"as written": False})
    monkeypatch.setattr(teachers, "EPOCHS", 25)
    arguments = ["teachers", "--seeds", "1", "--docs", str(tmp_path)]
    assert main(arguments) == 0
    text, read = (tmp_path / "teachers.md").read_text(), json.loads((tmp_path / "teachers.json").read_text())
    assert text == markdown(read) and text.strip() == capsys.readouterr().out.strip()
    acc = {row["way"]: row["acc"] for row in read["rows"]}
    assert len(acc) == len(read["rows"]) == 10 and min(acc.values()) > 0.3
    assert abs(acc["student of the first teacher"] - acc["teacher: gradients, distorted"]) < 0.2  # it has learned
    [agreed] = (row for row in read["rows"] if "share" in row)
    assert agreed["way"] == "what they agree on" and 0 < agreed["share"] <= 1
    monkeypatch.setattr(teachers, "measure", None)
    assert main(arguments) == 0 and json.loads((tmp_path / "teachers.json").read_text()) == read
